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
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

import io.github.lettucepool.benchmarks.client.Client;
import io.github.lettucepool.benchmarks.client.Contestant;
import io.github.lettucepool.benchmarks.client.Watch;
import io.github.lettucepool.benchmarks.client.Watch.What;
import io.github.lettucepool.benchmarks.report.Figures;

/**
 * Measures what it costs to watch a pool: the same callers on the same pool in the same
 * process, watched and not watched in turn, many times. Of two processes, one would be a
 * few per cent faster whatever they do.
 */
public final class WatchCost {

	private static final Contestant BORROWING = Contestant.LETTUCE_POOL_EXCLUSIVE;

	private static final List<Case> CASES = List.of(
			new Case(BORROWING, Workload.SATURATED, Callers.platform(64), What.NOTHING),
			new Case(BORROWING, Workload.SATURATED, Callers.platform(64), What.METERS_AND_ADVICE),
			new Case(BORROWING, Workload.SATURATED, Callers.platform(64), What.ALL),
			new Case(BORROWING, Workload.SATURATED, Callers.platform(64), What.ALL_IN_OBSERVED_CALLS),
			new Case(BORROWING, Workload.GET_SET, Callers.platform(8), What.ALL_IN_OBSERVED_CALLS),
			new Case(Contestant.LETTUCE_POOL, Workload.GET_SET, Callers.platform(8), What.ALL_IN_OBSERVED_CALLS),
			new Case(Contestant.LETTUCE_POOL, Workload.GET_SET, Callers.platform(128), What.ALL_IN_OBSERVED_CALLS));

	private static final int DEFAULT_PAIRS = 80;

	private static final Duration ROUND = Duration.ofMillis(250);

	private static final int WARM_UP = 20;

	private final int pairs;

	private final Duration time;

	private final PrintStream out;

	private int round;

	WatchCost(int pairs, Duration time, PrintStream out) {
		this.pairs = pairs;
		this.time = time;
		this.out = out;
	}

	/**
	 * Entry point.
	 * @param args the number of pairs, {@value #DEFAULT_PAIRS} if it is left out
	 * @throws InterruptedException if the thread is interrupted
	 */
	public static void main(String[] args) throws InterruptedException {
		new WatchCost((args.length > 0) ? Integer.parseInt(args[0]) : DEFAULT_PAIRS, ROUND, System.out).run();
		// A client's threads are none of the driver's business.
		System.exit(0);
	}

	void run() throws InterruptedException {
		this.out.println("Watched, as a multiple of not watched: the median of all pairs, where the median lies with a "
				+ "probability of 95 %, and the quartiles");
		try (Servers servers = new Servers()) {
			for (Case each : CASES) {
				try (Client client = each.contestant().open(servers.target(each.workload()))) {
					measure(each, client);
				}
			}
		}
	}

	private void measure(Case each, Client client) throws InterruptedException {
		List<Figures> watched = new ArrayList<>();
		List<Figures> unwatched = new ArrayList<>();
		try (Watch watch = Watch.over(client, each.what())) {
			// The first ones warm up.
			int warmUp = Math.min(WARM_UP, this.pairs);
			for (int pair = -warmUp; pair < this.pairs; pair++) {
				// By turns the first and the second, so that what drifts hits both.
				boolean watchedFirst = pair % 2 == 0;
				Figures first = round(each, client, watch, watchedFirst);
				Figures second = round(each, client, watch, !watchedFirst);
				if (pair >= 0) {
					watched.add(watchedFirst ? first : second);
					unwatched.add(watchedFirst ? second : first);
				}
			}
		}
		this.out.printf("%n%s, %s, %s, watched by %s: %.0f operations/s not watched%n", each.contestant().id(),
				each.workload().description(), each.callers().describe(), each.what(),
				Figures.median(unwatched).throughput());
		print("throughput", watched, unwatched, Figures::throughput);
		print("CPU/op", watched, unwatched, Figures::cpu);
		print("p99", watched, unwatched, Figures::p99);
	}

	private Figures round(Case each, Client client, Watch watch, boolean watched) throws InterruptedException {
		String keys = each.workload().keys(each.contestant(), this.round++);
		if (watched) {
			watch.start();
		}
		try {
			return Round
				.run(each.callers(), this.time.toNanos(),
						(caller) -> new Observed(each.workload().prepare(client, caller, keys + caller),
								watch.observeThread()))
				.requireCorrect();
		}
		finally {
			watch.stop();
		}
	}

	private void print(String name, List<Figures> watched, List<Figures> unwatched, ToDoubleFunction<Figures> figure) {
		double[] ratios = new double[watched.size()];
		for (int i = 0; i < ratios.length; i++) {
			ratios[i] = figure.applyAsDouble(watched.get(i)) / figure.applyAsDouble(unwatched.get(i));
		}
		Arrays.sort(ratios);
		int n = ratios.length;
		// The ranks between which the median of what was sampled lies, whatever its
		// distribution.
		int off = (int) Math.ceil(0.98 * Math.sqrt(n));
		this.out.printf("  %-11s %.3f x (%.3f to %.3f; quartiles %.3f and %.3f)%n", name, ratios[n / 2],
				ratios[Math.max(0, n / 2 - off)], ratios[Math.min(n - 1, n / 2 + off)], ratios[n / 4],
				ratios[n * 3 / 4]);
	}

	/**
	 * What one caller does while its thread may be observed.
	 *
	 * @param operation what it does
	 * @param end ends the observation
	 */
	private record Observed(Operation operation, Runnable end) implements Operation {

		@Override
		public boolean run() {
			return this.operation.run();
		}

		@Override
		public void finish() {
			this.operation.finish();
			this.end.run();
		}

	}

	/**
	 * What is measured.
	 *
	 * @param contestant what is used
	 * @param workload what the callers do
	 * @param callers who calls
	 * @param what what watches
	 */
	private record Case(Contestant contestant, Workload workload, Callers callers, What what) {

	}

}
