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

package io.github.lettucepool.internal.pool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import io.github.lettucepool.internal.sizing.Sample;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that a pool which sizes itself finds its size, keeps it and finds it again, on
 * simulated time. The table of all scenarios, with published algorithms for comparison,
 * is written to {@code target/pool-sizing.md}.
 */
@Tag("slow")
@Timeout(600)
class SizingSimulationTests {

	private static final int LIMIT = 64;

	private static final int SEED = 26;

	private static final int[] FIXED = { 1, 2, 4, 8, 16, 32, 64 };

	private static final Path TABLE = Path.of("target", "pool-sizing.md");

	private static final List<String> ROWS = new ArrayList<>();

	@BeforeAll
	static void begin() {
		ROWS.clear();
		ROWS.add("| load | sizing | completions a second | of the best | p99 in ms | size | smallest good size "
				+ "| seconds to 90 % | changes an hour |");
		ROWS.add("|---|---|---|---|---|---|---|---|---|");
	}

	@AfterAll
	static void write() throws IOException {
		Files.createDirectories(TABLE.getParent());
		Files.write(TABLE, ROWS);
	}

	static Stream<Load> loads() {
		return Stream.of(new Load("fixed times, 24 callers", (simulation) -> {
			simulation.latency = 100;
			simulation.exponential = false;
			simulation.callers(24);
		}), new Load("exponential times, 24 callers", (simulation) -> {
			simulation.latency = 100;
			simulation.callers(24);
		}), new Load("one busy processor, 64 callers", (simulation) -> {
			simulation.latency = 40;
			simulation.work = 10;
			simulation.callers(64);
		}), new Load("slower with each connection, 64 callers", (simulation) -> {
			simulation.latency = 40;
			simulation.work = 10;
			simulation.contention = 0.02;
			simulation.callers(64);
		}), new Load("one processor and nothing else, 16 callers", (simulation) -> {
			simulation.latency = 2;
			simulation.work = 10;
			simulation.callers(16);
		}), new Load("BLPOP for 2 s, 50 callers", (simulation) -> {
			simulation.latency = 2000;
			simulation.callers(50);
		}), new Load("40 arrivals a second, 100 ms", (simulation) -> {
			simulation.latency = 100;
			simulation.arrivals((seconds) -> 40);
		}), new Load("bursts of 8 of 1 ms", (simulation) -> {
			simulation.latency = 1;
			simulation.exponential = false;
			simulation.bursts(8, 1000);
		}));
	}

	@ParameterizedTest
	@MethodSource("loads")
	void aSteadyLoadGetsItsSizeSoonAndKeepsIt(Load load) {
		NavigableMap<Integer, Double> fixed = new TreeMap<>();
		Map<Integer, Double> slowest = new TreeMap<>();
		for (int size : FIXED) {
			PoolSimulation simulation = load.on(size, (sample) -> size, SEED);
			simulation.run(5);
			fixed.put(size, simulation.run(60));
			slowest.put(size, simulation.percentile(0.99));
		}
		double best = fixed.values().stream().max(Double::compare).orElseThrow();
		int good = fixed.entrySet()
			.stream()
			.filter((entry) -> entry.getValue() >= 0.95 * best)
			.mapToInt(Map.Entry::getKey)
			.min()
			.orElseThrow();
		ROWS.add("| %s | %d, fixed | %.0f | | %.0f | %d | | | |".formatted(load.name(), good, best, slowest.get(good),
				good));
		for (SizePolicy policy : SizePolicy.values()) {
			Result result = result(load, policy, fixed, SEED);
			ROWS.add("| | %s | %.0f | %.2f | %.0f | %d | %d | %s | %d |".formatted(policy, result.completions(),
					result.completions() / best, result.slowest(), result.size(), good,
					(result.seconds() > 0) ? result.seconds() : "never", result.changes()));
			if (policy == SizePolicy.AUTO) {
				check(result, best, good);
			}
		}
		for (int seed = SEED + 1; seed < SEED + 4; seed++) {
			check(result(load, SizePolicy.AUTO, fixed, seed), best, good);
		}
	}

	private static void check(Result result, double best, int good) {
		assertThat(result.completions()).isGreaterThan(0.9 * best);
		assertThat(result.seconds()).isBetween(1, 10);
		assertThat(result.changes()).isLessThanOrEqualTo(6);
		assertThat(result.size()).isLessThanOrEqualTo(Math.max(2, 2 * good));
	}

	@Test
	void aLoadThatBecomesAnotherGetsItsSize() {
		PoolSimulation simulation = new PoolSimulation(2, 1, SizePolicy.AUTO.start(2, LIMIT));
		simulation.latency = 20;
		simulation.work = 10;
		simulation.callers(40);
		simulation.run(120);
		assertThat(simulation.size()).isBetween(2, 8);
		// Now it is not the server that takes the time.
		simulation.latency = 400;
		simulation.work = 1;
		simulation.run(20);
		assertThat(simulation.size()).isGreaterThanOrEqualTo(32);
	}

