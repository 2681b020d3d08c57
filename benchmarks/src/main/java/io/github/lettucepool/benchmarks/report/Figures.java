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

import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

import org.jspecify.annotations.Nullable;

/**
 * What one contestant did in one cell.
 *
 * @param throughput operations a second
 * @param p50 the median latency of an operation, in microseconds
 * @param p99 the 99th percentile, in microseconds
 * @param p999 the 99.9th percentile, in microseconds
 * @param cpu processor time of the client's whole process, in microseconds for each
 * operation
 * @param allocated bytes that the client's threads allocated for each operation
 * @param operations how many operations were measured
 * @param errors operations that failed
 * @param wrong operations with a reply other than what was written
 * @param message the first error's message, or {@code null}
 */
public record Figures(double throughput, double p50, double p99, double p999, double cpu, double allocated,
		long operations, long errors, long wrong, @Nullable String message) implements Serializable {

	/**
	 * Sees to it that nothing is read from a round in which operations failed.
	 * @return these figures
	 * @throws IllegalStateException if an operation failed or had a wrong reply
	 */
	public Figures requireCorrect() {
		long failed = this.errors + this.wrong;
		if (failed > 0) {
			throw new IllegalStateException("%d operations failed: %s".formatted(failed, this.message));
		}
		return this;
	}

	/**
	 * The median of each figure, and the sum of the counts.
	 * @param rounds what was measured, at least one round
	 * @return the medians
	 */
	public static Figures median(List<Figures> rounds) {
		return new Figures(median(rounds, Figures::throughput), median(rounds, Figures::p50),
				median(rounds, Figures::p99), median(rounds, Figures::p999), median(rounds, Figures::cpu),
				median(rounds, Figures::allocated), rounds.stream().mapToLong(Figures::operations).sum(),
				rounds.stream().mapToLong(Figures::errors).sum(), rounds.stream().mapToLong(Figures::wrong).sum(),
				rounds.stream().map(Figures::message).filter(Objects::nonNull).findFirst().orElse(null));
	}

	private static double median(List<Figures> rounds, ToDoubleFunction<Figures> figure) {
		return median(rounds.stream().mapToDouble(figure));
	}

	/**
	 * The median of numbers.
	 * @param numbers the numbers, at least one
	 * @return the median
	 */
	public static double median(DoubleStream numbers) {
		double[] sorted = numbers.sorted().toArray();
		int middle = sorted.length / 2;
		return (sorted.length % 2 == 1) ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
	}

}
