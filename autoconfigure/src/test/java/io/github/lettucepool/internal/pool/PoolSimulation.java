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

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToIntFunction;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.internal.sizing.BorrowCounter;
import io.github.lettucepool.internal.sizing.Sample;

/**
 * A pool under load on a moved clock: callers that borrow a connection, a server that
 * takes its time, and somebody who changes the size five times a second. A minute takes a
 * few milliseconds.
 */
final class PoolSimulation {

	static final Duration TICK = Duration.ofMillis(200);

	private static final double MILLI = 1e6;

	private final MovedTime time = new MovedTime();

	private final Random random;

	final List<String> changes = new ArrayList<>();

	private final BorrowCounter counter = new BorrowCounter();

	private final double[] processors;

	private final ToIntFunction<Sample> policy;

	private final ConnectionPool pool;

	private final Borrowing borrowing;

	private PoolSettings settings;

	// The server, all times in milliseconds.

	/** How long a command takes that keeps no processor busy. */
	double latency;

	/** Whether latencies are exponential. */
	boolean exponential = true;

	/** How long a command keeps a processor of the server busy. */
	double work;

	/** How much longer that takes for each connection that is open. */
	double contention;

	/** How long connecting takes. */
	double connecting = 5;

	private boolean down;

	private final List<FakeConnection> open = new ArrayList<>();

	private int callers;

	private final long start = this.time.nanos();

	private long lost;

	private double[] responses = new double[1 << 16];

	private int responseCount;

	PoolSimulation(int size, int processors, ToIntFunction<Sample> policy) {
		this(size, processors, policy, 26);
	}

	PoolSimulation(int size, int processors, ToIntFunction<Sample> policy, int seed) {
		this.random = new Random(seed);
		this.processors = new double[processors];
		this.policy = policy;
		this.settings = settings(size);
		this.pool = new ConnectionPool("simulated", "nowhere", Duration.ofSeconds(1), () -> this.settings, this.counter,
				this.time.clock(), (awaited, duration, late) -> {
				});
		this.borrowing = this.pool.add(this::open);
		this.time.scheduleWithFixedDelay(this::tick, TICK.toNanos(), TICK.toNanos(), TimeUnit.NANOSECONDS);
	}

	private static PoolSettings settings(int size) {
		// How long connections live is drawn by lot.
		return PoolSettings.builder().maxSize(size).maxWait(Duration.ofSeconds(3)).maxLifetime(Duration.ZERO).build();
	}

	private CompletableFuture<Lendable> open() {
		CompletableFuture<Lendable> opened = new CompletableFuture<>();
		after(this.connecting, () -> {
			if (this.down) {
				opened.completeExceptionally(new IllegalStateException("refused"));
			}
			else {
				FakeConnection connection = new FakeConnection();
				this.open.removeIf((other) -> !other.isOpen());
				this.open.add(connection);
				opened.complete(connection);
			}
		});
		return opened;
	}

	private void after(double millis, Runnable task) {
		this.time.schedule(task, (long) (millis * MILLI), TimeUnit.NANOSECONDS);
	}

	private void tick() {
		PoolSnapshot.Exclusive lane = this.pool.snapshot();
		long now = this.time.nanos();
		boolean serving = this.pool.connectError() == null && !this.down;
		Sample sample = new Sample(now, serving, this.pool.isConnecting(), lane.active(), lane.pending(),
				this.counter.counts(), server(now));
		int size = this.policy.applyAsInt(sample);
		if (size != lane.maxSize()) {
			this.changes.add("%.1f s: %d".formatted((now - this.start) / 1e9, size));
			this.settings = settings(size);
			this.pool.resized(size - lane.maxSize());
		}
	}

	/**
	 * Ends all connections, and takes no more, or takes them again.
	 */
	void down(boolean down) {
		this.down = down;
		if (down) {
			this.open.forEach(FakeConnection::lose);
		}
	}

	/**
	 * An answer to INFO, which waits for the processor as all commands do.
	 */
	private Sample.Server server(long now) {
		double busy = Arrays.stream(this.processors).min().orElseThrow() * MILLI - now;
		return new Sample.Server(now - 1_000_000 - (long) Math.max(0, busy), now, 0, 0);
	}

	int size() {
		return this.settings.getMaxSize();
	}

	/**
	 * Sets how many callers there are that borrow again as soon as they have given back.
	 */
	void callers(int number) {
		int more = number - this.callers;
		this.callers = number;
		for (int i = 0; i < more; i++) {
			again();
		}
	}

	/**
	 * Has borrowers come at random.
	 * @param rate how many a second, at a time in seconds
	 */
	void arrivals(DoubleUnaryOperator rate) {
		double perSecond = rate.applyAsDouble((this.time.nanos() - this.start) / 1e9);
		after(1e3 * exponential(1 / perSecond), () -> {
			borrow(() -> {
			});
			arrivals(rate);
		});
	}

	/**
	 * Has some borrowers come at once, again and again.
	 */
	void bursts(int number, double everyMillis) {
		for (int i = 0; i < number; i++) {
			borrow(() -> {
			});
		}
		after(everyMillis, () -> bursts(number, everyMillis));
	}

	private void again() {
		borrow(this::again);
	}

	private void borrow(Runnable then) {
		long asked = this.time.nanos();
		this.borrowing.borrowAsync(null).whenComplete((lease, ex) -> {
			if (lease == null) {
				this.lost++;
				after(100, then);
				return;
			}
			serve(() -> {
				((FakeConnection) lease.connection()).users.clear();
				lease.end();
				add((this.time.nanos() - asked) / MILLI);
				then.run();
			});
		});
	}

	private void add(double millis) {
		if (this.responseCount == this.responses.length) {
			this.responses = Arrays.copyOf(this.responses, 2 * this.responseCount);
		}
		this.responses[this.responseCount++] = millis;
	}

	/**
	 * Serves a command: half of the latency is its way to the server's processor.
	 */
	private void serve(Runnable then) {
		double wire = this.exponential ? exponential(this.latency) : this.latency;
		if (this.work == 0) {
			after(wire, then);
			return;
		}
		after(wire / 2, () -> {
			double now = this.time.nanos() / MILLI;
			int first = 0;
			for (int i = 1; i < this.processors.length; i++) {
				first = (this.processors[i] < this.processors[first]) ? i : first;
			}
			double busy = this.work * (1 + this.contention * this.pool.snapshot().total());
			double end = Math.max(now, this.processors[first]) + (this.exponential ? exponential(busy) : busy);
			this.processors[first] = end;
			after(end - now + wire / 2, then);
		});
	}

	private double exponential(double mean) {
		return -mean * Math.log(1 - this.random.nextDouble());
	}

	/**
	 * Lets time pass.
	 * @return how many were served in a second
	 */
	double run(double seconds) {
		this.responseCount = 0;
		this.time.move(Duration.ofNanos((long) (seconds * 1e9)));
		return this.responseCount / seconds;
	}

	double percentile(double part) {
		double[] sorted = Arrays.copyOf(this.responses, this.responseCount);
		Arrays.sort(sorted);
		return (sorted.length == 0) ? 0 : sorted[(int) (part * (sorted.length - 1))];
	}

	long lost() {
		return this.lost;
	}

}
