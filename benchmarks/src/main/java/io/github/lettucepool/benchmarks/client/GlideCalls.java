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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;

import glide.api.BaseClient;
import glide.api.GlideClient;
import glide.api.GlideClusterClient;
import glide.api.models.BaseBatch;
import glide.api.models.Batch;
import glide.api.models.ClusterBatch;
import glide.api.models.configuration.GlideClientConfiguration;
import glide.api.models.configuration.GlideClusterClientConfiguration;
import glide.api.models.configuration.NodeAddress;
import org.jspecify.annotations.Nullable;

/**
 * Valkey GLIDE, called directly: one connection, each reply awaited by its caller.
 */
final class GlideCalls implements Client {

	private static final int TIMEOUT_MILLIS = 10_000;

	private final Target target;

	private final BaseClient client;

	private final Map<Integer, Client> ofCallers = new ConcurrentHashMap<>();

	GlideCalls(Target target) {
		this.target = target;
		List<NodeAddress> nodes = target.ports()
			.stream()
			.map((port) -> NodeAddress.builder().host(Target.HOST).port(port).build())
			.toList();
		this.client = switch (target.topology()) {
			case STANDALONE -> await(GlideClient.createClient(
					GlideClientConfiguration.builder().addresses(nodes).requestTimeout(TIMEOUT_MILLIS).build()));
			case CLUSTER -> await(GlideClusterClient.createClient(
					GlideClusterClientConfiguration.builder().addresses(nodes).requestTimeout(TIMEOUT_MILLIS).build()));
		};
	}

	@Override
	public @Nullable String get(String key) {
		return await(this.client.get(key));
	}

	@Override
	public void set(String key, String value) {
		await(this.client.set(key, value));
	}

	@Override
	public long increment(String key) {
		return await(this.client.incr(key));
	}

	@Override
	public List<?> transaction(String key, String value, String counter) {
		Batch batch = new Batch(true).set(key, value).incr(counter).get(key);
		List<Object> replies = Arrays.asList(await(((GlideClient) this.client).exec(batch, true)));
		return replies.subList(1, replies.size());
	}

	@Override
	public List<?> pipeline(List<String> keys, List<@Nullable String> values) {
		BaseBatch<?> batch = (this.client instanceof GlideClient) ? new Batch(false) : new ClusterBatch(false);
		for (int i = 0; i < keys.size(); i++) {
			String value = values.get(i);
			if (value != null) {
				batch.set(keys.get(i), value);
			}
			else {
				batch.get(keys.get(i));
			}
		}
		return Arrays.asList(await((this.client instanceof GlideClusterClient cluster)
				? cluster.exec((ClusterBatch) batch, true) : ((GlideClient) this.client).exec((Batch) batch, true)));
	}

	@Override
	public void push(String list, String element) {
		await(this.client.rpush(list, new String[] { element }));
	}

	@Override
	public @Nullable String blockingPop(String list, Duration timeout) {
		@Nullable String @Nullable [] popped = await(this.client.blpop(new String[] { list }, (double) timeout.toSeconds()));
		return (popped != null) ? popped[1] : null;
	}

	/**
	 * A command that blocks would block those of all others.
	 */
	@Override
	public Client forCaller(int caller) {
		return this.ofCallers.computeIfAbsent(caller, (number) -> new GlideCalls(this.target));
	}

	@Override
	public void close() {
		this.ofCallers.values().forEach(Client::close);
		try {
			this.client.close();
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static <T> T await(CompletableFuture<T> reply) {
		return reply.join();
	}

}
