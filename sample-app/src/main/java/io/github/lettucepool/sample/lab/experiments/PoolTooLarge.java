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

import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

import io.github.lettucepool.embedded.RedisServer;

@Component
@Order(3)
class PoolTooLarge implements Experiment {

	static final String REFUSED = "Connections refused by the server";

	private static final int MAX_CLIENTS = 16;

	private static final int CALLERS = 32;

	private static final int TOO_LARGE = 64;

	private static final int FITTING = 14;

	private static final int THINK_MILLIS = 5;

	@Override
	public String id() {
		return "too-large";
	}

	@Override
	public String title() {
		return "A pool too large";
	}

	@Override
	public String question() {
		return "The server takes 16 clients (maxclients). What if the pool may open 64 connections?";
	}

	@Override
	public String before() {
		return "max-size: 64";
	}

	@Override
	public String after() {
		return "max-size: 14";
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder.config("maxclients", String.valueOf(MAX_CLIENTS)));
		Measured before = measure(stage, Stage.Phase.BEFORE, server, TOO_LARGE);
		Measured after = measure(stage, Stage.Phase.AFTER, server, FITTING);
		return findings(before, after);
	}

	static Findings findings(Measured before, Measured after) {
		return Findings.of(before, after, Findings.text(
				"A pool of up to %d connections met a server that takes %d clients: it refused %,.0f connections, "
						+ "and %,.0f calls failed, since who may open a connection and cannot does not wait for one.",
				TOO_LARGE, MAX_CLIENTS, before.get(REFUSED), before.get(Measured.FAILED)),
				Findings.text(
						"With max-size %d, one shared connection and low-latency-callers 0, %s and %d callers took turns: %s, and "
								+ "%,.0f a second succeeded; with the too large pool it was %,.0f.",
						FITTING,
						(after.get(REFUSED) > 0)
								? Findings.text("%,.0f connections were refused", after.get(REFUSED)) : "all fit",
						CALLERS,
						(after.get(Measured.FAILED) > 0)
								? Findings.text("%,.0f calls failed", after.get(Measured.FAILED)) : "no call failed",
						after.get(Measured.CALLS), before.get(Measured.CALLS)));
	}

	private static Measured measure(Stage stage, Stage.Phase phase, RedisServer server, int maxSize) throws Exception {
		Bench bench = stage.pool(server,
				(settings) -> settings.maxSize(maxSize).sharedConnections(1).lowLatencyCallers(0));
		long[] refused = new long[1];
		Measured measured = stage.measure(phase, bench.calls(), CALLERS, Duration.ZERO,
				() -> Work.transaction(bench.redis(), THINK_MILLIS),
				() -> refused[0] = bench.events().failedConnects());
		measured = measured.with(REFUSED, bench.events().failedConnects() - refused[0], "");
		stage.putAway(bench);
		return measured;
	}

}
