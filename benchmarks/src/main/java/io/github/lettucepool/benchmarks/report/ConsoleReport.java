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

import java.io.PrintStream;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

import io.github.lettucepool.benchmarks.client.Contestant;
import io.github.lettucepool.benchmarks.client.Contestant.Role;

/**
 * Prints tables for people to read. Beside each figure stands, as "x", its ratio to the
 * best peer's.
 */
public final class ConsoleReport {

	private final PrintStream out;

	/**
	 * Creates a report.
	 * @param out where to print
	 */
	public ConsoleReport(PrintStream out) {
		this.out = out;
	}

	/**
	 * Prints what is measured, before it is.
	 * @param machine what it is measured on
	 * @param command the driver's arguments
	 * @param contestants who takes part
	 */
	public void printHead(Machine machine, String command, List<Contestant> contestants) {
		line("commit    %s".formatted(machine.commit()));
		line("machine   %d cores, %s, %s".formatted(machine.cores(), machine.processor(), machine.system()));
		line("java      %s".formatted(machine.java()));
		line("load      %.1f before the run".formatted(machine.load()));
		line("command   benchmarks/run %s".formatted(command));
		for (Contestant contestant : contestants) {
			line("  %-23s %s".formatted(contestant.id(), contestant.description()));
		}
	}

	/**
	 * Prints one cell.
	 * @param cell the cell
	 */
	public void printCell(Cell cell) {
		line("");
		line("%s: %s; %s; median of %d rounds".formatted(cell.workload(), cell.description(), cell.callersDescription(),
				cell.rounds()));
		StringBuilder head = new StringBuilder("  %-23s".formatted("x = ratio to best peer"));
		for (Metric metric : Metric.values()) {
			head.append("%10s %6s".formatted(metric.label(), "x"));
		}
		line(head.toString());
		for (Result result : cell.results()) {
			printResult(cell, result);
		}
	}

	private void printResult(Cell cell, Result result) {
		StringBuilder row = new StringBuilder("  %-23s".formatted(result.contestant().id()));
		Figures figures = result.figures();
		if (figures == null) {
			line(row + "  did not take part: " + result.failure());
			return;
		}
		for (Metric metric : Metric.values()) {
			double value = metric.of(figures);
			row.append(String.format(Locale.ROOT, (value < 100) ? "%,10.1f" : "%,10.0f", value));
			row.append(" %6s".formatted(ratio(cell.ratio(figures, metric))));
		}
		if (!result.clean()) {
			row.append("  %d ERRORS, %d WRONG REPLIES: %s".formatted(figures.errors(), figures.wrong(),
					figures.message()));
		}
		line(row.toString());
	}

	/**
	 * Prints throughput and tail latency of this project's variants against each peer.
	 * @param cells all cells
	 */
	public void printSummary(List<Cell> cells) {
		List<Contestant> peers = contestants(cells, Role.PEER);
		for (Contestant own : contestants(cells, Role.OWN)) {
			line("");
			line("Throughput of %s as a multiple of each peer's, and its p99 as a multiple of the lowest"
				.formatted(own.id()));
			StringBuilder head = new StringBuilder("  %-14s%-8s%12s ".formatted("workload", "callers", "ops/s"));
			peers.forEach((peer) -> head.append("%13s".formatted("/ " + peer.id())));
			line(head + "%13s".formatted("p99 / best"));
			cells.forEach((cell) -> printSummary(cell, own, peers));
		}
	}

	private void printSummary(Cell cell, Contestant own, List<Contestant> peers) {
		Figures figures = cell.figures(own);
		if (figures == null) {
			return;
		}
		StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "  %-14s%-8s%,12.0f ", cell.workload(),
				cell.callers(), figures.throughput()));
		for (Contestant peer : peers) {
			Figures others = cell.figures(peer);
			row.append("%13s".formatted((others != null && others.throughput() > 0)
					? format(figures.throughput() / others.throughput()) : "-"));
		}
		line(row + "%13s".formatted(ratio(cell.ratio(figures, Metric.P99))));
	}

	private static List<Contestant> contestants(List<Cell> cells, Role role) {
		return cells.stream()
			.flatMap((cell) -> cell.results().stream())
			.map(Result::contestant)
			.filter((contestant) -> contestant.role() == role)
			.distinct()
			.sorted(Comparator.naturalOrder())
			.toList();
	}

	private static String ratio(OptionalDouble ratio) {
		return ratio.isPresent() ? format(ratio.getAsDouble()) : "-";
	}

	private static String format(double ratio) {
		return String.format(Locale.ROOT, "%.2f", ratio);
	}

	private void line(String text) {
		this.out.println(text);
	}

}
