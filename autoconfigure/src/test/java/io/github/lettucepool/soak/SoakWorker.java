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

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import io.lettuce.core.RedisException;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import io.github.lettucepool.PooledLettuceConnectionFactory;

/**
 * One thread of the soak: it works on keys of its own, so it knows which replies are
 * right. Faults make its operations fail; a wrong reply, an error of the wrong kind or a
 * future that never completes is a finding.
 */
final class SoakWorker implements Runnable {

	/**
	 * Far beyond max-wait and all command timeouts of an operation together.
	 */
	static final Duration NEVER = Duration.ofSeconds(30);

	private static final Duration POP_TIMEOUT = Duration.ofSeconds(1);

	private static final Duration KEPT_FOR = Duration.ofMinutes(1);

	private final String name;

	private final Random random;

	private final StringRedisTemplate template;

	private final ReactiveStringRedisTemplate reactive;

	private final BooleanSupplier running;

	private final boolean lossy;

	private final IncrementTally plain;

	private final IncrementTally exclusive;

	private final Map<String, Operation> operations = new TreeMap<>();

	private final List<String> findings = new ArrayList<>();

	private final Map<String, Integer> failures = new TreeMap<>();

	private long succeeded;

	private long sequence;

	private volatile String current = "nothing";

	SoakWorker(int number, long seed, PooledLettuceConnectionFactory factory, BooleanSupplier running) {
		this.name = "worker-" + number;
		this.random = new Random(seed + number);
		this.template = new StringRedisTemplate(factory);
		this.reactive = new ReactiveStringRedisTemplate(factory);
		this.running = running;
		// A replica that takes over may lack what the master has acknowledged.
		this.lossy = factory.isClusterAware() || factory.isRedisSentinelAware();
		this.plain = new IncrementTally(this.name + ":plain", this.lossy);
		this.exclusive = new IncrementTally(this.name + ":exclusive", this.lossy);
		addOperations(factory.getShareNativeConnection(), factory.isClusterAware());
	}

	private void addOperations(boolean sharing, boolean cluster) {
		this.operations.put("set and get", this::setAndGet);
		this.operations.put("increment", this::increment);
		this.operations.put("pipeline", this::pipeline);
		if (!cluster) {
			this.operations.put("transaction", this::transaction);
			this.operations.put("transaction left open", this::leaveTransactionOpen);
			this.operations.put("watch left", this::leaveWatch);
		}
		this.operations.put("blocking pop", this::pop);
		this.operations.put("reactive set and get", this::reactiveSetAndGet);
		this.operations.put("reactive increment", this::reactiveIncrement);
		this.operations.put("reactive blocking pop", this::reactivePop);
		this.operations.put("reactive cancel", this::reactiveCancel);
		if (!sharing && !cluster) {
			this.operations.put("another database", this::selectAnotherDatabase);
			this.operations.put("client name", this::nameClient);
		}
	}

	@Override
	public void run() {
		List<String> names = List.copyOf(this.operations.keySet());
		while (this.running.getAsBoolean()) {
			// An interrupt may come between two operations.
			Thread.interrupted();
			this.current = names.get(this.random.nextInt(names.size()));
			try {
				this.operations.get(this.current).run();
				this.succeeded++;
			}
			catch (LeftBehindException ex) {
				this.succeeded++;
			}
			catch (DataAccessException | RedisException | IOException | InterruptedException ex) {
				// Reactive callers get an IOException of the network as it is.
				this.failures.merge(ex.getClass().getSimpleName(), 1, Integer::sum);
				// Callers do not try again at once.
				LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
			}
			catch (Exception | Error ex) {
				this.findings.add("%s, %s: %s".formatted(this.name, this.current, ex));
			}
		}
		this.current = "nothing";
	}

	private void setAndGet() {
		String key = freshKey();
		this.template.opsForValue().set(key, key, KEPT_FOR);
		expectStored(key, this.template.opsForValue().get(key));
	}

	private void increment() throws Exception {
		this.plain.increment(1, () -> replies(this.template.opsForValue().increment(this.plain.key())));
	}

	private void pipeline() throws Exception {
		String key = freshKey();
		byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
		byte[] counter = this.exclusive.key().getBytes(StandardCharsets.UTF_8);
		int count = 1 + this.random.nextInt(3);
		this.exclusive.increment(count, () -> {
			List<Object> replies = this.template.executePipelined((RedisCallback<Object>) (connection) -> {
				connection.echo(bytes);
				connection.stringCommands().set(bytes, bytes);
				for (int i = 0; i < count; i++) {
					connection.stringCommands().incr(counter);
				}
				connection.keyCommands().del(bytes);
				connection.echo(bytes);
				return null;
			});
			expect(key, replies.get(0));
			expect(key, replies.get(replies.size() - 1));
			return replies.subList(replies.size() - 2 - count, replies.size() - 2)
				.stream()
				.map(Long.class::cast)
				.toList();
		});
	}

