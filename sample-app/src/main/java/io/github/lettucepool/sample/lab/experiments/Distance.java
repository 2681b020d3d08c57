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

import org.springframework.core.annotation.Order;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.stereotype.Component;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.proxy.FaultProxy;

@Component
@Order(8)
class Distance implements Experiment {

	static final String OPENED = "Connections opened meanwhile";

	static final long ROUND_TRIP_MILLIS = 10;

	private static final int CALLERS = 4;

	private static final Duration THINK = Duration.ofMillis(1);

	@Override
	public About about() {
		return new About("distance", "“A pool removes all latency”",
				"The same pool, the same callers, and a server that is 10 ms away. Does it?",
				List.of("Beside the server", "10 ms away"), "spring.data.redis.timeout",
				"docs/tuning.md#timeouts-that-fit-together");
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder);
		FaultProxy distance = stage.use(new FaultProxy(server.port()));
		Bench bench = stage.pool(new RedisStandaloneConfiguration("127.0.0.1", distance.port()),
				(settings) -> settings);
		Measured near = measure(stage, 0, bench, distance);
		distance.delay(Duration.ofMillis(ROUND_TRIP_MILLIS / 2));
		return findings(near, measure(stage, 1, bench, distance));
	}

	static Findings findings(Measured near, Measured far) {
		double added = far.get(Measured.MEDIAN) - near.get(Measured.MEDIAN);
		return Findings.of(List.of(near, far), Findings.remember(added >= ROUND_TRIP_MILLIS / 2.0,
				"A pool saves handshakes and turns, not the way to the server. Bring the application closer, or go there "
						+ "less often: a pipeline, a script, MGET, a cache."),
				Findings.text("Beside the server, half of the GETs took no more than %s; 10 ms away it was %s, %s.",
						Findings.millis(near.get(Measured.MEDIAN)), Findings.millis(far.get(Measured.MEDIAN)),
						(added > 0) ? Findings.text("%s more", Findings.millis(added)) : "no more"),
				Findings.text(
						"The pool opened %,.0f connections meanwhile and %,.0f beside the server, and %,.0f calls "
								+ "a second got through instead of %,.0f.",
						far.get(OPENED), near.get(OPENED), far.get(Measured.CALLS), near.get(Measured.CALLS)));
	}

	private static Measured measure(Stage stage, int side, Bench bench, FaultProxy distance)
			throws InterruptedException {
		long[] opened = new long[1];
		Measured measured = stage.measure(side, bench.calls(), CALLERS, THINK,
				() -> bench.redis().opsForValue().get("key"), () -> opened[0] = distance.accepted());
		return measured.with(OPENED, distance.accepted() - opened[0], "");
	}

}
