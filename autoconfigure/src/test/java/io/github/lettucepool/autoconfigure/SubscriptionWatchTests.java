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

package io.github.lettucepool.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.PubSubCommandHandler;
import io.lettuce.core.pubsub.PubSubEndpoint;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.timeout.IdleStateHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;

import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.proxy.FaultProxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link SubscriptionWatch}.
 */
class SubscriptionWatchTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	@Redis
	private static RedisServer server;

	private Duration quiet = Duration.ofMillis(300);

	private final FaultProxy proxy = new FaultProxy(server.port());

	private final ClientResources resources = DefaultClientResources.builder().nettyCustomizer(new NettyCustomizer() {

		@Override
		public void afterChannelInitialized(Channel channel) {
			SubscriptionWatch.addTo(channel, SubscriptionWatchTests.this.quiet);
		}

	}).build();

	private final RedisClient client = RedisClient.create(this.resources,
			RedisURI.create("127.0.0.1", this.proxy.port()));

	private final Queue<String> received = new ConcurrentLinkedQueue<>();

	@AfterEach
	void close() {
		this.client.shutdown(0, 2, TimeUnit.SECONDS);
		this.resources.shutdown(0, 2, TimeUnit.SECONDS);
		this.proxy.close();
	}

	@ParameterizedTest
	@EnumSource(ProtocolVersion.class)
	void aSubscriptionWhosePeerFallsSilentIsMadeAnew(ProtocolVersion version) {
		subscribe(version);
		awaitMessage("before");
		this.proxy.silenceAll();
		awaitMessage("after");
	}

	@ParameterizedTest
	@EnumSource(ProtocolVersion.class)
	@Tag("slow")
	void aSubscriptionThatIsOnlyQuietStays(ProtocolVersion version) {
		// The answer has this long.
		this.quiet = Duration.ofSeconds(2);
		subscribe(version);
		String address = address();
		server.execute("CONFIG", "RESETSTAT");
		await().atMost(PATIENCE)
			.until(() -> String.valueOf(server.execute("INFO", "commandstats"))
				.matches("(?s).*cmdstat_ping:calls=([3-9]|\\d{2,}),.*"));
		assertThat(address()).isEqualTo(address);
		awaitMessage("after a while");
	}

	@Test
	void aMessageListenerContainerHearsAgainAfterItsPeerFellSilent() {
		PooledApplication.on(this.proxy.port()).withBean(ClientResources.class, () -> this.resources).run((context) -> {
			RedisMessageListenerContainer container = new RedisMessageListenerContainer();
			container.setConnectionFactory(context.getBean(RedisConnectionFactory.class));
			container.addMessageListener((message, pattern) -> this.received.add(message.toString()),
					new ChannelTopic("news"));
			container.afterPropertiesSet();
			container.start();
			try {
				awaitMessage("before");
				this.proxy.silenceAll();
				awaitMessage("after");
			}
			finally {
				container.destroy();
			}
		});
	}

	@Test
	void thePoolsOwnResourcesWatchSubscriptionsAndNothingElse() {
		DefaultClientResources resources = PooledClientResources.create(List.of());
		try {
			ClientOptions options = ClientOptions.create();
			PubSubEndpoint<String, String> endpoint = new PubSubEndpoint<>(options, resources);
			EmbeddedChannel subscription = new EmbeddedChannel(
					new PubSubCommandHandler<>(options, resources, StringCodec.UTF8, endpoint));
			resources.nettyCustomizer().afterChannelInitialized(subscription);
			assertThat(subscription.pipeline().get(IdleStateHandler.class).getReaderIdleTimeInMillis())
				.isEqualTo(10_000);
			EmbeddedChannel other = new EmbeddedChannel();
			resources.nettyCustomizer().afterChannelInitialized(other);
			assertThat(other.pipeline().get(IdleStateHandler.class)).isNull();
		}
		finally {
			resources.shutdown(0, 0, TimeUnit.SECONDS);
		}
	}

	private void subscribe(ProtocolVersion version) {
		this.client.setOptions(ClientOptions.builder().protocolVersion(version).build());
		StatefulRedisPubSubConnection<String, String> connection = this.client.connectPubSub();
		connection.addListener(new RedisPubSubAdapter<>() {

			@Override
			public void message(String channel, String message) {
				SubscriptionWatchTests.this.received.add(message);
			}

		});
		connection.sync().subscribe("news");
	}

	private String address() {
		List<String> clients = server.clients();
		assertThat(clients).hasSize(1);
		return clients.get(0).replaceAll(".* addr=(\\S+).*", "$1");
	}

	private void awaitMessage(String message) {
		await().atMost(PATIENCE).until(() -> {
			server.execute("PUBLISH", "news", message);
			return this.received.contains(message);
		});
	}

}
