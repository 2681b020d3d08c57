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

package io.github.lettucepool.benchmarks;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.github.lettucepool.benchmarks.client.Client;
import io.github.lettucepool.benchmarks.client.Contestant;
import io.github.lettucepool.benchmarks.client.Watch;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs {@link WatchCost} for a moment.
 */
class WatchCostTests {

	@Test
	@Tag("slow")
	void eachCaseIsReportedAsARatio() throws Exception {
		ByteArrayOutputStream console = new ByteArrayOutputStream();
		new WatchCost(1, Duration.ofMillis(20), new PrintStream(console, true, StandardCharsets.UTF_8)).run();
		assertThat(console.toString(StandardCharsets.UTF_8)).contains("64 platform threads", "8 platform threads")
			.containsPattern("throughput +\\d+\\.\\d{3} x");
	}

	@Test
	void whatIsMeasuredIsWatched() {
		try (Servers servers = new Servers();
				Client client = Contestant.LETTUCE_POOL_EXCLUSIVE.open(servers.target(Workload.GET_SET));
				Watch watch = Watch.over(client, Watch.What.ALL)) {
			client.set("key", "value");
			watch.start();
			client.set("key", "value");
			watch.stop();
			client.set("key", "value");
			assertThat(watch.scrape()).contains("lettuce_pool_acquire_seconds_count{pool=\"redis\"} 1")
				.contains("lettuce_pool_usage_seconds_count{pool=\"redis\"} 1");
		}
	}

	@Test
	@Timeout(300)
	void aWaitIsObservedWhileTheCallerIs() throws Exception {
		try (Servers servers = new Servers();
				Client client = Contestant.LETTUCE_POOL_EXCLUSIVE.open(servers.target(Workload.SATURATED));
				Watch watch = Watch.over(client, Watch.What.ALL_IN_OBSERVED_CALLS)) {
			watch.start();
			// On a busy machine, one round may be over before two callers meet.
			while (!watch.scrape().contains("lettuce_pool_wait_seconds_count{")) {
				Round.run(Callers.platform(64), Duration.ofMillis(20).toNanos(), (caller) -> {
					Operation operation = Workload.SATURATED.prepare(client, caller, "observed-" + caller);
					watch.observeThread();
					return operation;
				}).requireCorrect();
			}
		}
	}

}
