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

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

import io.github.lettucepool.benchmarks.client.Client;
import io.github.lettucepool.benchmarks.client.Contestant;
import io.github.lettucepool.benchmarks.client.Target;
import io.github.lettucepool.benchmarks.report.Figures;

/**
 * Measures what the reading of large values costs those who read and write small ones
 * meanwhile: on one shared connection, where every reply waits for the large one before
 * it, and on several. All in one process, in turn, many times.
 */
public final class LargeValueCost {

	private static final Callers CALLERS = Callers.platform(8);

	private static final int LARGE = 10_000_000;

	private static final int DEFAULT_ROUNDS = 9;

	private static final Duration ROUND = Duration.ofSeconds(1);

	private static final int WARM_UP = 4;

	private static final List<Case> CASES = List.of(
			new Case("boot-shared, one shared connection", Contestant.BOOT_SHARED::open, false), lettucePool(1),
			lettucePool(2), lettucePool(4),
			new Case("lettuce-pool, large values on a client of their own", (target) -> open(target, 1), true));

	private final int rounds;

	private final Duration time;

	private final PrintStream out;

	LargeValueCost(int rounds, Duration time, PrintStream out) {
		this.rounds = rounds;
		this.time = time;
		this.out = out;
	}

	private static Case lettucePool(int sharedConnections) {
		return new Case("lettuce-pool, shared-connections: " + sharedConnections,
				(target) -> open(target, sharedConnections), false);
	}

	private static Client open(Target target, int sharedConnections) {
		return Contestant.openLettucePool(target,
				Map.of("lettuce.pool.shared-connections", String.valueOf(sharedConnections)));
	}

	/**
	 * Entry point.
	 * @param args the number of rounds, {@value #DEFAULT_ROUNDS} if it is left out
	 * @throws Exception if it cannot measure
	 */
	public static void main(String[] args) throws Exception {
		new LargeValueCost((args.length > 0) ? Integer.parseInt(args[0]) : DEFAULT_ROUNDS, ROUND, System.out).run();
		// A client's threads are none of the driver's business.
		System.exit(0);
	}

	void run() throws InterruptedException, ExecutionException {
		this.out.printf("%s, %s, beside one caller who reads values of 10 MB; median of %d rounds%n",
				Workload.GET_SET.description(), CALLERS.describe(), this.rounds);
		List<Measurement> measurements = new ArrayList<>();
		try (Servers servers = new Servers()) {
			Target target = servers.target(Workload.GET_SET);
			try {
				for (Case each : CASES) {
					measurements.add(new Measurement(each, target));
				}
				measure(measurements);
			}
			finally {
				measurements.forEach(Measurement::close);
			}
		}
		this.out.printf("%-52s %10s %10s %10s %12s%n", "", "ops/s", "p50 \u00b5s", "p99 \u00b5s", "10 MB/s");
		measurements.forEach((measurement) -> measurement.print(this.out));
	}

	private void measure(List<Measurement> measurements) throws InterruptedException, ExecutionException {
		// The first ones warm up.
		for (int round = -Math.min(WARM_UP, this.rounds); round < this.rounds; round++) {
			for (int i = 0; i < measurements.size(); i++) {
				// By turns each is the first, so that what drifts hits all.
				measurements.get(Math.floorMod(round + i, measurements.size())).round(this.time, round >= 0);
			}
		}
	}

	/**
	 * What is measured.
	 *
	 * @param name the name in the report
	 * @param open connects
	 * @param apart whether large values are read over a client of their own, which shows
	 * what they cost by the work alone that they are for server and machine
	 */
	private record Case(String name, Function<Target, Client> open, boolean apart) {

	}

	private static final class Measurement {

		private static final String KEYS = "large-value-cost:";

		private final Case measured;

		private final Client client;

		private final Client largeClient;

		private final List<Figures> figures = new ArrayList<>();

		private final List<Double> largeRates = new ArrayList<>();

		private volatile boolean reading;

		private Measurement(Case measured, Target target) {
			this.measured = measured;
			this.client = measured.open().apply(target);
			this.largeClient = measured.apart() ? measured.open().apply(target) : this.client;
			this.client.set(KEYS, "x".repeat(LARGE));
		}

		private void round(Duration time, boolean counts) throws InterruptedException, ExecutionException {
			ExecutorService reader = Executors.newSingleThreadExecutor();
			this.reading = true;
			try {
				Future<Double> large = reader.submit(this::readLargeValues);
				Figures figures = Round.run(CALLERS, time.toNanos(),
						(caller) -> Workload.GET_SET.prepare(this.client, caller, KEYS + caller));
				this.reading = false;
				double largeRate = large.get();
				figures.requireCorrect();
				if (counts) {
					this.figures.add(figures);
					this.largeRates.add(largeRate);
				}
			}
			finally {
				this.reading = false;
				reader.shutdown();
			}
		}

		private double readLargeValues() {
			long start = System.nanoTime();
			int count = 0;
			do {
				String value = this.largeClient.get(KEYS);
				Values.verifyEqual(LARGE, (value != null) ? value.length() : 0);
				count++;
			}
			while (this.reading);
			return count * 1e9 / (System.nanoTime() - start);
		}

		private void close() {
			this.client.close();
			if (this.measured.apart()) {
				this.largeClient.close();
			}
		}

		private void print(PrintStream out) {
			Figures median = Figures.median(this.figures);
			double largeRate = this.largeRates.stream()
				.sorted()
				.skip(this.largeRates.size() / 2)
				.findFirst()
				.orElse(0.0);
			out.printf("%-52s %10.0f %10.0f %10.0f %12.1f%n", this.measured.name(), median.throughput(), median.p50(),
					median.p99(), largeRate);
		}

	}

}
