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

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import io.github.lettucepool.benchmarks.Options.PlannedCell;
import io.github.lettucepool.benchmarks.Runner.Reply;
import io.github.lettucepool.benchmarks.client.Contestant;
import io.github.lettucepool.benchmarks.report.Cell;
import io.github.lettucepool.benchmarks.report.ConsoleReport;
import io.github.lettucepool.benchmarks.report.Figures;
import io.github.lettucepool.benchmarks.report.JsonReport;
import io.github.lettucepool.benchmarks.report.Machine;
import io.github.lettucepool.benchmarks.report.Report;
import io.github.lettucepool.benchmarks.report.Result;
import io.github.lettucepool.benchmarks.report.SvgChart;

/**
 * Compares all contestants in one run: starts Redis and a process for each contestant,
 * and lets these work in turn, never two at the same time. Within a cell, every round
 * visits every contestant and starts with another one, so that what else happens on the
 * machine hits all alike. A run that falls behind leaves out rounds.
 */
public final class LoadDriver {

	/**
	 * For ending applications, processes and servers.
	 */
	private static final Duration CLOSING = Duration.ofSeconds(5);

	private final Options options;

	private final String command;

	private final PrintStream out;

	private final Runner.Starter starter;

	private final ConsoleReport console;

	private final Map<Contestant, Runner> runners = new EnumMap<>(Contestant.class);

	private final Servers servers = new Servers();

	private int round;

	LoadDriver(Options options, String command, PrintStream out, Runner.Starter starter) {
		this.options = options;
		this.command = command;
		this.out = out;
		this.starter = starter;
		this.console = new ConsoleReport(out);
	}

	/**
	 * Entry point: exits with 0 if every reply came and was right, with 1 if not, and
	 * with 2 if the options are wrong.
	 * @param args the options
	 * @throws Exception if a server or a process cannot be started, or a file be written
	 */
	public static void main(String[] args) throws Exception {
		try {
			Options options = Options.parse(args);
			LoadDriver driver = new LoadDriver(options, String.join(" ", args), System.out,
					(contestant) -> WorkerProcess.start(contestant, options));
			System.exit(driver.run().clean() ? 0 : 1);
		}
		catch (IllegalArgumentException ex) {
			System.err.println(ex.getMessage());
			System.err.println(Options.USAGE);
			System.exit(2);
		}
	}

	Report run() throws IOException, InterruptedException {
		if (this.options.jfr() != null) {
			// Flight Recorder makes no directories.
			Files.createDirectories(this.options.jfr());
		}
		Machine machine = Machine.current();
		this.console.printHead(machine, this.command, this.options.contestants());
		Duration estimate = this.options.estimate();
		this.out.printf("estimate  %d:%02d minutes for %d cells%n", estimate.toMinutes(), estimate.toSecondsPart(),
				this.options.plan().size());
		Report report = new Report(Instant.now(), machine, this.command, this.options.roundTime(), measure());
		this.console.printSummary(report.cells());
		Files.createDirectories(this.options.output());
		JsonReport.write(report, this.options.output().resolve("report.json"));
		SvgChart.write(report, this.options.output().resolve("report.svg"));
		this.out.printf("%nreport.json and report.svg are in %s%n", this.options.output());
		return report;
	}

	private List<Cell> measure() throws IOException, InterruptedException {
		List<Cell> cells = new ArrayList<>();
		List<PlannedCell> plan = this.options.plan();
		long end = System.nanoTime() + this.options.limit().minus(CLOSING).toNanos();
		try {
			for (Contestant contestant : this.options.contestants()) {
				this.runners.put(contestant, this.starter.start(contestant));
			}
			for (PlannedCell planned : plan) {
				// What time is left belongs to the cells that are left, in equal shares.
				long now = System.nanoTime();
				Cell cell = measure(planned, now + (end - now) / (plan.size() - cells.size()));
				this.console.printCell(cell);
				cells.add(cell);
			}
		}
		finally {
			this.runners.values().forEach(Runner::close);
			this.servers.close();
		}
		return cells;
	}

	private Cell measure(PlannedCell planned, long due) throws InterruptedException {
		List<Contestant> contestants = this.options.contestants(planned);
		visit(contestants, planned, this.options.warmUp(planned));
		Map<Contestant, List<Reply>> replies = new EnumMap<>(Contestant.class);
		List<Contestant> order = new ArrayList<>(contestants);
		int rounds = 0;
		long now = System.nanoTime();
		long lastRound = 0;
		while (rounds == 0 || (rounds < this.options.rounds() && now + lastRound <= due)) {
			visit(order, planned, this.options.roundTime()).forEach(
					(contestant, reply) -> replies.computeIfAbsent(contestant, (key) -> new ArrayList<>()).add(reply));
			Collections.rotate(order, -1);
			rounds++;
			lastRound = System.nanoTime() - now;
			now += lastRound;
		}
		return new Cell(planned.workload().id(), planned.workload().description(), planned.callers().toString(),
				planned.callers().describe(), rounds,
				contestants.stream()
					.map((contestant) -> result(contestant, replies.getOrDefault(contestant, List.of())))
					.toList());
	}

	// One round: each contestant once, in the given order.
	private Map<Contestant, Reply> visit(List<Contestant> contestants, PlannedCell planned, Duration time)
			throws InterruptedException {
		Task task = new Task(planned.workload(), planned.callers(), this.servers.target(planned.workload()),
				this.round++, time);
		Map<Contestant, Reply> replies = new EnumMap<>(Contestant.class);
		for (Contestant contestant : contestants) {
			Runner runner = this.runners.get(contestant);
			if (runner != null) {
				replies.put(contestant, runner.run(task));
			}
		}
		return replies;
	}

	private static Result result(Contestant contestant, List<Reply> replies) {
		List<Figures> figures = new ArrayList<>();
		String failure = null;
		for (Reply reply : replies) {
			if (reply.figures() != null) {
				figures.add(reply.figures());
			}
			else {
				failure = reply.failure();
			}
		}
		return (failure != null) ? new Result(contestant, null, failure)
				: new Result(contestant, Figures.median(figures), null);
	}

}
