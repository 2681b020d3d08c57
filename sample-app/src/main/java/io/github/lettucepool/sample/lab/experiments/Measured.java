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

import java.util.ArrayList;
import java.util.List;

/**
 * The figures of one half of an experiment.
 *
 * @param figures the figures
 */
public record Measured(List<Figure> figures) {

	static final String CALLS = "Calls";

	static final String MEDIAN = "Median";

	static final String P99 = "99th percentile";

	static final String FAILED = "Failed calls";

	static Measured of(double perSecond, double p50, double p99, long failed) {
		return new Measured(List.of(new Figure(CALLS, perSecond, "/s"), new Figure(MEDIAN, p50, "ms"),
				new Figure(P99, p99, "ms"), new Figure(FAILED, (double) failed, "")));
	}

	Measured with(String name, double value, String unit) {
		List<Figure> figures = new ArrayList<>(this.figures);
		figures.add(new Figure(name, value, unit));
		return new Measured(List.copyOf(figures));
	}

	Measured with(String name, long count, String unit) {
		return with(name, (double) count, unit);
	}

	boolean has(String name) {
		return this.figures.stream().anyMatch((figure) -> figure.name().equals(name));
	}

	double get(String name) {
		return this.figures.stream()
			.filter((figure) -> figure.name().equals(name))
			.mapToDouble(Figure::value)
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException("There is no figure '%s'".formatted(name)));
	}

	/**
	 * A figure.
	 *
	 * @param name what it tells
	 * @param value the value
	 * @param unit its unit, empty for a number
	 */
	public record Figure(String name, double value, String unit) {

	}

}
