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

package io.github.lettucepool.internal.pool;

import java.util.Random;
import java.util.function.ToIntFunction;

import io.github.lettucepool.internal.sizing.Sample;
import io.github.lettucepool.internal.sizing.SizeController;

/**
 * The ways of sizing a pool that the simulation compares. The published ones limit how
 * many requests are under way by how long those take, here a lease; they were written
 * after {@code concurrency-limits} of Netflix, with its defaults.
 */
enum SizePolicy {

	/** The controller of this pool. */
	AUTO {

		@Override
		ToIntFunction<Sample> start(int size, int limit) {
			SizeController controller = new SizeController(1, limit, size, new Random(7)::nextDouble);
			return (sample) -> controller.take(sample).size();
		}

	},

	/** One more while all is well, a tenth less when leases take twice as long. */
	AIMD {

		@Override
		double next(double size, double lease, double shortest, double longTerm, Sample now) {
			return (lease > 2 * shortest) ? size * 0.9 : size + 1;
		}

	},

	/** TCP Vegas: as many as wait at the server shall be a few. */
	VEGAS {

		@Override
		double next(double size, double lease, double shortest, double longTerm, Sample now) {
			double queue = size * (1 - shortest / lease);
			double log = Math.max(1, Math.log10(size));
			if (queue <= log) {
				return size + 6 * log;
			}
			return (queue < 3 * log) ? size + log : (queue > 6 * log) ? size - log : size;
		}

	},

	/** Netflix's Gradient2: the lease now against that of a long time. */
	GRADIENT2 {

		@Override
		double next(double size, double lease, double shortest, double longTerm, Sample now) {
			double gradient = Math.max(0.5, Math.min(1, 1.5 * longTerm / lease));
			return size * 0.8 + 0.2 * (size * gradient + 4);
		}

	};

	/**
	 * The size that follows, once a second while half of the connections are in use.
	 */
	double next(double size, double lease, double shortest, double longTerm, Sample now) {
		throw new UnsupportedOperationException();
	}

	ToIntFunction<Sample> start(int first, int limit) {
		return new ToIntFunction<>() {

			private double size = first;

			private double shortest = Double.MAX_VALUE;

			private double longTerm;

			private Sample before = new Sample(0, true, false, 0, 0, new Sample.Counts(0, 0, 0, 0, 0), null);

			private int ticks;

			@Override
			public int applyAsInt(Sample now) {
				long returned = now.counts().returned() - this.before.counts().returned();
				if (++this.ticks % 5 == 0 && returned > 0) {
					double lease = (now.counts().leaseNanos() - this.before.counts().leaseNanos()) / 1e6 / returned;
					this.shortest = Math.min(this.shortest, lease);
					this.longTerm = (this.longTerm == 0) ? lease : this.longTerm * 0.99 + lease * 0.01;
					if (now.active() + now.pending() >= this.size / 2) {
						double next = next(this.size, lease, this.shortest, this.longTerm, now);
						this.size = Math.max(1, Math.min(limit, next));
					}
					this.before = now;
				}
				return (int) this.size;
			}

		};
	}

}
