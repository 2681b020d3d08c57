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

package io.github.lettucepool.benchmarks.jmh;

import java.util.concurrent.TimeUnit;

import io.lettuce.core.api.StatefulConnection;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettucePoolingClientConfiguration;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.benchmarks.client.Watch;
import io.github.lettucepool.embedded.RedisServer;

/**
 * What a connection costs without a command: borrowing and returning one of the exclusive
 * lane, or choosing one of the shared lane. No byte goes to the server meanwhile.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ConnectionBenchmark {

	private static final int POOL_SIZE = 16;

	/**
	 * Whose factory.
	 */
	@Param({ "lettuce-pool", "lettuce-pool-watched", "boot" })
	public String factory = "";

	private final RedisServer server = RedisServer.builder().start();

	private final RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration(this.server.host(),
			this.server.port());

	private @Nullable LettuceConnectionFactory exclusive;

	private @Nullable LettuceConnectionFactory shared;

	private @Nullable Watch watch;

	/**
	 * Connects.
	 */
	@Setup
	public void start() {
		if (this.factory.startsWith("lettuce-pool")) {
			PooledLettuceConnectionFactory pool = lettucePool(0);
			if (this.factory.endsWith("watched")) {
				this.watch = Watch.over(pool.getPool(), Watch.What.ALL);
				this.watch.start();
			}
			this.exclusive = pool;
			this.shared = lettucePool(1);
		}
		else {
			this.exclusive = bootPool();
			this.shared = new LettuceConnectionFactory(this.configuration);
		}
		this.exclusive.start();
		this.shared.start();
	}

	private PooledLettuceConnectionFactory lettucePool(int sharedConnections) {
		PoolSettings settings = PoolSettings.builder().sharedConnections(sharedConnections).maxSize(POOL_SIZE).build();
		return new PooledLettuceConnectionFactory("jmh", this.configuration,
				LettuceClientConfiguration.defaultConfiguration(), settings);
	}

	private LettuceConnectionFactory bootPool() {
		GenericObjectPoolConfig<StatefulConnection<?, ?>> config = new GenericObjectPoolConfig<>();
		config.setMaxTotal(POOL_SIZE);
		config.setMaxIdle(POOL_SIZE);
		LettuceConnectionFactory pooled = new LettuceConnectionFactory(this.configuration,
				LettucePoolingClientConfiguration.builder().poolConfig(config).build());
		pooled.setShareNativeConnection(false);
		return pooled;
	}

	/**
	 * Disconnects.
	 */
	@TearDown
	public void stop() {
		if (this.watch != null) {
			this.watch.close();
		}
		if (this.exclusive != null) {
			this.exclusive.destroy();
		}
		if (this.shared != null) {
			this.shared.destroy();
		}
		this.server.close();
	}

	/**
	 * Borrows an exclusive connection and returns it.
	 * @return the connection, for JMH to consume
	 */
	@Benchmark
	public Object borrowAndReturn() {
		return use(this.exclusive);
	}

	/**
	 * Chooses a shared connection.
	 * @return the connection, for JMH to consume
	 */
	@Benchmark
	public Object chooseShared() {
		return use(this.shared);
	}

	private static Object use(@Nullable LettuceConnectionFactory factory) {
		if (factory == null) {
			throw new IllegalStateException("Not started");
		}
		// The native connection is what makes Spring Data borrow or choose.
		try (RedisConnection connection = factory.getConnection()) {
			return connection.getNativeConnection();
		}
	}

}
