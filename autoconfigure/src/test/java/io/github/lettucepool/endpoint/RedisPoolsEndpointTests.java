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

package io.github.lettucepool.endpoint;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import org.json.JSONException;
import org.junit.jupiter.api.Test;
import org.skyscreamer.jsonassert.JSONAssert;
import org.skyscreamer.jsonassert.JSONCompareMode;
import org.springframework.boot.actuate.autoconfigure.endpoint.jackson.JacksonEndpointAutoConfiguration;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.actuate.endpoint.jackson.EndpointJsonMapper;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.ClassPathResource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import io.github.lettucepool.FakePoolServer;
import io.github.lettucepool.FakeRedisPool;
import io.github.lettucepool.PoolServer;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSizing;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.advice.PoolAdvisor;
import io.github.lettucepool.endpoint.RedisPoolDescriptor.NodeDescriptor;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisPoolsEndpoint} and the JSON that it answers with.
 */
class RedisPoolsEndpointTests {

	private final FakeRedisPool orders = new FakeRedisPool("orders");

	private final FakeRedisPool invoices = new FakeRedisPool("invoices");

	private final RedisPoolsEndpoint endpoint = new RedisPoolsEndpoint(List.of(this.orders, this.invoices),
			new PoolAdvisor(), (pool, setting, value) -> null, List.of(), Show.ALWAYS);

	@Test
	void allPoolsAreListedInOrder() {
		assertThat(this.endpoint.pools().pools()).extracting(RedisPoolDescriptor::name)
			.containsExactly("orders", "invoices");
	}

	@Test
	void onePoolIsFoundByName() {
		RedisPoolDescriptor pool = this.endpoint.pool("invoices");
		assertThat(pool).isNotNull();
		assertThat(pool.name()).isEqualTo("invoices");
	}

	@Test
	void anUnknownPoolIsNotFound() {
		assertThat(this.endpoint.pool("unknown")).isNull();
	}

	@Test
	void aPoolInUseAsJson() {
		this.orders.settings(PoolSettings.builder().sharedConnections(2).lowLatencyCallers(0).minIdle(1).build())
			.shared(2, 2, 2, 12)
			.exclusive(16, 1, 1, 3, 0)
			.subscriptions(1)
			.connectionsByNode(Map.of("redis.example.org:6379", 7))
			.lease("queue-consumer", Duration.ofNanos(1_234_567_890));
		assertJson(this.endpoint.pool("orders"), "pool-in-use.json");
	}

	@Test
	void aPoolInTroubleAsJson() {
		this.orders
			.settings(PoolSettings.builder()
				.sharedConnections(1)
				.lowLatencyCallers(0)
				.maxSize(1)
				.maxPending(10)
				.maxWait(Duration.ofMillis(-1))
				.leakDetectionThreshold(Duration.ofSeconds(10))
				.warmUp(PoolSettings.WarmUp.BACKGROUND)
				.build())
			.state(PoolSnapshot.State.SUSPENDED)
			.shared(1, 1, 0, 0)
			.exclusive(1, 0, 1, 0, 2)
			.lease("import", Duration.ofMinutes(2), "com.example.Import.run(Import.java:42)",
					"java.lang.Thread.run(Thread.java:840)")
			.connectError("Connection refused: localhost/127.0.0.1:6379");
		assertJson(this.endpoint.pool("orders"), "pool-in-trouble.json");
	}

	@Test
	void theNodesOfAClusterAndTheSocketsToEachAreShown() {
		this.orders
			.server(new FakePoolServer().nodes(new PoolServer.Node("a:7000", true, false),
					new PoolServer.Node("b:7001", false, true)))
			.connectionsByNode(Map.of("a:7000", 5, "b:7001", 2));
		JsonNode pool = JsonMapper.shared().readTree(json(this.endpoint.pool("orders")));
		assertThat(pool.path("nodes")).isEqualTo(JsonMapper.shared().readTree("""
				[ { "address": "a:7000", "role": "master", "failed": false },
					{ "address": "b:7001", "role": "replica", "failed": true } ]"""));
		assertThat(pool.path("connectionsByNode"))
			.isEqualTo(JsonMapper.shared().readTree("{ \"a:7000\": 5, \"b:7001\": 2 }"));
	}

	@Test
	void aPoolThatHasNotConnectedYetDoesNotSayWhetherRedisCanBeReached() {
		this.orders.shared(2, 0, 0, 0);
		RedisPoolDescriptor pool = this.endpoint.pool("orders");
		assertThat(pool).isNotNull();
		assertThat(pool.reachable()).isNull();
		assertThat(json(pool)).doesNotContain("reachable");
	}

	@Test
	void theNodesOfAClusterAreShownWithTheirRoles() {
		this.orders.server(new FakePoolServer().nodes(new PoolServer.Node("127.0.0.1:7000", true, false),
				new PoolServer.Node("127.0.0.1:7001", false, true)));
		RedisPoolDescriptor pool = this.endpoint.pool("orders");
		assertThat(pool).isNotNull();
		assertThat(pool.nodes()).containsExactly(new NodeDescriptor("127.0.0.1:7000", "master", false),
				new NodeDescriptor("127.0.0.1:7001", "replica", true));
	}

	@Test
	void aPoolThatSizesItselfTellsHowItCameToItsSize() {
		this.orders.settings(PoolSettings.builder().maxSizeAuto().build())
			.sizing(new PoolSizing(4, 1, 64, true, "Growing has paid.", List
				.of(new PoolSizing.Change(Instant.parse("2026-03-04T05:06:07.089012Z"), 2, 4, "Borrowers wait."))));
		RedisPoolDescriptor pool = this.endpoint.change("orders", "resize", null, "1");
		assertThat(pool.settings().get("max-size")).isEqualTo(new SettingDescriptor("auto", null));
		assertThat(pool.settings().get("max-size-limit")).isEqualTo(new SettingDescriptor(64, null));
		assertThat(json(pool))
			.contains("\"sizing\":{\"size\":4,\"min\":1,\"limit\":64,\"mayGrow\":true,\"reason\":\"Growing has paid.\","
					+ "\"changes\":[{\"time\":\"2026-03-04T05:06:07.089Z\",\"from\":2,\"to\":4,"
					+ "\"reason\":\"Borrowers wait.\"}]}");
	}

	@Test
	void everySettingIsShownByItsKey() {
		Set<String> keys = Arrays.stream(PoolSettings.Builder.class.getDeclaredMethods())
			.filter((method) -> method.getReturnType() == PoolSettings.Builder.class && method.getParameterCount() == 1)
			.map(Method::getName)
			.map((name) -> name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
			.collect(Collectors.toSet());
		RedisPoolDescriptor pool = this.endpoint.pool("orders");
		assertThat(pool).isNotNull();
		assertThat(pool.settings()).hasSizeGreaterThan(10).containsOnlyKeys(keys);
	}

	private static void assertJson(Object actual, String expected) {
		try {
			String text = new ClassPathResource(expected, RedisPoolsEndpointTests.class)
				.getContentAsString(StandardCharsets.UTF_8);
			JSONAssert.assertEquals(text, json(actual), JSONCompareMode.STRICT);
		}
		catch (IOException | JSONException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String json(Object value) {
		StringBuilder result = new StringBuilder();
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(JacksonEndpointAutoConfiguration.class))
			.run((context) -> {
				JsonMapper mapper = context.getBean(EndpointJsonMapper.class).get();
				result.append(mapper.writeValueAsString(value));
			});
		return result.toString();
	}

}
