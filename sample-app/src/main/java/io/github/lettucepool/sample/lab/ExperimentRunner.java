/*
 * Copyright the Lettuce Pool contributors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.lettucepool.sample.lab;

import java.time.Duration;
import java.util.List;

import io.micrometer.core.instrument.MeterRegistry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.stereotype.Component;

import io.github.lettucepool.sample.lab.experiments.Experiment;
import io.github.lettucepool.sample.lab.experiments.Findings;
import io.github.lettucepool.sample.lab.experiments.Stage;

/**
 * Runs one experiment at a time, in a thread of its own. Each has a Redis and a pool of
 * its own, so that the application's stay as they are. Thread-safe.
 */
@Component
class ExperimentRunner {

	private static final Logger logger = LoggerFactory.getLogger(ExperimentRunner.class);

	private static final Duration JOIN = Duration.ofSeconds(15);

	private final List<Experiment> experiments;

	private final LoadGenerator load;

	private final MeterRegistry meters;

	private @Nullable Thread thread;

	private @Nullable Stage stage;

	private @Nullable Status last;

	private @Nullable Experiment current;

	private boolean open;

	ExperimentRunner(List<Experiment> experiments, LoadGenerator load, MeterRegistry meters) {
		this.experiments = experiments;
		this.load = load;
		this.meters = meters;
	}

	List<Experiment> experiments() {
		return this.experiments;
	}

	/**
	 * Starts an experiment; the load stops.
	 * @param id which one
	 * @param length how long it takes
	 * @return whether there is such an experiment
	 * @throws IllegalStateException if one is running, or the application stops
	 */
	synchronized boolean start(String id, Duration length) {
		Experiment experiment = this.experiments.stream()
			.filter((candidate) -> candidate.about().id().equals(id))
			.findFirst()
			.orElse(null);
		if (experiment == null) {
			return false;
		}
		if (isRunning()) {
			throw new IllegalStateException("An experiment is running: wait for its end, or stop it");
		}
		if (!this.open) {
			throw new IllegalStateException("The application stops: no experiment is started any more");
		}
		Stage stage = new Stage(length, experiment.about().sides().size(), this.meters);
		Thread thread = new Thread(() -> run(experiment, stage), "lab-experiment");
		thread.setDaemon(true);
		thread.start();
		this.thread = thread;
		this.stage = stage;
		this.current = experiment;
		this.last = null;
		return true;
	}

	private void run(Experiment experiment, Stage stage) {
		Status status;
		try (stage) {
			// Not by who asked for the experiment: callers may take seconds to end their
			// calls.
			this.load.stop();
			if (Thread.interrupted()) {
				throw new InterruptedException();
			}
			Findings findings = experiment.run(stage);
			status = new Status(experiment.about().id(), Phase.DONE, -1, 1, findings, null);
		}
		catch (Throwable ex) {
			status = failed(experiment, ex);
		}
		synchronized (this) {
			this.last = status;
			this.stage = null;
			this.thread = null;
		}
	}

	private static Status failed(Experiment experiment, Throwable ex) {
		// Servers that start and clients of Redis wrap the interrupt, and set the flag.
		if (ex instanceof InterruptedException || (ex instanceof Exception && Thread.currentThread().isInterrupted())) {
			return new Status(experiment.about().id(), Phase.STOPPED, -1, 1, null, null);
		}
		logger.warn("The experiment '{}' failed", experiment.about().id(), ex);
		return new Status(experiment.about().id(), Phase.FAILED, -1, 1, null,
				String.valueOf(NestedExceptionUtils.getMostSpecificCause(ex).getMessage()));
	}

	synchronized boolean isRunning() {
		return this.thread != null;
	}

	/**
	 * Stops the experiment that runs, and waits until it has put everything away.
	 */
	void stop() {
		Thread thread;
		synchronized (this) {
			thread = this.thread;
		}
		if (thread != null) {
			thread.interrupt();
			try {
				thread.join(JOIN.toMillis());
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
	}

	/**
	 * Experiments can be started from now on.
	 */
	synchronized void open() {
		this.open = true;
	}

	/**
	 * Stops the experiment that runs, and starts no other.
	 */
	void close() {
		synchronized (this) {
			this.open = false;
		}
		stop();
	}

	synchronized @Nullable Watched watched() {
		return (this.stage != null) ? this.stage.watched() : null;
	}

	synchronized @Nullable Status status() {
		Stage stage = this.stage;
		Experiment current = this.current;
		if (stage != null && current != null) {
			return new Status(current.about().id(), Phase.RUNNING, stage.side(), stage.progress(), null, null);
		}
		return this.last;
	}

	/**
	 * How far an experiment is.
	 */
	enum Phase {

		RUNNING, DONE, STOPPED, FAILED

	}

	/**
	 * How far an experiment is, or what came out.
	 *
	 * @param id which one
	 * @param phase how far
	 * @param side the index of the side that is measured, or -1
	 * @param progress from 0 to 1
	 * @param findings what came out, once it is done
	 * @param error why it failed, or {@code null}
	 */
	record Status(String id, Phase phase, int side, double progress, @Nullable Findings findings,
			@Nullable String error) {

	}

}
