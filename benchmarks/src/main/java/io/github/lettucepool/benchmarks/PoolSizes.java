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
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

import org.springframework.boot.convert.DurationStyle;

import io.github.lettucepool.PoolSizing;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.benchmarks.client.Client;
import io.github.lettucepool.benchmarks.client.Contestant;
import io.github.lettucepool.benchmarks.client.Target;
import io.github.lettucepool.benchmarks.report.Figures;

/**
 * Measures a pool that sizes itself against pools of fixed sizes, all in one process, in
 * turn. It finds its size first, alone; ten seconds after it has grown, it tries whether
 * half is enough. While others are measured it is suspended, for it would take their turn
 * for calm.
 * <p>
 * The best fixed size is chosen by rounds of their own. The comparison with it is made of
 * other rounds, in pairs: the luck by which a size was the best of seven is not in them.
 */
public final class PoolSizes {

	private static final String USAGE = """
			Options:
			  --workloads=a,b,...  of %s
			  --callers=a,b,...    default: 1,4,16,64,256
			  --sizes=a,b,...      the fixed sizes, default: 1,2,4,8,16,32,64
			  --rounds=n           rounds by whose median the best size is chosen, default: 3
			  --pairs=n            rounds that it and auto have in turn then, default: 15
			  --round-time=t       length of a round, default: 400ms
			  --warm-up=t          how long auto has to find its size, default: 20s
			  --limit=t            how long all may take, default: 30m; pairs are left out where it falls behind
			""".formatted(String.join(", ", Load.ids()));

	private static final String ROW = "%-18s %7s | %4s %9s %9s %5s | %5s %8s %8s | %6s | %s%n";

	private static final String MAX_SIZE = "lettuce.pool.max-size";

	private final Plan plan;

	private final PrintStream out;

	private int round;

	PoolSizes(Plan plan, PrintStream out) {
		this.plan = plan;
		this.out = out;
	}

	/**
	 * Entry point.
	 * @param args the options; a wrong one prints them all
	 * @throws InterruptedException if the thread is interrupted
	 */
	public static void main(String[] args) throws InterruptedException {
		int status = 0;
		try {
			new PoolSizes(Plan.parse(args), System.out).run();
		}
		catch (IllegalArgumentException ex) {
			System.err.printf("%s%n%s", ex.getMessage(), USAGE);
			status = 2;
		}
		// A client's threads are none of the driver's business.
		System.exit(status);
	}

	void run() throws InterruptedException {
		this.out.printf(ROW, "", "callers", "best", "ops/s", "p99 \u00b5s", "good", "auto", "ops/s", "p99", "pairs",
				"bounds");
		long deadline = System.nanoTime() + this.plan.limit().toNanos();
		int cells = this.plan.loads().size() * this.plan.callers().size();
		int left = cells;
		int kept = 0;
		try (Servers servers = new Servers()) {
			for (Load load : this.plan.loads()) {
				Target target = servers.target(load.cluster() ? Workload.CLUSTER : Workload.GET_SET);
				List<Measured> fixed = new ArrayList<>();
				// The other one of each pair is not what is measured.
				try (Client partners = open(load, target, String.valueOf(max(this.plan.callers())))) {
					this.plan.sizes().forEach((size) -> fixed.add(Measured.fixed(size, open(load, target, "" + size))));
					warmUp(load, fixed.get(fixed.size() - 1), partners);
					for (int callers : this.plan.callers()) {
						// Each cell has the same share of the time that is left.
						long now = System.nanoTime();
						Turn turn = new Turn(load, callers, partners, now + Math.max(0, deadline - now) / left--);
						kept += measure(turn, fixed, target) ? 1 : 0;
					}
				}
				finally {
					fixed.forEach(Measured::close);
				}
			}
		}
		this.out.printf("Bounds kept in %d of %d cells%n", kept, cells);
	}

	/**
	 * Has the compiler see the load, for the first cell would suffer from it.
	 */
	private void warmUp(Load load, Measured any, Client partners) throws InterruptedException {
		round(new Turn(load, max(this.plan.callers()), partners, 0), any, this.plan.warmUp().dividedBy(2));
	}

	private static int max(List<Integer> numbers) {
		return numbers.stream().mapToInt(Integer::intValue).max().orElseThrow();
	}

	private static Client open(Load load, Target target, String maxSize) {
		Map<String, String> settings = new HashMap<>(Map.of(MAX_SIZE, maxSize));
		if (load.workload() == Workload.SATURATED) {
			settings.put("lettuce.pool.shared-connections", "0");
		}
		return Contestant.openLettucePool(target, settings);
	}

