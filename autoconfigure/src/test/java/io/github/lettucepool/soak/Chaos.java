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

package io.github.lettucepool.soak;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;

/**
 * Makes one fault after the other, each kind as often as the others, in random order.
 * Every fault is over when the next one begins.
 */
final class Chaos implements Callable<Map<String, Integer>> {

	private final Random random;

	private final RedisServer server;

	private final FaultProxy proxy;

	private final RedisPool pool;

	private final List<Thread> workers;

	private final Duration duration;

	private final Map<String, Fault> faults = new TreeMap<>();

	/**
	 * Prepares the faults.
	 * @param seed decides on order and length
	 * @param server the server
	 * @param proxy stands before the server
	 * @param pool the pool
	 * @param workers threads to interrupt
	 * @param duration for how long to go on
	 */
	Chaos(long seed, RedisServer server, FaultProxy proxy, RedisPool pool, List<Thread> workers, Duration duration) {
		this.random = new Random(seed);
		this.server = server;
		this.proxy = proxy;
		this.pool = pool;
		this.workers = workers;
		this.duration = duration;
		addFaultsOfServer();
		addFaultsOfNetwork();
		addActionsOfOperators();
	}

	private void addFaultsOfServer() {
		this.faults.put("one client killed", () -> {
			List<String> clients = this.server.clients();
			if (!clients.isEmpty()) {
				String client = clients.get(this.random.nextInt(clients.size()));
				this.server.execute("CLIENT", "KILL", "ID", client.replaceFirst("^id=(\\d+) .*$", "$1"));
			}
		});
		this.faults.put("all clients killed", () -> this.server.execute("CLIENT", "KILL", "TYPE", "normal"));
		this.faults.put("server paused", () -> {
			this.server.pause();
			last(1000);
			this.server.resume();
		});
		this.faults.put("server crashed", () -> {
			this.server.kill();
			last(1500);
			this.server.start();
		});
		this.faults.put("server restarted", () -> {
			this.server.stop();
			this.server.start();
		});
	}

	private void addFaultsOfNetwork() {
		this.faults.put("connections reset", this.proxy::resetAll);
		this.faults.put("connects refused", () -> {
			this.proxy.refuse();
			this.proxy.resetAll();
			last(1000);
			this.proxy.resume();
		});
		this.faults.put("network frozen", () -> {
			this.proxy.freeze();
			last(1000);
			this.proxy.resume();
		});
		this.faults.put("network slow", () -> {
			this.proxy.delay(Duration.ofMillis(1 + this.random.nextInt(20)));
			last(500);
			this.proxy.resume();
		});
	}

	private void addActionsOfOperators() {
		this.faults.put("pool resized", () -> {
			int maxSize = 4 + this.random.nextInt(17);
			this.pool.resize(maxSize, this.random.nextInt(maxSize + 1));
		});
		this.faults.put("pool retired", this.pool::retireAll);
		this.faults.put("pool suspended", () -> {
			this.pool.suspend();
			last(500);
			this.pool.resume();
		});
		this.faults.put("callers interrupted", () -> {
			for (int i = 0; i < 20; i++) {
				this.workers.get(this.random.nextInt(this.workers.size())).interrupt();
				last(10);
			}
		});
	}

	/**
	 * Adds a fault that only some pools are expected to survive.
	 * @param name what it is
	 * @param fault makes it
	 */
	void add(String name, Fault fault) {
		this.faults.put(name, fault);
	}

	@Override
	public Map<String, Integer> call() throws Exception {
		Map<String, Integer> made = new TreeMap<>();
		long end = System.nanoTime() + this.duration.toNanos();
		List<String> next = new ArrayList<>();
		while (System.nanoTime() < end) {
			if (next.isEmpty()) {
				next.addAll(this.faults.keySet());
				Collections.shuffle(next, this.random);
			}
			String name = next.remove(0);
			this.faults.get(name).make();
			made.merge(name, 1, Integer::sum);
			last(400);
		}
		return made;
	}

	/**
	 * Lets a fault, or the calm after it, last for a random time.
	 */
	private void last(int maxMillis) throws InterruptedException {
		Thread.sleep(this.random.nextInt(maxMillis));
	}

	/**
	 * A fault that is over when the method returns.
	 */
	@FunctionalInterface
	interface Fault {

		void make() throws Exception;

	}

}
