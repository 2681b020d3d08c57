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
import java.util.Map;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.advice.Advice;
import io.github.lettucepool.sample.lab.Latencies.Distribution;

/**
 * What is shown of one moment.
 *
 * @param time the time in milliseconds since the epoch
 * @param pool the pool's name
 * @param state whether it runs
 * @param reachable whether Redis can be reached, {@code null} if that is not known
 * @param connectError what connecting fails with, or {@code null}
 * @param shared the shared lane
 * @param exclusive the exclusive lane
 * @param subscriptions connections for subscriptions
 * @param nodes how many connections are open to each node
 * @param longestLease the lease that lasts for longest, or {@code null} if there is none
 * @param operations the calls of the load
 * @param failure what the last failed call failed with, or {@code null}
 * @param acquisition borrowing a connection
 * @param totals the pool's meters, since it was made
 * @param events what happened since the last sample
 * @param advice what the advisor says
 * @param load the load that is running, or {@code null}
 * @param server the server's state
 * @param experiment the experiment that runs or ran last, or {@code null}
 */
record Sample(long time, String pool, String state, @Nullable Boolean reachable, @Nullable String connectError,
		PoolSnapshot.Shared shared, PoolSnapshot.Exclusive exclusive, int subscriptions, Map<String, Integer> nodes,
		@Nullable HeldLease longestLease, Rates operations, @Nullable String failure, Rates acquisition,
		Map<String, Double> totals, List<PoolEvents.Event> events, List<AdviceText> advice, @Nullable Load load,
		LabServer.State server, ExperimentRunner.@Nullable Status experiment) {

	/**
	 * A lease.
	 *
	 * @param thread who has it
	 * @param seconds for how long
	 */
	record HeldLease(String thread, double seconds) {

		static HeldLease of(PoolSnapshot.Lease lease) {
			return new HeldLease(lease.thread(), lease.age().toMillis() / 1000.0);
		}

	}

	/**
	 * How many there were and how long they took.
	 *
	 * @param perSecond how many in a second
	 * @param p50 the median in milliseconds, {@code null} if there were none
	 * @param p99 the 99th percentile in milliseconds, {@code null} if there were none
	 * @param failuresPerSecond how many failed in a second
	 */
	record Rates(double perSecond, @Nullable Double p50, @Nullable Double p99, double failuresPerSecond) {

		static final Rates NONE = new Rates(0, null, null, 0);

		static Rates of(Distribution distribution, long failures, Duration time) {
			double seconds = time.toNanos() / 1e9;
			boolean any = distribution.count() > 0;
			return new Rates(distribution.count() / seconds, any ? distribution.p50() : null,
					any ? distribution.p99() : null, failures / seconds);
		}

	}

	/**
	 * Advice, with what to paste.
	 *
	 * @param topic what it is about
	 * @param text what was seen
	 * @param yaml the lines for {@code application.yml}, or {@code null} if there is no
	 * single right value
	 */
	record AdviceText(String topic, String text, @Nullable String yaml) {

		static AdviceText of(Advice advice) {
			String id = advice.topic().id();
			String yaml = (advice.recommended() != null)
					? "lettuce:\n  pool:\n    %s: %s".formatted(id, advice.recommended()) : null;
			return new AdviceText(id, advice.text(), yaml);
		}

	}

}
