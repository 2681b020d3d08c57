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

package io.github.lettucepool.benchmarks.client;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.BatchOptions;
import org.redisson.api.BatchOptions.ExecutionMode;
import org.redisson.api.RBatch;
import org.redisson.api.RBucket;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import org.redisson.config.ReadMode;

/**
 * Redisson, called directly.
 */
final class RedissonCalls implements Client {

	private static final int TIMEOUT_MILLIS = 10_000;

	private final RedissonClient client;

	RedissonCalls(Target target) {
		this.client = Redisson.create(config(target));
	}

	static Config config(Target target) {
		Config config = new Config();
		config.setCodec(StringCodec.INSTANCE);
		List<String> addresses = target.nodes().stream().map((node) -> "redis://" + node).toList();
		int size = target.poolSize();
		switch (target.topology()) {
			case STANDALONE -> config.useSingleServer()
				.setTimeout(TIMEOUT_MILLIS)
				.setAddress(addresses.get(0))
				.setConnectionPoolSize(size)
				.setConnectionMinimumIdleSize(size);
			case CLUSTER -> config.useClusterServers()
				.setTimeout(TIMEOUT_MILLIS)
				.setReadMode(ReadMode.MASTER)
				.addNodeAddress(addresses.toArray(String[]::new))
				.setMasterConnectionPoolSize(size)
				.setMasterConnectionMinimumIdleSize(size);
		}
		return config;
	}

	@Override
	public @Nullable String get(String key) {
		RBucket<String> bucket = this.client.getBucket(key);
		return bucket.get();
	}

	@Override
	public void set(String key, String value) {
		this.client.getBucket(key).set(value);
	}

	@Override
	public long increment(String key) {
		return this.client.getAtomicLong(key).incrementAndGet();
	}

	// The batch's reply holds all of theirs.
	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	public List<?> transaction(String key, String value, String counter) {
		RBatch batch = this.client.createBatch(BatchOptions.defaults().executionMode(ExecutionMode.IN_MEMORY_ATOMIC));
		batch.getBucket(key).setAsync(value);
		batch.getAtomicLong(counter).incrementAndGetAsync();
		batch.getBucket(key).getAsync();
		List<?> replies = batch.execute().getResponses();
		return replies.subList(1, replies.size());
	}

	// As above.
	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	public List<?> pipeline(List<String> keys, List<@Nullable String> values) {
		RBatch batch = this.client.createBatch();
		for (int i = 0; i < keys.size(); i++) {
			String value = values.get(i);
			if (value != null) {
				batch.getBucket(keys.get(i)).setAsync(value);
			}
			else {
				batch.getBucket(keys.get(i)).getAsync();
			}
		}
		return batch.execute().getResponses();
	}

	@Override
	public void push(String list, String element) {
		this.client.getQueue(list).add(element);
	}

	@Override
	public @Nullable String blockingPop(String list, Duration timeout) {
		try {
			return this.client.<String>getBlockingQueue(list).poll(timeout.toSeconds(), TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return null;
		}
	}

	@Override
	public void close() {
		this.client.shutdown();
	}

}
