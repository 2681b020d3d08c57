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

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;

import io.github.lettucepool.benchmarks.client.Contestant;

/**
 * What is to be run, from the command line.
 *
 * @param contestants who takes part
 * @param plan the cells
 * @param rounds how many rounds each figure is the median of
 * @param roundTime how long a round lasts
 * @param warmUp how long the round lasts that comes before and is not counted
 * @param firstWarmUp how long it lasts before the first cell of a workload
 * @param limit how long the run may take: where it falls behind, rounds are left out
 * @param output the directory for the report's files
 * @param jfr the directory for a flight recording of each contestant, or {@code null}
 */
record Options(List<Contestant> contestants, List<PlannedCell> plan, int rounds, Duration roundTime, Duration warmUp,
		Duration firstWarmUp, Duration limit, Path output, @Nullable Path jfr) {

	static final String USAGE = """
			Usage: benchmarks/run [options]
			  --quick                 a small selection, in 3 minutes; all else is cut off at 30
			  --contestants=a,b,...   of %s
			  --workloads=a,b,...     of %s
			  --callers=a,b,...       numbers from 1 to %d; with a v behind it, virtual threads (Java 21 and later)
			  --rounds=n              rounds that each figure is the median of, from 1 to 25
			  --round-time=t          length of a round, from 20ms to 60s
			  --warm-up=t             length of the round before, that is not counted, from 20ms to 60s
			  --output=dir            where report.json and report.svg go; default: target/benchmarks
			  --jfr=dir               a flight recording of each contestant goes there
			""".formatted(String.join(", ", Contestant.ids()), String.join(", ", Workload.ids()), Callers.MAX);

	private static final String QUICK = "quick";

	private static final List<Callers> ALL_CALLERS = List.of(Callers.platform(1), Callers.platform(8),
			Callers.platform(32), Callers.platform(128), Callers.virtual(128), Callers.virtual(1000));

	private static final List<Callers> QUICK_CALLERS = List.of(Callers.platform(1), Callers.platform(32),
			Callers.platform(128), Callers.virtual(1000));

	/**
	 * For starting threads and writing first values, once a round.
	 */
	private static final Duration OVERHEAD = Duration.ofMillis(150);

	/**
	 * For starting servers, processes and applications.
	 */
	private static final Duration START = Duration.ofSeconds(12);

	static Options parse(String... args) {
		Map<String, String> given = new TreeMap<>();
		List<String> names = List.of(QUICK, "contestants", "workloads", "callers", "rounds", "round-time", "warm-up",
				"output", "jfr");
		for (String arg : args) {
			String[] parts = arg.replaceFirst("^--", "").split("=", 2);
			if (!arg.startsWith("--") || !names.contains(parts[0]) || (parts.length == 1) != QUICK.equals(parts[0])) {
				throw new IllegalArgumentException("'%s' is not an option".formatted(arg));
			}
			given.put(parts[0], (parts.length == 2) ? parts[1] : "");
		}
		boolean quick = given.containsKey(QUICK);
		List<Contestant> contestants = list(given, "contestants", Contestant.values(), Contestant.byDefault(),
				Contestant::id);
		List<Workload> workloads = list(given, "workloads", Workload.values(), List.of(Workload.values()),
				Workload::id);
		String callers = given.get("callers");
		List<PlannedCell> plan = workloads.stream()
			.flatMap(
					(workload) -> cells(workload, (callers != null) ? parseCallers(callers) : callers(workload, quick)))
			.filter((cell) -> cell.callers().available())
			.toList();
		if (plan.isEmpty()) {
			throw new IllegalArgumentException(
					"--callers: Java %d has no virtual threads, and there are no others in '%s'"
						.formatted(Runtime.version().feature(), callers));
		}
		String jfr = given.get("jfr");
		Duration warmUp = duration("warm-up", given.getOrDefault("warm-up", quick ? "400ms" : "1s"));
		return new Options(contestants, plan, rounds(given.getOrDefault("rounds", quick ? "3" : "5")),
				duration("round-time", given.getOrDefault("round-time", quick ? "300ms" : "800ms")), warmUp,
				quick ? warmUp : warmUp.multipliedBy(8), Duration.ofMinutes(quick ? 3 : 30),
				Path.of(given.getOrDefault("output", "target/benchmarks")), (jfr != null) ? Path.of(jfr) : null);
	}

	private static Stream<PlannedCell> cells(Workload workload, List<Callers> callers) {
		return workload.callers(callers).stream().map((each) -> new PlannedCell(workload, each));
	}

	private static List<Callers> callers(Workload workload, boolean quick) {
		if (!quick) {
			return ALL_CALLERS;
		}
		return (workload == Workload.GET_SET) ? QUICK_CALLERS : List.of(Callers.platform(32));
	}

	private static List<Callers> parseCallers(String text) {
		return Arrays.stream(text.split(",")).map(Callers::parse).distinct().toList();
	}

	private static <T> List<T> list(Map<String, String> given, String name, T[] all, List<T> unlessNamed,
			Function<T, String> id) {
		String text = given.get(name);
		if (text == null) {
			return unlessNamed;
		}
		List<String> wanted = new ArrayList<>(List.of(text.split(",")));
		List<T> chosen = Arrays.stream(all).filter((one) -> wanted.contains(id.apply(one))).toList();
		wanted.removeAll(chosen.stream().map(id).toList());
		if (!wanted.isEmpty()) {
			throw new IllegalArgumentException("--%s: '%s' is none of %s".formatted(name, wanted.get(0),
					String.join(", ", Arrays.stream(all).map(id).toList())));
		}
		return chosen;
	}

	private static int rounds(String text) {
		if (text.matches("\\d{1,2}")) {
			int rounds = Integer.parseInt(text);
			if (rounds >= 1 && rounds <= 25) {
				return rounds;
			}
		}
		throw new IllegalArgumentException("--rounds: '%s' is not a number from 1 to 25".formatted(text));
	}

	private static Duration duration(String name, String text) {
		try {
			Duration duration = DurationStyle.SIMPLE.parse(text);
			if (duration.toMillis() >= 20 && duration.toSeconds() <= 60) {
				return duration;
			}
		}
		catch (IllegalArgumentException ex) {
			// Said below, with what is allowed.
		}
		throw new IllegalArgumentException("--%s: '%s' is not a duration from 20ms to 60s".formatted(name, text));
	}

	/**
	 * How long all of this takes.
	 * @return the estimate
	 */
	Duration estimate() {
		Duration visit = this.warmUp.plus(this.roundTime.multipliedBy(this.rounds))
			.plus(OVERHEAD.multipliedBy(this.rounds + 1));
		long visits = this.plan.stream().mapToLong((cell) -> contestants(cell).size()).sum();
		long firstVisits = this.plan.stream()
			.filter(this::isFirstOfWorkload)
			.mapToLong((cell) -> contestants(cell).size())
			.sum();
		return START.plus(visit.multipliedBy(visits)).plus(warmUp(true).minus(warmUp(false)).multipliedBy(firstVisits));
	}

	/**
	 * How long each contestant warms up before a cell. The first of a workload brings
	 * code that was not compiled yet.
	 * @param cell the cell
	 * @return the time
	 */
	Duration warmUp(PlannedCell cell) {
		return warmUp(isFirstOfWorkload(cell));
	}

	private Duration warmUp(boolean first) {
		return first ? this.firstWarmUp : this.warmUp;
	}

	private boolean isFirstOfWorkload(PlannedCell cell) {
		Stream<PlannedCell> same = this.plan.stream().filter((other) -> other.workload() == cell.workload());
		return same.findFirst().filter(cell::equals).isPresent();
	}

	/**
	 * Who takes part in a cell.
	 * @param cell the cell
	 * @return the contestants
	 */
	List<Contestant> contestants(PlannedCell cell) {
		return this.contestants.stream().filter(cell.workload()::admits).toList();
	}

	/**
	 * What is to be run for one table.
	 *
	 * @param workload what the callers do
	 * @param callers who calls
	 */
	record PlannedCell(Workload workload, Callers callers) {

	}

}
