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
import java.util.Objects;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

import io.github.lettucepool.sample.lab.experiments.Experiment;

@RestController
@RequestMapping("/lab")
class LabController {

	private static final int SHORTEST = 2;

	private static final int LONGEST = 60;

	private static final int USUAL = 24;

	private static final String DOCUMENTS = "https://github.com/lettucepool/lettuce-pool/blob/main/";

	private final LabFeed feed;

	private final LoadGenerator load;

	private final LabPool pool;

	private final LabServer server;

	private final ExperimentRunner experiments;

	LabController(LabFeed feed, LoadGenerator load, LabPool pool, LabServer server, ExperimentRunner experiments) {
		this.feed = feed;
		this.load = load;
		this.pool = pool;
		this.server = server;
		this.experiments = experiments;
	}

	@GetMapping
	About about() {
		return new About(Callers.virtualThreads(), Runtime.version().feature(), USUAL, DOCUMENTS,
				this.experiments.experiments().stream().map(Experiment::about).toList());
	}

	@GetMapping(path = "/feed", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	SseEmitter feed() {
		SseEmitter emitter = this.feed.watch();
		if (emitter == null) {
			throw new ResponseStatusException(HttpStatus.SERVICE_UNAVAILABLE,
					"No more than %d may watch at the same time".formatted(LabFeed.MAX_WATCHERS));
		}
		return emitter;
	}

	@PutMapping("/load")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void startLoad(@Valid @RequestBody Load load) {
		if (this.experiments.isRunning()) {
			throw busy();
		}
		this.load.start(load);
		if (this.experiments.isRunning()) {
			this.load.stop();
			throw busy();
		}
	}

	private static IllegalStateException busy() {
		return new IllegalStateException("An experiment is running: it makes a load of its own");
	}

	@DeleteMapping("/load")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void stopLoad() {
		this.load.stop();
	}

	@PutMapping("/pool/size")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void resize(@RequestParam @Min(1) @Max(LabPool.MAX_SIZE) int maxSize) {
		this.pool.resize(maxSize);
	}

	@PostMapping("/pool/{action}")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void steer(@PathVariable String action) {
		this.pool.perform(action(LabPool.Action.class, action));
	}

	@PostMapping("/server/{action}")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void disturb(@PathVariable String action) {
		this.server.perform(action(LabServer.Action.class, action));
	}

	private static <E extends Enum<E>> E action(Class<E> type, String name) {
		for (E action : Objects.requireNonNull(type.getEnumConstants())) {
			if (action.name().equalsIgnoreCase(name)) {
				return action;
			}
		}
		throw new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no action '%s'".formatted(name));
	}

	@PostMapping("/experiments/{id}")
	@ResponseStatus(HttpStatus.ACCEPTED)
	void startExperiment(@PathVariable String id,
			@RequestParam(required = false) @Min(SHORTEST) @Max(LONGEST) @Nullable Integer seconds) {
		int length = (seconds != null) ? seconds : USUAL;
		if (!this.experiments.start(id, Duration.ofSeconds(length))) {
			throw new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no experiment '%s'".formatted(id));
		}
	}

	@DeleteMapping("/experiments")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void stopExperiment() {
		this.experiments.stop();
	}

	@GetMapping("/experiments")
	ExperimentRunner.@Nullable Status experiment() {
		return this.experiments.status();
	}

	@ExceptionHandler
	ProblemDetail conflict(IllegalStateException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.CONFLICT, String.valueOf(ex.getMessage()));
	}

	@ExceptionHandler
	ProblemDetail badParameter(MethodArgumentTypeMismatchException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST,
				ex.getName() + ": must be a whole number within its bounds");
	}

	@ExceptionHandler
	ProblemDetail badRequest(IllegalArgumentException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, String.valueOf(ex.getMessage()));
	}

	/**
	 * What the page has to know at its start.
	 *
	 * @param virtualThreads whether callers can be virtual threads
	 * @param java the version of Java
	 * @param experimentSeconds how long an experiment takes
	 * @param documents the address before the path of a document
	 * @param experiments all experiments
	 */
	record About(boolean virtualThreads, int java, int experimentSeconds, String documents,
			List<Experiment.About> experiments) {

	}

}