	private boolean measure(Turn turn, List<Measured> fixed, Target target) throws InterruptedException {
		Measured auto = Measured.auto(open(turn.load(), target, "auto"));
		try {
			for (Measured each : fixed) {
				each.rounds.clear();
				round(turn, each, this.plan.roundTime());
			}
			auto.begin();
			round(turn, auto, this.plan.warmUp());
			auto.end();
			for (int i = 0; i < this.plan.rounds(); i++) {
				takeTurns(turn, fixed, i);
			}
			Sizes sizes = new Sizes(fixed.stream().map(Measured::result).toList());
			Measured best = fixed.get(sizes.fixed().indexOf(sizes.best()));
			best.rounds.clear();
			for (int i = 0; i < this.plan.pairs() && (i == 0 || System.nanoTime() < turn.deadline()); i++) {
				if (i % 2 == 0) {
					// It has rested for a round: a trial that had not ended is undone.
					auto.size = Math.max(auto.size, auto.sizing().size());
				}
				takeTurns(turn, List.of(best, auto), i);
			}
			Outcome outcome = new Outcome(sizes.smallestGood(), auto.size, best.rounds, auto.rounds);
			report(turn, sizes, outcome, auto);
			return outcome.broken().isEmpty();
		}
		finally {
			auto.close();
		}
	}

	/**
	 * They take turns at being the first, so that what drifts hits all.
	 */
	private void takeTurns(Turn turn, List<Measured> all, int first) throws InterruptedException {
		for (int i = 0; i < all.size(); i++) {
			Measured each = all.get((first + i) % all.size());
			each.begin();
			each.rounds.add(round(turn, each, this.plan.roundTime()));
			each.end();
		}
	}

	private Figures round(Turn turn, Measured measured, Duration time) throws InterruptedException {
		Workload workload = turn.load().workload();
		String keys = workload.keys(Contestant.LETTUCE_POOL, this.round++);
		boolean pairs = workload == Workload.HAND_OFF;
		return Round.run(Callers.platform(pairs ? 2 * turn.callers() : turn.callers()), time.toNanos(),
				(caller) -> workload.prepare((pairs && caller % 2 == 1) ? turn.partners() : measured.client, caller,
						keys + caller));
	}

	private void report(Turn turn, Sizes sizes, Outcome outcome, Measured auto) {
		List<String> broken = outcome.broken();
		Result best = sizes.best();
		this.out.printf(ROW, turn.load().id(), turn.callers(), best.size(),
				"%.0f".formatted(best.figures().throughput()), "%.0f".formatted(best.figures().p99()),
				sizes.smallestGood(), outcome.size(), "%.2f x".formatted(outcome.throughput()),
				"%.2f x".formatted(outcome.p99()), auto.rounds.size(),
				broken.isEmpty() ? "kept" : String.join(", ", broken));
		if (!broken.isEmpty()) {
			this.out.printf("  ops/s of each size: %s%n",
					sizes.fixed()
						.stream()
						.map((fixed) -> "%d: %.0f".formatted(fixed.size(), fixed.figures().throughput()))
						.toList());
			auto.sizing()
				.changes()
				.stream()
				.sorted(Comparator.comparing(PoolSizing.Change::time))
				.forEach((change) -> this.out.printf("  %tT.%<tL %d to %d: %s%n", change.time().toEpochMilli(),
						change.from(), change.to(), change.reason()));
			this.out.printf("  %s%n", auto.sizing().reason());
		}
	}

	/**
	 * The cell that is measured now.
	 *
	 * @param load what the callers do
	 * @param callers how many call
	 * @param partners serves the other one of each pair
	 * @param deadline when no other round may start
	 */
	private record Turn(Load load, int callers, Client partners, long deadline) {

	}

	/**
	 * The work of the callers, and its place.
	 *
	 * @param workload what they do
	 * @param cluster whether they do it on a cluster
	 */
	record Load(Workload workload, boolean cluster) {

		/**
		 * Spring Data has no transactions on a cluster.
		 */
		private static final List<Load> ALL = List.of(new Load(Workload.TRANSACTION, false),
				new Load(Workload.PIPELINE, false), new Load(Workload.HAND_OFF, false),
				new Load(Workload.SATURATED, false), new Load(Workload.PIPELINE, true),
				new Load(Workload.HAND_OFF, true), new Load(Workload.SATURATED, true));

		static List<String> ids() {
			return ALL.stream().map(Load::id).toList();
		}

		static Load parse(String id) {
			return ALL.stream()
				.filter((load) -> load.id().equals(id))
				.findFirst()
				.orElseThrow(() -> new IllegalArgumentException("'%s' is no workload".formatted(id)));
		}

		String id() {
			return this.workload.id() + (this.cluster ? "-cluster" : "");
		}

	}

	/**
	 * A pool of one size, or the one that sizes itself, and what it did.
	 */
	private static final class Measured {

		private final Client client;

		private final RedisPool pool;

		private final boolean auto;

		private final List<Figures> rounds = new ArrayList<>();

		private int size;

		private Measured(Client client, int size, boolean auto) {
			this.client = client;
			this.pool = Contestant.pool(client);
			this.size = size;
			this.auto = auto;
		}

		static Measured fixed(int size, Client client) {
			return new Measured(client, size, false);
		}

		static Measured auto(Client client) {
			return new Measured(client, 0, true);
		}