	private void transaction() throws Exception {
		String key = freshKey();
		this.exclusive.increment(1, () -> {
			List<Object> replies = inOneConnection((operations) -> {
				operations.watch(key);
				operations.multi();
				operations.opsForValue().set(key, key);
				operations.opsForValue().increment(this.exclusive.key());
				operations.opsForValue().getAndDelete(key);
				return operations.exec();
			});
			if (replies == null || replies.isEmpty()) {
				return List.of();
			}
			expect(key, replies.get(replies.size() - 1));
			return replies(replies.get(replies.size() - 2));
		});
	}

	/**
	 * The increment is never executed: the tally would notice.
	 */
	private void leaveTransactionOpen() {
		inOneConnection((operations) -> {
			operations.multi();
			operations.opsForValue().increment(this.exclusive.key());
			throw new LeftBehindException();
		});
	}

	/**
	 * A later borrower's transaction would be aborted by the change.
	 */
	private void leaveWatch() {
		String key = freshKey();
		inOneConnection((operations) -> {
			operations.watch(key);
			return null;
		});
		this.template.opsForValue().set(key, key, KEPT_FOR);
	}

	private void pop() {
		String list = this.name + ":list";
		if (this.random.nextInt(20) > 0) {
			this.template.opsForList().rightPush(list, list);
		}
		expectOrNothing(list, this.template.opsForList().leftPop(list, POP_TIMEOUT));
	}

	private void reactiveSetAndGet() throws Exception {
		String key = freshKey();
		expectStored(key,
				await(this.reactive.opsForValue().set(key, key, KEPT_FOR).then(this.reactive.opsForValue().get(key))));
	}

	private void reactiveIncrement() throws Exception {
		this.plain.increment(1, () -> replies(await(this.reactive.opsForValue().increment(this.plain.key()))));
	}

	private void reactivePop() throws Exception {
		String list = this.name + ":list";
		Mono<Long> push = (this.random.nextInt(20) > 0) ? this.reactive.opsForList().rightPush(list, list)
				: Mono.just(0L);
		expectOrNothing(list, await(push.then(this.reactive.opsForList().leftPop(list, POP_TIMEOUT))));
	}

	private void reactiveCancel() {
		Disposable subscription = this.reactive.opsForList()
			.leftPop(this.name + ":empty", POP_TIMEOUT)
			.subscribe((ignored) -> {
			}, (ignored) -> {
			});
		// Before, while or after the connection arrives.
		LockSupport.parkNanos(this.random.nextInt(2_000_000));
		subscription.dispose();
	}

	private void selectAnotherDatabase() {
		String key = freshKey();
		byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
		this.template.execute((RedisCallback<Object>) (connection) -> {
			connection.select(1);
			connection.stringCommands().set(bytes, bytes);
			return null;
		});
		if (this.template.hasKey(key)) {
			throw new WrongReplyException("%s is seen in database 0".formatted(key));
		}
	}

	private void nameClient() {
		this.template.execute((RedisCallback<Object>) (connection) -> {
			connection.serverCommands().setClientName(this.name.getBytes(StandardCharsets.UTF_8));
			return null;
		});
	}

	private <T> T await(Mono<T> mono) throws Exception {
		CompletableFuture<T> future = mono.toFuture();
		try {
			return future.get(NEVER.toSeconds(), TimeUnit.SECONDS);
		}
		catch (ExecutionException ex) {
			throw (ex.getCause() instanceof Exception cause) ? cause : ex;
		}
		finally {
			future.cancel(false);
		}
	}

	private <T> T inOneConnection(Borrower<T> borrower) {
		return this.template.execute(new SessionCallback<T>() {

			@Override
			@SuppressWarnings("unchecked")
			public <K, V> T execute(RedisOperations<K, V> operations) {
				return borrower.use((RedisOperations<String, String>) operations);
			}

		});
	}

	private String freshKey() {
		return "%s:%d".formatted(this.name, this.sequence++);
	}

	private static List<Long> replies(Object reply) {
		return List.of((Long) reply);
	}

	private void expectStored(String expected, Object reply) {
		if (!this.lossy || reply != null) {
			expect(expected, reply);
		}
	}

	private static void expect(String expected, Object reply) {
		if (!Objects.equals(expected, reply)) {
			throw new WrongReplyException("Expected %s and got %s".formatted(expected, reply));
		}
	}

	private static void expectOrNothing(String expected, Object reply) {
		if (reply != null) {
			expect(expected, reply);
		}
	}

	/**
	 * What the thread is at.
	 * @return the operation's name
	 */
	String current() {
		return this.current;
	}

	/**
	 * What was wrong, once the thread has ended.
	 * @return a line for each finding
	 */
	List<String> findings() {
		return this.findings;
	}

	long succeeded() {
		return this.succeeded;
	}

	Map<String, Integer> failures() {
		return this.failures;
	}

	List<IncrementTally> tallies() {
		return List.of(this.plain, this.exclusive);
	}

	/**
	 * Something that the thread does with Redis.
	 */
	@FunctionalInterface
	private interface Operation {

		void run() throws Exception;

	}

	/**
	 * Uses one connection for several commands.
	 */
	@FunctionalInterface
	private interface Borrower<T> {

		T use(RedisOperations<String, String> operations);

	}

	/**
	 * A borrower's own failure in the middle of a transaction.
	 */
	private static final class LeftBehindException extends RuntimeException {

		private static final long serialVersionUID = 1L;

	}

}
