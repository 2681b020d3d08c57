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
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.proxy.FaultProxy;

/**
 * Makes one fault after the other, each kind as often as the others, in random order.
 * Every fault is over when the next one begins.
 */
final class Chaos implements Callable<Map<String, Integer>> {

	private final Random random;

	private final RedisPool pool;

	private final List<Thread> workers;

	private final Duration duration;

	private final Map<String, Fault> faults = new TreeMap<>();

	private Consumer<String> recovery = (fault) -> {
	};

	/**
	 * Prepares the faults.
	 * @param seed decides on order and length
	 * @param pool the pool
	 * @param workers threads to interrupt
	 * @param duration for how long to go on
	 */
	Chaos(long seed, RedisPool pool, List<Thread> workers, Duration duration) {
		this.random = new Random(seed);
		this.pool = pool;
		this.workers = workers;
		this.duration = duration;
		addActionsOfOperators();
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
	 * Adds what may become of a server.
	 * @param server the server
	 */
	void addFaultsOf(RedisServer server) {
		addFaultsOfClients(() -> server);
		this.faults.put("server paused", () -> {
			server.pause();
			last(1000);
			server.resume();
		});
		this.faults.put("server crashed", () -> {
			server.kill();
			last(1500);
			server.start();
		});
		this.faults.put("server restarted", () -> {
			server.stop();
			server.start();
		});
	}

	/**
	 * Adds what may become of the network.
	 * @param proxy stands before the server
	 */
	void addFaultsOf(FaultProxy proxy) {
		this.faults.put("connections reset", proxy::resetAll);
		this.faults.put("connects refused", () -> {
			proxy.refuse();
			proxy.resetAll();
			last(1000);
			proxy.resume();
		});
		this.faults.put("network frozen", () -> {
			proxy.freeze();
			last(1000);
			proxy.resume();
		});
		this.faults.put("network slow", () -> {
			proxy.delay(Duration.ofMillis(1 + this.random.nextInt(20)));
			last(500);
			proxy.resume();
		});
	}

	/**
	 * Adds what a server may do to its clients.
	 * @param server chooses the server
	 */
	void addFaultsOfClients(Supplier<RedisServer> server) {
		this.faults.put("one client killed", () -> {
			RedisServer target = server.get();
			List<String> clients = target.clients();
			if (!clients.isEmpty()) {
				String client = clients.get(this.random.nextInt(clients.size()));
				target.execute("CLIENT", "KILL", "ID", client.replaceFirst("^id=(\\d+) .*$", "$1"));
			}
		});
		this.faults.put("all clients killed", () -> server.get().execute("CLIENT", "KILL", "TYPE", "normal"));
	}

	/**
	 * Adds a fault that not all are expected to survive.
	 * @param name what it is
	 * @param fault makes it
	 */
	void add(String name, Fault fault) {
		this.faults.put(name, fault);
	}

	/**
	 * Waits after each fault, and before the first one.
	 * @param recovery is told the fault, and returns when all is well again
	 */
	void recoverBy(Consumer<String> recovery) {
		this.recovery = recovery;
	}

	@Override
	public Map<String, Integer> call() throws Exception {
		Map<String, Integer> made = new TreeMap<>();
		this.recovery.accept("start");
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
			this.recovery.accept(name);
			last(400);
		}
		return made;
	}

	/**
	 * Lets a fault, or the calm after it, last for a random time.
	 * @param maxMillis for how long at most
	 * @throws InterruptedException if the thread is interrupted
	 */
	void last(int maxMillis) throws InterruptedException {
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