		PoolSizing sizing() {
			return Objects.requireNonNull(this.pool.getSizing());
		}

		void begin() {
			if (this.auto) {
				this.pool.resume();
			}
		}

		void end() {
			if (this.auto) {
				this.pool.suspend();
			}
		}

		Result result() {
			return new Result(this.size, Figures.median(this.rounds));
		}

		void close() {
			this.client.close();
		}

	}

	/**
	 * The figures of a pool.
	 *
	 * @param size its size
	 * @param figures the medians
	 */
	record Result(int size, Figures figures) {

	}

	/**
	 * How pools of fixed sizes did.
	 *
	 * @param fixed the pools
	 */
	record Sizes(List<Result> fixed) {

		Result best() {
			return this.fixed.stream()
				.max(Comparator.comparingDouble((result) -> result.figures().throughput()))
				.orElseThrow();
		}

		/**
		 * Returns the smallest size with nearly the best throughput.
		 * @return the size
		 */
		int smallestGood() {
			double enough = 0.95 * best().figures().throughput();
			return this.fixed.stream()
				.filter((result) -> result.figures().throughput() >= enough)
				.mapToInt(Result::size)
				.min()
				.orElseThrow();
		}

	}

	/**
	 * How a pool that sizes itself did in comparison with the best fixed size.
	 *
	 * @param smallestGood the smallest fixed size with nearly the best throughput
	 * @param size the size that the pool found
	 * @param best the rounds of the best fixed size
	 * @param auto as many rounds of the pool that sizes itself
	 */
	record Outcome(int smallestGood, int size, List<Figures> best, List<Figures> auto) {

		double throughput() {
			return median(Figures::throughput);
		}

		double p99() {
			return median(Figures::p99);
		}

		/**
		 * A pair shares the machine's mood.
		 */
		private double median(ToDoubleFunction<Figures> figure) {
			return Figures.median(IntStream.range(0, this.auto.size())
				.mapToDouble((i) -> figure.applyAsDouble(this.auto.get(i)) / figure.applyAsDouble(this.best.get(i))));
		}

		/**
		 * Returns the bounds that the pool did not keep.
		 * @return what is wrong
		 */
		List<String> broken() {
			List<String> broken = new ArrayList<>();
			if (!(throughput() >= 0.9)) {
				broken.add("slow");
			}
			if (!(p99() <= 1.2)) {
				broken.add("late");
			}
			if (this.size > 2 * this.smallestGood) {
				broken.add("large");
			}
			Figures sums = Figures.median(this.auto);
			if (sums.errors() + sums.wrong() > 0) {
				broken.add("%d failed: %s".formatted(sums.errors() + sums.wrong(), sums.message()));
			}
			return broken;
		}

	}

	/**
	 * The cells to run, from the command line.
	 *
	 * @param loads what the callers do
	 * @param callers how many call
	 * @param sizes the fixed sizes
	 * @param rounds how many rounds each fixed size has to be the best
	 * @param pairs how many rounds the best and the pool that sizes itself have then
	 * @param roundTime how long a round lasts
	 * @param warmUp how long the pool has to find its size
	 * @param limit how long all may take
	 */
	record Plan(List<Load> loads, List<Integer> callers, List<Integer> sizes, int rounds, int pairs, Duration roundTime,
			Duration warmUp, Duration limit) {

		private static final List<String> NAMES = List.of("workloads", "callers", "sizes", "rounds", "pairs",
				"round-time", "warm-up", "limit");

		static Plan parse(String... args) {
			Map<String, String> given = new HashMap<>();
			for (String arg : args) {
				String[] parts = arg.replaceFirst("^--", "").split("=", 2);
				if (!arg.startsWith("--") || parts.length < 2 || !NAMES.contains(parts[0])) {
					throw new IllegalArgumentException("'%s' is not an option".formatted(arg));
				}
				given.put(parts[0], parts[1]);
			}
			return new Plan(list(given.getOrDefault("workloads", String.join(",", Load.ids())), Load::parse),
					list(given.getOrDefault("callers", "1,4,16,64,256"), Plan::number),
					list(given.getOrDefault("sizes", "1,2,4,8,16,32,64"), Plan::number),
					number(given.getOrDefault("rounds", "3")), number(given.getOrDefault("pairs", "15")),
					duration(given.getOrDefault("round-time", "400ms")), duration(given.getOrDefault("warm-up", "20s")),
					duration(given.getOrDefault("limit", "30m")));
		}

		private static <T> List<T> list(String text, Function<String, T> each) {
			return Arrays.stream(text.split(",")).map(each).distinct().toList();
		}

		private static Duration duration(String text) {
			return DurationStyle.SIMPLE.parse(text);
		}

		private static int number(String text) {
			if (!text.matches("[1-9]\\d{0,2}")) {
				throw new IllegalArgumentException("'%s' is not a number from 1 to 999".formatted(text));
			}
			return Integer.parseInt(text);
		}

	}

}
