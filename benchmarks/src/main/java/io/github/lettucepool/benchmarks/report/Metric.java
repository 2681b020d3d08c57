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

/**
 * The figures that contestants are compared by.
 */
enum Metric {

	/**
	 * Operations a second.
	 */
	THROUGHPUT("ops/s", true),

	/**
	 * Median latency.
	 */
	P50("p50 µs", false),

	/**
	 * 99th percentile.
	 */
	P99("p99 µs", false),

	/**
	 * 99.9th percentile.
	 */
	P999("p99.9 µs", false),

	/**
	 * Processor time of the client.
	 */
	CPU("CPU µs/op", false),

	/**
	 * Allocation of the client.
	 */
	ALLOCATED("B/op", false);

	private final String label;

	private final boolean moreIsBetter;

	Metric(String label, boolean moreIsBetter) {
		this.label = label;
		this.moreIsBetter = moreIsBetter;
	}

	String label() {
		return this.label;
	}

	double of(Figures figures) {
		return switch (this) {
			case THROUGHPUT -> figures.throughput();
			case P50 -> figures.p50();
			case P99 -> figures.p99();
			case P999 -> figures.p999();
			case CPU -> figures.cpu();
			case ALLOCATED -> figures.allocated();
		};
	}

	/**
	 * The better one of two.
	 * @param one a value
	 * @param other another
	 * @return the better one
	 */
	double better(double one, double other) {
		return this.moreIsBetter ? Math.max(one, other) : Math.min(one, other);
	}

}
