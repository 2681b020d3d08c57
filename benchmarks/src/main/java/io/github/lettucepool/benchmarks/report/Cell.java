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

package io.github.lettucepool.benchmarks.report;

import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.benchmarks.client.Contestant;
import io.github.lettucepool.benchmarks.client.Contestant.Role;

/**
 * One workload with one set of callers, and how all contestants did.
 *
 * @param workload the workload's name
 * @param description what one operation is
 * @param callers who called, such as {@code 128v}
 * @param callersDescription who called, such as "128 virtual threads"
 * @param rounds how many rounds each figure is the median of
 * @param results one result for each contestant that takes part in the workload
 */
public record Cell(String workload, String description, String callers, String callersDescription, int rounds,
		List<Result> results) {

	/**
	 * A contestant's figure in proportion to that of the best peer: the peer with the
	 * highest throughput, with the lowest latency and so on, which need not be the same
	 * one.
	 * @param figures the contestant's figures
	 * @param metric the metric
	 * @return the ratio, or empty if there is no peer to compare with
	 */
	OptionalDouble ratio(Figures figures, Metric metric) {
		OptionalDouble best = this.results.stream()
			.filter((result) -> result.contestant().role() == Role.PEER)
			.map(Result::figures)
			.filter(Objects::nonNull)
			// Who got nothing done has no latency, and is nobody's measure.
			.filter((peer) -> peer.operations() > 0)
			.mapToDouble(metric::of)
			.reduce(metric::better);
		return (best.isPresent() && best.getAsDouble() > 0) ? OptionalDouble.of(metric.of(figures) / best.getAsDouble())
				: OptionalDouble.empty();
	}

	/**
	 * How one contestant did.
	 * @param contestant the contestant
	 * @return its figures, or {@code null} if it has none here
	 */
	@Nullable Figures figures(Contestant contestant) {
		return this.results.stream()
			.filter((result) -> result.contestant() == contestant)
			.map(Result::figures)
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null);
	}

}
