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

package io.github.lettucepool.sample.lab.experiments;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What came out of an experiment.
 *
 * @param sides the figures of each side
 * @param sentences what that means
 * @param remember what to remember, if the figures show it
 */
public record Findings(List<Measured> sides, List<String> sentences, String remember) {

	/**
	 * To be remembered of figures that show nothing.
	 */
	static final String UNCLEAR = "This run does not show it: the figures are too close, or the machine was too busy. "
			+ "Run it again when less else is going on.";

	/**
	 * Figures of two runs that are closer than this may differ by chance.
	 */
	private static final double CLEARLY = 1.2;

	private static final Pattern ONE = Pattern
		.compile("(?<![\\d.,])1 (connection|caller|lease|call|client|socket)s\\b");

	/**
	 * The sentences, unless a side has made no call: a median of nothing says nothing.
	 */
	static Findings of(List<Measured> sides, String remember, String... sentences) {
		long silent = sides.stream()
			.filter((side) -> side.get(Measured.CALLS) == 0 && side.get(Measured.FAILED) == 0)
			.count();
		if (silent > 0) {
			return new Findings(sides,
					List.of(text("No call ended in the time of %d of the %d sides: there is nothing to " + "compare.",
							silent, sides.size())),
					UNCLEAR);
		}
		return new Findings(sides, List.of(sentences), remember);
	}

	/**
	 * Whether one figure is larger than the other by more than chance.
	 */
	static boolean clearlyMore(double more, double less) {
		return more > less * CLEARLY;
	}

	/**
	 * The text, if the figures show it.
	 */
	static String remember(boolean shown, String text) {
		return shown ? text : UNCLEAR;
	}

	/**
	 * A text with figures, with a point whatever the locale. One is not many.
	 */
	static String text(String format, Object... values) {
		return ONE.matcher(String.format(Locale.ROOT, format, values)).replaceAll("1 $1");
	}

	/**
	 * Milliseconds as a person reads them.
	 */
	static String millis(long millis) {
		return millis((double) millis);
	}

	/**
	 * Milliseconds as a person reads them.
	 */
	static String millis(double millis) {
		if (millis >= 1000) {
			return text("%.1f s", millis / 1000);
		}
		if (millis > 0 && millis < 0.01) {
			return text("%.1f µs", millis * 1000);
		}
		return (millis >= 10) ? text("%.0f ms", millis) : text("%.2f ms", millis);
	}

	/**
	 * How many times one is of the other.
	 */
	static String times(double more, double less) {
		double ratio = (less > 0) ? more / less : 0;
		return (ratio >= 10) ? text("%.0f times", ratio) : text("%.1f times", ratio);
	}

}
