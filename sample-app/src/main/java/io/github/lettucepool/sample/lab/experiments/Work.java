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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.RespClient;

/**
 * What the callers of the experiments do.
 */
final class Work {

	static final String VALUE = "x".repeat(100);

	private Work() {
	}

	/**
	 * A transaction that watches a key, thinks, and writes: it needs a connection to
	 * itself for all of that time.
	 */
	static void transaction(StringRedisTemplate redis, int thinkMillis) throws InterruptedException {
		String key = key();
		Boolean done = redis.execute(new SessionCallback<Boolean>() {

			@Override
			@SuppressWarnings("unchecked")
			public <K, V> Boolean execute(RedisOperations<K, V> operations) throws DataAccessException {
				operations.watch((K) key);
				operations.opsForValue().get(key);
				if (!think(thinkMillis)) {
					return false;
				}
				operations.multi();
				operations.opsForValue().set((K) key, (V) VALUE);
				operations.exec();
				return true;
			}

		});
		if (!Boolean.TRUE.equals(done)) {
			throw new InterruptedException();
		}
	}

	private static boolean think(int millis) {
		try {
			TimeUnit.MILLISECONDS.sleep(millis);
			return true;
		}
		catch (InterruptedException ex) {
			return false;
		}
	}

	static void readOrWrite(StringRedisTemplate redis) {
		if (ThreadLocalRandom.current().nextInt(5) == 0) {
			redis.opsForValue().set(key(), VALUE);
		}
		else {
			redis.opsForValue().get(key());
		}
	}

	static String key() {
		return "key:" + ThreadLocalRandom.current().nextInt(100);
	}

	/**
	 * How many connections are open to a server, without the one that asks.
	 */
	static long connections(RedisServer server) {
		return (long) info(String.valueOf(server.execute("INFO", "clients")), "connected_clients") - 1;
	}

	/**
	 * The seconds that a server has worked, by its processor time.
	 */
	static double processorSeconds(RespClient server) {
		try {
			String info = String.valueOf(server.execute("INFO", "cpu"));
			return info(info, "used_cpu_user") + info(info, "used_cpu_sys");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * A figure of the server's INFO.
	 */
	static double info(String info, String name) {
		return info.lines()
			.filter((line) -> line.startsWith(name + ":"))
			.mapToDouble((line) -> Double.parseDouble(line.substring(name.length() + 1).strip()))
			.findFirst()
			.orElse(0);
	}

}
