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

package io.github.lettucepool.sample.lab.experiments;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSizing;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.sample.lab.Callers;
import io.github.lettucepool.sample.lab.Calls;
import io.github.lettucepool.sample.lab.Latencies;

@Component
@Order(6)
class SelfSizing implements Experiment {

	private static final int FEW = 8;

	private static final int MANY = 32;

	static final String FEW_CALLS = "Calls of %d callers".formatted(FEW);

	static final String MANY_CALLS = "Calls of %d callers".formatted(MANY);

	static final String FEW_SIZE = "max-size at the end of %d callers".formatted(FEW);

	static final String MANY_SIZE = "max-size at the end of %d callers".formatted(MANY);

	private static final int FIXED = 4;

	/**
	 * So long that it is the pool that limits, not the machine.
	 */
	private static final int THINK_MILLIS = 20;

	@Override
	public About about() {
		return new About("self-sizing", "A pool that sizes itself",
				"Eight callers run transactions of 20 ms. Twenty-four more join them at half-time. Does one size fit both "
						+ "loads? Watch max-size in the chart, and the reasons for each change in the time line.",
				List.of("max-size: 4", "max-size: auto"), "lettuce.pool.max-size",
				"docs/tuning.md#how-many-connections");
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder);
		Bench fixed = stage.pool(server, (settings) -> settings.maxSize(FIXED));
		Measured before = measure(stage, 0, fixed);
		stage.putAway(fixed);
		Bench auto = stage.pool(server, PoolSettings.Builder::maxSizeAuto);
		Measured after = measure(stage, 1, auto);
		return findings(before, after, auto.pool().getSizing());
	}

	static Findings findings(Measured before, Measured after, @Nullable PoolSizing sizing) {
		List<String> sentences = new ArrayList<>(List.of(
				Findings.text("A max-size of %d let %d callers run %,.0f transactions a second, and %d callers %,.0f.",
						FIXED, FEW, before.get(FEW_CALLS), MANY, before.get(MANY_CALLS)),
				Findings.text(
						"The pool that sizes itself had a max-size of %,.0f at the end of the first load, and of %,.0f at the "
								+ "end of the second. Its callers ran %,.0f transactions a second, and then %,.0f (%s as "
								+ "many as with %d), the search included.",
						after.get(FEW_SIZE), after.get(MANY_SIZE), after.get(FEW_CALLS), after.get(MANY_CALLS),
						Findings.times(after.get(MANY_CALLS), before.get(MANY_CALLS)), FIXED)));
		if (sizing != null) {
			sentences.add(lastChange(sizing));
		}
		return Findings.of(List.of(before, after),
				Findings.remember(after.get(MANY_SIZE) > after.get(FEW_SIZE)
						&& Findings.clearlyMore(after.get(FEW_CALLS), before.get(FEW_CALLS))
						&& Findings.clearlyMore(after.get(MANY_CALLS), before.get(MANY_CALLS)),
						"Let the pool find its size where no number fits every load. Growth takes seconds. Shrinking takes ten "
								+ "minutes a step, so that a load that comes back finds its connections."),
				sentences.toArray(String[]::new));
	}

	private static String lastChange(PoolSizing sizing) {
		return sizing.changes()
			.stream()
			.findFirst()
			.map((change) -> "The last change went from %d to %d. Its reason: %s".formatted(change.from(), change.to(),
					change.reason()))
			.orElseGet(() -> "The size stayed at %d. Its reason: %s".formatted(sizing.size(), sizing.reason()));
	}

	@SuppressWarnings("try") // The callers only have to be there.
	private static Measured measure(Stage stage, int side, Bench bench) throws InterruptedException {
		Calls.Call call = () -> Work.transaction(bench.redis(), THINK_MILLIS);
		List<Part> parts = new ArrayList<>();
		Measured measured = stage.measure(side, bench.calls(), FEW, Duration.ZERO, call, () -> {
			parts.add(part(stage, bench));
			try (Callers more = Callers.start(MANY - FEW, false, Duration.ZERO, bench.calls(), call)) {
				parts.add(part(stage, bench));
			}
		});
		return measured.with(FEW_CALLS, parts.get(0).calls(), "/s")
			.with(MANY_CALLS, parts.get(1).calls(), "/s")
			.with(FEW_SIZE, parts.get(0).size(), "")
			.with(MANY_SIZE, parts.get(1).size(), "");
	}

	/**
	 * Waits for less than half of the time, so that the callers that joined can end their
	 * calls in the rest.
	 */
	private static Part part(Stage stage, Bench bench) throws InterruptedException {
		Latencies.Window calls = bench.calls().window();
		long start = System.nanoTime();
		TimeUnit.NANOSECONDS.sleep((long) (stage.measuredTime().toNanos() * 0.48));
		double seconds = (System.nanoTime() - start) / 1e9;
		return new Part(calls.next().count() / seconds, bench.pool().getSettings().getMaxSize());
	}

	/**
	 * The figures of one load.
	 *
	 * @param calls how many a second
	 * @param size the size at its end
	 */
	private record Part(double calls, int size) {

	}

}
