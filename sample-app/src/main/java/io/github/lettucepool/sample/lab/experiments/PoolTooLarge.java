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

	private static final String REFUSED = "Connections refused by the server";

	private static final int MAX_CLIENTS = 16;

	private static final int CALLERS = 32;

	private static final int TOO_LARGE = 64;

	private static final int FITTING = 12;

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
		return "max-size: 12";
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder.config("maxclients", String.valueOf(MAX_CLIENTS)));
		Measured before = measure(stage, Stage.Phase.BEFORE, server, TOO_LARGE);
		long refused = refused(server);
		before = before.with(REFUSED, refused, "");
		Measured after = measure(stage, Stage.Phase.AFTER, server, FITTING);
		after = after.with(REFUSED, refused(server) - refused, "");
		return Findings.of(before, after, Findings.text(
				"A pool of up to %d connections met a server that takes %d clients: it refused %,.0f connections, "
						+ "and %,.0f calls failed.",
				TOO_LARGE, MAX_CLIENTS, before.get(REFUSED), before.get(Measured.FAILED)),
				Findings.text(
						"With max-size %d, %d callers took turns: %,.0f calls failed, and %,.0f a second succeeded, "
								+ "where it was %,.0f beside the failures.",
						FITTING, CALLERS, after.get(Measured.FAILED), after.get(Measured.CALLS),
						before.get(Measured.CALLS)));
	}

	private static Measured measure(Stage stage, Stage.Phase phase, RedisServer server, int maxSize) throws Exception {
		Bench bench = stage.pool(server, (settings) -> settings.maxSize(maxSize).sharedConnections(1));
		Measured measured = stage.measure(phase, bench.calls(), CALLERS, Duration.ZERO,
				() -> Work.transaction(bench.redis(), THINK_MILLIS));
		// Nobody else could ask the server otherwise.
		stage.putAway(bench);
		return measured;
	}

	private static long refused(RedisServer server) {
		return Work.info(String.valueOf(server.execute("INFO", "stats")), "rejected_connections");
	}

}