	@Test
	void aServerThatSlowsDownDoesNotGetMoreAndMoreConnections() {
		PoolSimulation simulation = new PoolSimulation(2, 1, SizePolicy.AUTO.start(2, LIMIT));
		simulation.latency = 20;
		simulation.work = 5;
		simulation.callers(40);
		simulation.run(120);
		int before = simulation.size();
		double completions = simulation.run(30);
		simulation.work = 50;
		simulation.run(120);
		assertThat(simulation.size()).isLessThanOrEqualTo(2 * before);
		simulation.work = 5;
		simulation.run(60);
		assertThat(simulation.run(30)).isGreaterThan(0.9 * completions);
	}

	@Test
	void aSizeIsBackInItsPlaceAfterAnOutage() {
		PoolSimulation simulation = new PoolSimulation(2, 1, SizePolicy.AUTO.start(2, LIMIT));
		simulation.latency = 40;
		simulation.work = 5;
		simulation.callers(64);
		simulation.run(120);
		int before = simulation.size();
		double completions = simulation.run(30);
		for (int i = 0; i < 3; i++) {
			simulation.down(true);
			simulation.run(5);
			simulation.down(false);
			simulation.run(30);
			assertThat(simulation.size()).isEqualTo(before);
			assertThat(simulation.run(30)).isGreaterThan(0.9 * completions);
		}
	}

	@Test
	void nightGivesBackWhatTheDayNeeded() {
		PoolSimulation simulation = new PoolSimulation(2, 1, SizePolicy.AUTO.start(2, LIMIT));
		simulation.latency = 200;
		// A day of four hours.
		simulation.arrivals((seconds) -> 1 + 59 * Math.max(0, Math.sin(2 * Math.PI * seconds / 14_400)));
		int largest = 0;
		for (int minute = 0; minute < 110; minute++) {
			simulation.run(60);
			largest = Math.max(largest, simulation.size());
		}
		assertThat(largest).isBetween(12, 32);
		for (int minute = 110; minute < 230; minute++) {
			simulation.run(60);
		}
		assertThat(simulation.size()).isLessThanOrEqualTo(4);
		assertThat(simulation.lost()).isZero();
		assertThat(simulation.changes).hasSizeLessThan(24);
	}

	@Test
	void aThousandInstancesLeaveTheServerRoomAndGiveBackToOthers() {
		FleetSimulation fleet = new FleetSimulation(1000, 30);
		fleet.run(30);
		assertThat(fleet.connected()).isBetween(5_000, 8_500);
		fleet.restart(500);
		fleet.run(60);
		assertThat(fleet.size(0, 500)).isGreaterThan(2);
		fleet.callers(500, 1000, 1);
		fleet.run(150);
		assertThat(fleet.size(500, 1000)).isLessThan(3);
		assertThat(fleet.size(0, 500)).isGreaterThan(4);
		ROWS.add("| 1,000 instances, half of them restarted, then half idle | AUTO | | | | %.1f and %.1f | | | |"
			.formatted(fleet.size(0, 500), fleet.size(500, 1000)));
		assertThat(fleet.most).isLessThan(9_000);
		assertThat(fleet.refused).isZero();
	}

	private static Result result(Load load, SizePolicy policy, NavigableMap<Integer, Double> fixed, int seed) {
		PoolSimulation simulation = load.on(2, policy.start(2, LIMIT), seed);
		int reached = 0;
		double enough = 0.9 * fixed.values().stream().max(Double::compare).orElseThrow();
		for (int second = 1; second <= 60; second++) {
			simulation.run(1);
			boolean good = fixed.floorEntry(simulation.size()).getValue() >= enough;
			reached = (reached == 0 && good) ? second : reached;
		}
		int changes = simulation.changes.size();
		double completions = simulation.run(600);
		double slowest = simulation.percentile(0.99);
		int size = simulation.size();
		if (policy != SizePolicy.AUTO) {
			return new Result(completions, slowest, size, reached, 6 * (simulation.changes.size() - changes));
		}
		for (int minute = 10; minute < 60; minute++) {
			simulation.run(60);
		}
		return new Result(completions, slowest, size, reached, simulation.changes.size() - changes);
	}

	private record Result(double completions, double slowest, int size, int seconds, int changes) {

	}

	private record Load(String name, Consumer<PoolSimulation> setup) {

		PoolSimulation on(int size, ToIntFunction<Sample> policy, int seed) {
			PoolSimulation simulation = new PoolSimulation(size, 1, policy, seed);
			this.setup.accept(simulation);
			return simulation;
		}

		@Override
		public String toString() {
			return this.name;
		}

	}

}
