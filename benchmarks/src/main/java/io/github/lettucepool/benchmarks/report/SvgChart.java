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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

import io.github.lettucepool.benchmarks.client.Contestant.Role;

/**
 * Draws throughput: a panel for each cell, a bar for each contestant, and at its end the
 * ratio to the best peer. Bars are to the scale of their own panel.
 */
public final class SvgChart {

	private static final int COLUMNS = 3;

	private static final int PANEL_WIDTH = 400;

	private static final int LABEL_WIDTH = 150;

	private static final int BAR_WIDTH = 115;

	private static final int BAR = 16;

	private static final int HEAD = 44;

	private final StringBuilder svg = new StringBuilder();

	private SvgChart() {
	}

	/**
	 * Writes the chart.
	 * @param report the run
	 * @param file where to write
	 * @throws IOException if that fails
	 */
	public static void write(Report report, Path file) throws IOException {
		Files.writeString(file, new SvgChart().draw(report));
	}

	private String draw(Report report) {
		List<Cell> cells = report.cells();
		int panelHeight = HEAD + 16 + cells.stream().mapToInt((cell) -> cell.results().size()).max().orElse(0) * BAR;
		int rows = (cells.size() + COLUMNS - 1) / COLUMNS;
		int width = COLUMNS * PANEL_WIDTH + 20;
		int height = 60 + rows * panelHeight;
		append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" "
				+ "font-size=\"11\">%n", width, height);
		append("<style>.own{fill:#2a7a4b}.peer{fill:#8a97a6}.ceiling{fill:#d5dae0}.soft{fill:#5b6672}</style>%n");
		append("<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>%n");
		text(20, 26, "font-size=\"15\" font-weight=\"bold\"", "Operations a second, and the ratio to the best peer");
		Machine machine = report.machine();
		text(20, 44, "class=\"soft\"", "%s · %d cores, %s · %s · median of rounds of %d ms".formatted(machine.commit(),
				machine.cores(), machine.processor(), machine.java(), report.roundTime().toMillis()));
		for (int i = 0; i < cells.size(); i++) {
			panel(cells.get(i), 20 + (i % COLUMNS) * PANEL_WIDTH, 60 + (i / COLUMNS) * panelHeight);
		}
		append("</svg>%n");
		return this.svg.toString();
	}

	private void panel(Cell cell, int x, int y) {
		text(x, y + 20, "font-weight=\"bold\"", cell.workload() + ", " + cell.callersDescription());
		text(x, y + 34, "class=\"soft\" font-size=\"10\"", cell.description());
		double longest = cell.results()
			.stream()
			.mapToDouble((result) -> (result.figures() != null) ? result.figures().throughput() : 0)
			.max()
			.orElse(1);
		int top = y + HEAD;
		for (Result result : cell.results()) {
			bar(cell, result, longest, x, top);
			top += BAR;
		}
	}

	private void bar(Cell cell, Result result, double longest, int x, int top) {
		Role role = result.contestant().role();
		String weight = (role == Role.OWN) ? "font-weight=\"bold\"" : "";
		text(x, top + 11, weight, result.contestant().id());
		int left = x + LABEL_WIDTH;
		Figures figures = result.figures();
		if (figures == null) {
			text(left, top + 11, "class=\"soft\"", "did not take part");
			return;
		}
		double length = Math.max(1, BAR_WIDTH * figures.throughput() / Math.max(1, longest));
		append("<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>%n",
				role.name().toLowerCase(Locale.ROOT), left, top, length, BAR - 4);
		OptionalDouble ratio = cell.ratio(figures, Metric.THROUGHPUT);
		String label = String.format(Locale.ROOT, "%,.0f", figures.throughput())
				+ (ratio.isPresent() ? String.format(Locale.ROOT, "  (%.2f x)", ratio.getAsDouble()) : "")
				+ (result.clean() ? "" : " with errors");
		text(left + (int) length + 6, top + 11, weight, label);
	}

	private void text(int x, int y, String attributes, String text) {
		append("<text x=\"%d\" y=\"%d\" %s>%s</text>%n", x, y, attributes,
				text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"));
	}

	private void append(String format, Object... arguments) {
		this.svg.append(String.format(Locale.ROOT, format, arguments));
	}

}
