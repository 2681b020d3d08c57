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
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.springframework.core.annotation.Order;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.stereotype.Component;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.proxy.FaultProxy;

@Component
@Order(3)
class LazyCreation implements Experiment {

	static final String READY = "Connections before the first borrow";

	static final String FIRST = "Slowest of the first transactions";

	private static final int CALLERS = 8;

	private static final Duration ONE_WAY = Duration.ofMillis(5);

	private static final Duration READY_WITHIN = Duration.ofSeconds(5);

	@Override
	public About about() {
		return new About("lazy-creation", "The first callers",
				"Eight callers begin at once, 10 ms away from the server. Do they wait until connections are open?",
				List.of("min-idle: 0", "min-idle: 8"), "lettuce.pool.min-idle", "docs/tuning.md#the-keys");
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder);
		FaultProxy distance = stage.use(new FaultProxy(server.port()));
		distance.delay(ONE_WAY);
		// So that neither side waits for classes that are loaded.
		Bench warm = stage.pool(server, (settings) -> settings);
		Work.transaction(warm.redis(), 0);
		stage.putAway(warm);
		return findings(measure(stage, 0, distance, 0), measure(stage, 1, distance, CALLERS));
	}

	static Findings findings(Measured lazy, Measured ready) {
		return Findings.of(List.of(lazy, ready), Findings.remember(
				lazy.get(READY) < ready.get(READY) && Findings.clearlyMore(lazy.get(FIRST), ready.get(FIRST)),
				"A pool opens a connection when somebody needs it, and that one waits for the handshake. If your "
						+ "first callers must not wait, keep some ready, or set warm-up."),
				sentence("0", lazy), sentence("8", ready));
	}

	private static String sentence(String minIdle, Measured measured) {
		return Findings.text(
				"With min-idle %s, %,.0f connections were open before the first borrow; the slowest of the first %d "
						+ "transactions took %s, and later half of them no more than %s.",
				minIdle, measured.get(READY), CALLERS, Findings.millis(measured.get(FIRST)),
				Findings.millis(measured.get(Measured.MEDIAN)));
	}

	private static Measured measure(Stage stage, int side, FaultProxy distance, int minIdle) throws Exception {
		Bench bench = stage.pool(new RedisStandaloneConfiguration("127.0.0.1", distance.port()),
				(settings) -> settings.maxSize(CALLERS).minIdle(minIdle));
		long end = System.nanoTime() + READY_WITHIN.toNanos();
		while (bench.pool().snapshot().exclusive().idle() < minIdle && System.nanoTime() < end) {
			TimeUnit.MILLISECONDS.sleep(10);
		}
		int ready = bench.pool().snapshot().exclusive().total();
		AtomicInteger begun = new AtomicInteger();
		AtomicLong slowest = new AtomicLong();
		Measured measured = stage.measure(side, bench.calls(), CALLERS, Duration.ofMillis(10), () -> {
			boolean first = begun.getAndIncrement() < CALLERS;
			long start = System.nanoTime();
			Work.transaction(bench.redis(), 0);
			if (first) {
				slowest.accumulateAndGet(System.nanoTime() - start, Math::max);
			}
		});
		measured = measured.with(READY, ready, "").with(FIRST, slowest.get() / 1e6, "ms");
		stage.putAway(bench);
		return measured;
	}

}
