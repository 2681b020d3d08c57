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

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

import io.github.lettucepool.internal.sizing.Sample;
import io.github.lettucepool.internal.sizing.SizeController;

/**
 * Many instances of an application, each with a pool that sizes itself, on one server.
 * Only sums are simulated: each instance has so many callers, of which as many are served
 * as it has connections.
 */
final class FleetSimulation {

	static final int MAX_CLIENTS = 10_000;

	/** Connections of an instance that are not of its exclusive lane. */
	private static final int OTHERS = 4;

	private final Random random = new Random(26);

	private final List<Instance> instances;

	private int open;

	private long now = 1_000_000_000;

	int most;

	int refused;

	FleetSimulation(int number, int callers) {
		this.instances = new ArrayList<>(IntStream.range(0, number).mapToObj((i) -> new Instance(callers)).toList());
	}

	void run(int seconds) {
		for (int tick = 0; tick < seconds * 5; tick++) {
			this.now += PoolSimulation.TICK.toNanos();
			this.instances.forEach(Instance::tick);
			this.most = Math.max(this.most, connected());
		}
	}

	int connected() {
		return this.open + this.instances.size() * OTHERS;
	}

	/**
	 * Restarts the first instances.
	 */
	void restart(int number) {
		for (int i = 0; i < number; i++) {
			this.open -= this.instances.get(i).open;
			this.instances.set(i, new Instance(this.instances.get(i).callers));
		}
	}

	void callers(int from, int to, int callers) {
		this.instances.subList(from, to).forEach((instance) -> instance.callers = callers);
	}

	double size(int from, int to) {
		return this.instances.subList(from, to).stream().mapToInt((instance) -> instance.size).average().orElse(0);
	}

	private final class Instance {

		private final SizeController controller = new SizeController(1, 64, 2, FleetSimulation.this.random::nextDouble);

		private int callers;

		private int size = 2;

		private int open;

		private int wait = FleetSimulation.this.random.nextInt(5);

		private boolean asked;

		private Sample.Server server = new Sample.Server(0, 0, 0, MAX_CLIENTS);

		private double returned;

		private Instance(int callers) {
			this.callers = callers;
		}

		private void tick() {
			if (this.wait-- > 0) {
				return;
			}
			long now = FleetSimulation.this.now;
			FleetSimulation.this.open -= this.open;
			this.open = Math.min(this.open, this.size);
			int wanted = Math.min(this.size, this.callers);
			if (wanted > this.open) {
				int room = Math.max(0, MAX_CLIENTS - connected() - this.open);
				FleetSimulation.this.refused += Math.max(0, wanted - this.open - room);
				this.open += Math.min(wanted - this.open, room);
			}
			FleetSimulation.this.open += this.open;
			int active = Math.min(this.open, this.callers);
			int pending = this.callers - active;
			// Leases of 10 ms.
			this.returned += active * 20;
			long served = (long) this.returned;
			Sample.Counts counts = new Sample.Counts(served, (pending > 0) ? served : 0,
					(active > 0) ? served * 10_000_000 * pending / active : 0, served, served * 10_000_000);
			if (this.asked) {
				this.asked = false;
				this.server = new Sample.Server(this.server.askedNanos(), now - 100, connected(), MAX_CLIENTS);
			}
			SizeController.Decision decision = this.controller
				.take(new Sample(now, true, false, active, pending, counts, this.server));
			this.size = decision.size();
			if (decision.ask() || now - this.server.askedNanos() > 60_000_000_000L) {
				this.asked = true;
				this.server = new Sample.Server(now, now - 1, this.server.connected(), MAX_CLIENTS);
			}
		}

	}

}
