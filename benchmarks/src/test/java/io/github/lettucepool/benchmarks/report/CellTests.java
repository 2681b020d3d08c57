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

import org.junit.jupiter.api.Test;

import io.github.lettucepool.benchmarks.client.Contestant;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Cell} and {@link Figures}.
 */
class CellTests {

	@Test
	void theBestPeerHasTheMostThroughputAndTheLeastLatency() {
		Figures own = figures(300, 10);
		Cell cell = cell(new Result(Contestant.LETTUCE_POOL, own, null),
				new Result(Contestant.BOOT_POOL, figures(100, 40), null),
				new Result(Contestant.JEDIS, figures(50, 20), null));
		assertThat(cell.ratio(own, Metric.THROUGHPUT)).hasValue(3);
		assertThat(cell.ratio(own, Metric.P99)).hasValue(0.5);
	}

	@Test
	void neitherThisProjectNorBareLettuceIsAPeer() {
		Figures jedis = figures(100, 10);
		Cell cell = cell(new Result(Contestant.LETTUCE_POOL, figures(300, 1), null),
				new Result(Contestant.LETTUCE, figures(400, 1), null), new Result(Contestant.JEDIS, jedis, null));
		assertThat(cell.ratio(jedis, Metric.THROUGHPUT)).hasValue(1);
		assertThat(cell.ratio(jedis, Metric.P99)).hasValue(1);
	}

	@Test
	void aPeerThatDidNothingIsNoMeasure() {
		Figures own = figures(300, 10);
		Cell cell = cell(new Result(Contestant.LETTUCE_POOL, own, null),
				new Result(Contestant.BOOT_POOL, new Figures(0, 0, 0, 0, 0, 0, 0, 5, 0, "refused"), null),
				new Result(Contestant.REDISSON, null, "its process ended"));
		assertThat(cell.ratio(own, Metric.P99)).isEmpty();
	}

	@Test
	void oneThatFailedOrDidNotTakePartHasNoFigures() {
		Cell cell = cell(new Result(Contestant.LETTUCE_POOL, null, "its process ended"));
		assertThat(cell.figures(Contestant.LETTUCE_POOL)).isNull();
		assertThat(cell.figures(Contestant.JEDIS)).isNull();
	}

	@Test
	void aFigureIsTheMedianOfTheRounds() {
		Figures median = Figures.median(List.of(figures(900, 7), figures(100, 1), figures(200, 9)));
		assertThat(median.throughput()).isEqualTo(200);
		assertThat(median.p99()).isEqualTo(7);
		assertThat(median.operations()).isEqualTo(3);
		assertThat(Figures.median(List.of(figures(100, 1), figures(200, 3))).throughput()).isEqualTo(150);
	}

	private static Cell cell(Result... results) {
		return new Cell("get-set", "GET/SET", "8", "8 platform threads", 3, List.of(results));
	}

	private static Figures figures(double throughput, double p99) {
		return new Figures(throughput, 1, p99, 1, 1, 1, 1, 0, 0, null);
	}

}
