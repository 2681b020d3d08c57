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

package io.github.lettucepool.internal.transport;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Stream;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.lettucepool.proofs.Exploration;
import io.github.lettucepool.proofs.Threads;

/**
 * What the head of {@link WriteQueue} promises, in all the orders of a few threads' steps
 * that a model checker comes to.
 */
@Tag("slow")
class WriteQueueProofTests {

	/** They stay as they are, so that all scenarios can have the same. */
	private static final List<RedisCommand<?, ?, ?>> COMMANDS = Stream.generate(WriteQueueProofTests::command)
		.limit(3)
		.toList();

	@Test
	void everyCommandIsWrittenOnceAndThoseOfOneThreadInOrder() {
		Exploration.of(() -> {
			Scenario scenario = new Scenario();
			scenario.addAll();
			scenario.threads.join();
			Exploration.check(scenario.written.size() == 3, "a command was lost or doubled");
			Exploration.check(scenario.written.indexOf(COMMANDS.get(0)) < scenario.written.indexOf(COMMANDS.get(1)),
					"the commands of one thread are out of order");
		});
	}

	@Test
	void everyCommandIsWrittenOrGivenBackIfTheConnectionBreaks() {
		Exploration.of(() -> {
			Scenario scenario = new Scenario();
			scenario.threads.start(() -> scenario.active = false);
			scenario.addAll();
			scenario.checkThatEachWentOneWay();
		});
	}

	@Test
	void everyCommandIsWrittenOrGivenBackIfTheEventLoopEnds() {
		Exploration.of(() -> {
			Scenario scenario = new Scenario();
			scenario.threads.start(() -> scenario.ended = true);
			scenario.addAll();
			scenario.checkThatEachWentOneWay();
		});
	}

	private static RedisCommand<?, ?, ?> command() {
		return new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8));
	}

	/**
	 * A queue, and an event loop whose tasks have a thread each and run one at a time.
	 */
	private static final class Scenario {

		private final Threads threads = new Threads();

		private final List<RedisCommand<?, ?, ?>> written = new ArrayList<>();

		private final List<RedisCommand<?, ?, ?>> unsent = new ArrayList<>();

		private final WriteQueue queue;

		private volatile boolean active = true;

		private volatile boolean ended;

		private Scenario() {
			EventLoop eventLoop = proxy(EventLoop.class, (name, arguments) -> switch (name) {
				case "execute" -> execute((Runnable) arguments[0]);
				default -> throw new UnsupportedOperationException(name);
			});
			Channel channel = proxy(Channel.class, (name, arguments) -> switch (name) {
				case "eventLoop" -> eventLoop;
				case "isActive" -> this.active;
				case "write" -> write(arguments[0]);
				case "flush" -> null;
				default -> throw new UnsupportedOperationException(name);
			});
			this.queue = new WriteQueue(channel, this::giveBack);
		}

		private static <T> T proxy(Class<T> type, Call call) {
			return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type },
					(self, method, arguments) -> switch (method.getName()) {
						// The model checker asks for these.
						case "equals" -> self == arguments[0];
						case "hashCode" -> 1;
						case "toString" -> type.getSimpleName();
						default -> call.with(method.getName(), arguments);
					}));
		}

		private @Nullable Object execute(Runnable task) {
			if (this.ended) {
				throw new RejectedExecutionException("ended");
			}
			this.threads.start(() -> {
				synchronized (this) {
					task.run();
				}
			});
			return null;
		}

		@SuppressWarnings("unchecked")
		private @Nullable Object write(Object batch) {
			this.written.addAll((List<RedisCommand<?, ?, ?>>) batch);
			return null;
		}

		private void giveBack(RedisCommand<?, ?, ?> command) {
			synchronized (this.unsent) {
				this.unsent.add(command);
			}
		}

		private void addAll() {
			this.threads.start(() -> {
				this.queue.add(COMMANDS.get(0));
				this.queue.add(COMMANDS.get(1));
			});
			this.queue.add(COMMANDS.get(2));
		}

		private void checkThatEachWentOneWay() {
			this.threads.join();
			for (RedisCommand<?, ?, ?> command : COMMANDS) {
				Exploration.check(this.written.contains(command) != this.unsent.contains(command),
						"a command was neither written nor given back, or both");
			}
			Exploration.check(this.written.size() + this.unsent.size() == 3, "a command was doubled");
		}

	}

	private interface Call {

		@Nullable Object with(String name, Object[] arguments);

	}

}
