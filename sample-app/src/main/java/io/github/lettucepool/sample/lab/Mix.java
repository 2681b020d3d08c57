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

package io.github.lettucepool.sample.lab;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.DefaultStringRedisConnection;
import org.springframework.data.redis.connection.StringRedisConnection;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * What the callers of a load do.
 */
enum Mix {

	/**
	 * Four reads to a write, over the shared lane.
	 */
	ORDINARY {

		@Override
		void call(StringRedisTemplate redis, String value) {
			String key = key();
			if (ThreadLocalRandom.current().nextInt(5) == 0) {
				redis.opsForValue().set(key, value, TTL);
			}
			else {
				redis.opsForValue().get(key);
			}
		}

	},

	/**
	 * Ordinary commands, and one transaction among ten of them.
	 */
	MIXED {

		@Override
		void call(StringRedisTemplate redis, String value) {
			((ThreadLocalRandom.current().nextInt(10) == 0) ? TRANSACTIONS : ORDINARY).call(redis, value);
		}

	},

	/**
	 * Transactions: each borrows a connection.
	 */
	TRANSACTIONS {

		@Override
		void call(StringRedisTemplate redis, String value) {
			String key = key();
			redis.execute(new SessionCallback<Object>() {

				@Override
				@SuppressWarnings("unchecked")
				public <K, V> Object execute(RedisOperations<K, V> operations) throws DataAccessException {
					operations.multi();
					operations.opsForValue().set((K) key, (V) value, TTL);
					operations.opsForValue().get(key);
					return operations.exec();
				}

			});
		}

	},

	/**
	 * Pipelines of twenty reads: each borrows a connection.
	 */
	PIPELINES {

		@Override
		void call(StringRedisTemplate redis, String value) {
			readInOnePipeline(redis);
		}

	},

	/**
	 * Consumers of a queue: each borrows a connection and blocks in BLPOP.
	 */
	QUEUE {

		@Override
		void call(StringRedisTemplate redis, String value) {
			if (ThreadLocalRandom.current().nextBoolean()) {
				redis.opsForList().rightPush(QUEUE_KEY, value);
				redis.expire(QUEUE_KEY, TTL);
			}
			else {
				redis.opsForList().leftPop(QUEUE_KEY, Duration.ofSeconds(1));
			}
		}

	};

	static final String PREFIX = "lab:";

	static final int KEYS = 100;

	static final String QUEUE_KEY = PREFIX + "queue";

	/**
	 * What a load that was cut off leaves behind goes by itself.
	 */
	private static final Duration TTL = Duration.ofMinutes(2);

	abstract void call(StringRedisTemplate redis, String value);

	@SuppressWarnings("NullAway") // What is called in a pipeline has to return null.
	private static void readInOnePipeline(StringRedisTemplate redis) {
		redis.executePipelined((RedisCallback<?>) (connection) -> {
			StringRedisConnection pipeline = new DefaultStringRedisConnection(connection);
			for (int i = 0; i < 20; i++) {
				pipeline.get(key());
			}
			return null;
		});
	}

	private static String key() {
		return PREFIX + ThreadLocalRandom.current().nextInt(KEYS);
	}

}
