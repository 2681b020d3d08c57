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
 * @param before what was seen first
 * @param after what was seen then
 * @param sentences what that means, in two sentences
 */
public record Findings(Measured before, Measured after, List<String> sentences) {

	private static final Pattern ONE = Pattern
		.compile("(?<![\\d.,])1 (connection|caller|lease|call|client|socket)s\\b");

	static Findings of(Measured before, Measured after, String first, String second) {
		return new Findings(before, after, List.of(first, second));
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
