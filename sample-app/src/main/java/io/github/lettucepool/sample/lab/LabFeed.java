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

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.micrometer.core.instrument.MeterRegistry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.MediaType;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * Sends a sample twice a second to everybody who watches, sixteen at most. Stops before
 * the web server does, which would wait for the watchers otherwise.
 */
@Component
class LabFeed implements SmartLifecycle {

	static final int MAX_WATCHERS = 16;

	private static final Logger logger = LoggerFactory.getLogger(LabFeed.class);

	private static final int PERIOD_MILLIS = 500;

	/**
	 * Two minutes, for who opens the page later.
	 */
	private static final int HISTORY = 240;

	private final Deque<Sample> history = new ArrayDeque<>();

	private final Set<Watcher> watchers = ConcurrentHashMap.newKeySet();

	private final LabPool pool;

	private final LoadGenerator load;

	private final LabServer server;

	private final ExperimentRunner experiments;

	private final MeterRegistry meters;

	private @Nullable ScheduledExecutorService clock;

	private @Nullable ExecutorService senders;

	private @Nullable Sampler sampler;

	LabFeed(LabPool pool, LoadGenerator load, LabServer server, ExperimentRunner experiments, MeterRegistry meters) {
		this.pool = pool;
		this.load = load;
		this.server = server;
		this.experiments = experiments;
		this.meters = meters;
	}

	/**
	 * Adds a watcher.
	 * @return what the watcher is sent, beginning with the last two minutes, or
	 * {@code null} if there are too many watchers
	 */
	@Nullable SseEmitter watch() {
		Watcher watcher = new Watcher();
		List<Sample> past;
		synchronized (this) {
			if (this.senders == null || this.watchers.size() >= MAX_WATCHERS) {
				return null;
			}
			this.watchers.add(watcher);
			past = List.copyOf(this.history);
		}
		Runnable gone = () -> this.watchers.remove(watcher);
		watcher.emitter.onCompletion(gone);
		watcher.emitter.onTimeout(gone);
		watcher.emitter.onError((ex) -> gone.run());
		watcher.send("history", past);
		return watcher.emitter;
	}

	@Override
	public synchronized void start() {
		if (this.clock == null) {
			this.experiments.open();
			this.senders = Executors.newCachedThreadPool(daemons("lab-feed-"));
			this.clock = Executors.newSingleThreadScheduledExecutor(daemons("lab-clock-"));
			this.clock.scheduleAtFixedRate(this::tick, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
		}
	}

	@Override
	public void stop() {
		this.experiments.close();
		this.load.stop();
		this.server.restore();
		synchronized (this) {
			if (this.clock != null && this.senders != null) {
				this.clock.shutdownNow();
				this.senders.shutdown();
				this.clock = null;
				this.senders = null;
			}
		}
		this.watchers.forEach((watcher) -> watcher.emitter.complete());
		this.watchers.clear();
	}

	@Override
	public synchronized boolean isRunning() {
		return this.clock != null;
	}

	private void tick() {
		try {
			this.load.stopIfForgotten();
			Sample sample = sample();
			ExecutorService senders;
			synchronized (this) {
				this.history.addLast(sample);
				if (this.history.size() > HISTORY) {
					this.history.removeFirst();
				}
				senders = this.senders;
			}
			if (senders != null) {
				this.watchers.forEach((watcher) -> watcher.sendLater(senders, sample));
			}
		}
		catch (RejectedExecutionException ex) {
			logger.trace("Stopped", ex);
		}
		catch (RuntimeException ex) {
			logger.debug("No sample", ex);
		}
	}

	private Sample sample() {
		Watched ofExperiment = this.experiments.watched();
		Watched watched = (ofExperiment != null) ? ofExperiment : this.pool.watched(this.load.calls());
		Sampler sampler = this.sampler;
		if (sampler == null || !sampler.isOf(watched)) {
			sampler = new Sampler(watched, this.meters);
			this.sampler = sampler;
		}
		return sampler.next(this.load.current(), this.server.state(), this.experiments.status());
	}

	private static CustomizableThreadFactory daemons(String prefix) {
		CustomizableThreadFactory factory = new CustomizableThreadFactory(prefix);
		factory.setDaemon(true);
		return factory;
	}

	/**
	 * Somebody who watches. One that reads slowly misses samples and holds up nobody.
	 */
	private static final class Watcher {

		private final SseEmitter emitter = new SseEmitter(0L);

		private final AtomicBoolean sending = new AtomicBoolean();

		void sendLater(ExecutorService senders, Sample sample) {
			if (this.sending.compareAndSet(false, true)) {
				senders.execute(() -> {
					send("sample", sample);
					this.sending.set(false);
				});
			}
		}

		void send(String name, Object data) {
			try {
				this.emitter.send(SseEmitter.event().name(name).data(data, MediaType.APPLICATION_JSON));
			}
			catch (IOException | IllegalStateException ex) {
				// Gone, which the container tells as well.
				this.emitter.completeWithError(ex);
			}
		}

	}

}
