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

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.AdditionalAnswers;
import org.mockito.Mockito;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.env.Environment;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import io.github.lettucepool.PoolSizing;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.advice.PoolAdvisor;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.sample.HttpTests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the Pool Lab, over HTTP.
 */
@TestPropertySource(properties = "sample.allowed-hosts=shop.example.org,other.example.org")
class LabTests extends HttpTests {

	private static final Duration BOUND = Duration.ofSeconds(30);

	private final HttpClient client = HttpClient.newHttpClient();

	@Autowired
	private RedisPool pool;

	@Autowired
	private RedisServer server;

	@Autowired
	private StringRedisTemplate redis;

	@Autowired
	private LoadGenerator load;

	@Autowired
	private LabServer lab;

	@LocalServerPort
	private int port;

	@AfterEach
	void putBack() {
		this.load.stop();
		this.server.resume();
		this.server.start();
		this.pool.resume();
		this.pool.resize(8, 1);
		await().atMost(BOUND).until(() -> !Boolean.FALSE.equals(this.pool.snapshot().reachable()));
	}

	@Test
	void thePageComesWithAllItNeeds() throws Exception {
		HttpResponse<String> page = ask("/");
		assertThat(page.statusCode()).isEqualTo(200);
		List<String> addresses = Pattern.compile("(?:src|href)=\"([^\"#]+)\"")
			.matcher(page.body())
			.results()
			.map((match) -> match.group(1))
			.filter((address) -> !address.startsWith("actuator"))
			.distinct()
			.toList();
		assertThat(addresses).hasSizeGreaterThan(4).noneMatch((address) -> address.contains("//"));
		for (String address : addresses) {
			assertThat(ask("/" + address).statusCode()).as(address).isEqualTo(200);
		}
	}

	@Test
	void theFeedHasBothLanesAndTheLoad() throws Exception {
		put("/lab/load", load(4, "MIXED")).expectStatus().isNoContent();
		JsonNode sample = awaitSample((node) -> node.at("/load/callers").asInt() == 4
				&& node.at("/load/thinkMillis").asInt() == 5 && node.at("/operations/perSecond").asDouble() > 0
				&& node.at("/acquisition/perSecond").asDouble() > 0);
		assertThat(sample.at("/pool").asString()).isEqualTo("redis");
		assertThat(sample.at("/shared/connected").asInt()).isPositive();
		assertThat(sample.at("/exclusive/maxSize").asInt()).isEqualTo(8);
		assertThat(sample.at("/operations/p50").asDouble()).isPositive();
		assertThat(sample.at("/load/callers").asInt()).isEqualTo(4);
		assertThat(sample.at("/totals/lettuce.pool.acquire").asDouble()).isPositive();
	}

	@ParameterizedTest
	@ValueSource(strings = { "ORDINARY", "MIXED", "TRANSACTIONS", "PIPELINES", "QUEUE" })
	void aLoadMakesItsCallsAndTakesItsKeysAway(String mix) {
		Latencies.Window window = this.load.calls().window();
		long failures = this.load.calls().failures();
		put("/lab/load", load(4, mix)).expectStatus().isNoContent();
		await().atMost(BOUND).until(() -> window.next().count() > 0);
		delete("/lab/load");
		assertThat(this.load.current()).isNull();
		assertThat(this.load.calls().failures()).isEqualTo(failures);
		assertThat(this.redis.keys(Mix.PREFIX + "*")).isEmpty();
	}

	@Test
	void aLoadOutOfBoundsIsRefused() {
		assertProblem(put("/lab/load", load(257, "MIXED")), 400, "callers: must be less than or equal to 256");
		assertProblem(put("/lab/load", load(-1, "MIXED")), 400, "callers: must be greater than or equal to 1");
		put("/lab/load", load(4, "MIXED").replace("10", "99999999999")).expectStatus()
			.isBadRequest()
			.expectBody()
			.jsonPath("$.detail")
			.value((detail) -> assertThat(detail).asString().contains("99999999999", "int"));
		assertThat(this.load.current()).isNull();
	}

	@Test
	void theFirstSampleOfAPoolHasNoRatesSinceItsTimeIsTooShort(@Autowired PoolAdvisor advisor,
			@Autowired MeterRegistry meters) throws Exception {
		Calls calls = new Calls();
		Sampler sampler = new Sampler(new Watched(this.pool, new PoolEvents(), calls, advisor), meters);
		calls.make(() -> {
		});
		Sample first = sampler.next(null, LabServer.State.RUNNING, null);
		assertThat(first.operations().perSecond()).isZero();
		assertThat(first.operations().p50()).isNull();
		assertThat(sampler.next(null, LabServer.State.RUNNING, null).operations().perSecond()).isPositive();
	}

	@Test
	void aChangeOfSizeIsOneEventWithItsReason(@Autowired PoolAdvisor advisor, @Autowired MeterRegistry meters) {
		RedisPool pool = Mockito.mock(RedisPool.class, AdditionalAnswers.delegatesTo(this.pool));
		PoolSizing.Change old = new PoolSizing.Change(Instant.now(), 1, 2, "Old.");
		Sampler sampler = new Sampler(new Watched(pool, new PoolEvents(), new Calls(), advisor), meters);
		Instant now = Instant.now();
		PoolSizing.Change first = new PoolSizing.Change(now.plusSeconds(1), 2, 4, "Borrowers wait.");
		PoolSizing.Change second = new PoolSizing.Change(now.plusSeconds(2), 4, 2, "No better.");
		assertThat(sizeEvents(sampler)).isEmpty();
		Mockito.doReturn(sizing(old)).when(pool).getSizing();
		assertThat(sizeEvents(sampler)).isEmpty();
		Mockito.doReturn(sizing(second, first, old)).when(pool).getSizing();
		assertThat(sizeEvents(sampler)).containsExactly("2 → 4: Borrowers wait.", "4 → 2: No better.");
		assertThat(sizeEvents(sampler)).isEmpty();
	}

	private static PoolSizing sizing(PoolSizing.Change... changes) {
		return new PoolSizing(2, 1, 64, true, "Why.", List.of(changes));
	}

	private static List<String> sizeEvents(Sampler sampler) {
		return sampler.next(null, LabServer.State.RUNNING, null)
			.events()
			.stream()
			.filter((event) -> event.kind().equals("size"))
			.map(PoolEvents.Event::text)
			.toList();
	}

	@Test
	void thePoolIsSteered() {
		put("/lab/pool/size?maxSize=3", "").expectStatus().isNoContent();
		assertThat(this.pool.getSettings().getMaxSize()).isEqualTo(3);
		post("/lab/pool/suspend").expectStatus().isNoContent();
		assertThat(this.pool.snapshot().state().name()).isEqualTo("SUSPENDED");
		post("/lab/pool/resume").expectStatus().isNoContent();
		assertThat(this.pool.snapshot().state().name()).isEqualTo("RUNNING");
		post("/lab/pool/reset").expectStatus().isNoContent();
		assertThat(this.pool.getSettings().getMaxSize()).isEqualTo(8);
		assertProblem(put("/lab/pool/size?maxSize=65", ""), 400, "maxSize: must be less than or equal to 64");
		assertProblem(put("/lab/pool/size?maxSize=many", ""), 400, "maxSize: must be a whole number within its bounds");
		assertProblem(put("/lab/pool/size?maxSize=99999999999", ""), 400,
				"maxSize: must be a whole number within its bounds");
		assertProblem(post("/lab/pool/explode"), 404, "There is no action 'explode'");
	}

	@Test
	void retiredConnectionsAreOnTheTimeLine() throws Exception {
		await().atMost(BOUND).until(() -> this.pool.snapshot().exclusive().idle() > 0);
		long start = System.currentTimeMillis();
		post("/lab/pool/retire").expectStatus().isNoContent();
		awaitAnySample((node) -> events(node, start).contains("closed retired"));
	}

	@Test
	void theServerGoesDownAndComesBack() throws Exception {
		post("/lab/server/kill").expectStatus().isNoContent();
		awaitSample((node) -> node.at("/server").asString().equals("DOWN")
				&& node.at("/reachable").asString().equals("false"));
		post("/lab/server/start").expectStatus().isNoContent();
		awaitSample((node) -> node.at("/server").asString().equals("RUNNING")
				&& node.at("/reachable").asString().equals("true"));
		post("/lab/server/pause").expectStatus().isNoContent();
		awaitSample((node) -> node.at("/server").asString().equals("PAUSED"));
		post("/lab/server/start").expectStatus().isNoContent();
		assertThat(this.lab.state()).isEqualTo(LabServer.State.PAUSED);
		post("/lab/server/resume").expectStatus().isNoContent();
		awaitSample((node) -> node.at("/server").asString().equals("RUNNING"));
	}

	@Test
	void watchersAreBounded() throws Exception {
		List<InputStream> watchers = new ArrayList<>();
		try {
			await().atMost(BOUND).until(() -> {
				HttpResponse<InputStream> feed = open();
				watchers.add(feed.body());
				return feed.statusCode() == 503;
			});
			assertThat(watchers).hasSizeLessThanOrEqualTo(LabFeed.MAX_WATCHERS + 1);
		}
		finally {
			for (InputStream watcher : watchers) {
				watcher.close();
			}
		}
		awaitSample((node) -> true);
	}

	@Test
	void changesFromOtherOriginsAreRefused() throws Exception {
		assertThat(send("POST", "/lab/server/kill", "Origin: http://example.org")).isEqualTo(403);
		assertThat(send("POST", "/lab/server/kill", "Origin: null")).isEqualTo(403);
		assertThat(send("POST", "/lab/server/kill", "Sec-Fetch-Site: cross-site")).isEqualTo(403);
		assertThat(send("POST", "/pages/home/hits", "Sec-Fetch-Site: same-site")).isEqualTo(403);
		assertThat(send("DELETE", "/lab/load", "Origin: http://127.0.0.1:1")).isEqualTo(403);
		assertThat(this.server.isRunning()).isTrue();
		assertThat(send("DELETE", "/lab/load", "Origin: http://127.0.0.1:" + this.port)).isEqualTo(204);
		assertThat(send("DELETE", "/lab/load", "Sec-Fetch-Site: same-origin")).isEqualTo(204);
	}

	@Test
	void listensOnLoopbackOnly(@Autowired Environment environment) {
		assertThat(environment.getProperty("server.address", InetAddress.class)).isNotNull()
			.matches(InetAddress::isLoopbackAddress);
	}

	@Test
	void aNameThatWasMadeToLeadHereIsRefused() throws Exception {
		assertThat(send("DELETE", "/lab/load", "X: y", "rebound.example.org:" + this.port)).isEqualTo(403);
	}

	@ParameterizedTest
	@ValueSource(strings = { "/", "/lab", "/lab/experiments", "/lab/lab.js", "/pages/leaderboard", "/actuator",
			"/actuator/health", "/actuator/redispools", "/actuator/prometheus", "/nowhere" })
	void aPageThatIsAskedForByANameOfSomebodyElseIsRefused(String path) throws Exception {
		for (String host : List.of("rebound.example.org", "rebound.example.org:" + this.port, "localhost.example.org",
				"127.0.0.1.example.org", "10.1.2.3", "[2001:db8::1]:80", "0.0.0.0")) {
			assertThat(send("GET", path, "X-Forwarded-Host: localhost", host)).isEqualTo(403);
			assertThat(send("HEAD", path, "Forwarded: host=localhost", host)).isEqualTo(403);
		}
	}

	@Test
	void theOwnNamesAreAnswered() throws Exception {
		for (String host : List.of("localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:" + this.port, "127.1.2.3",
				"[::1]", "[::1]:" + this.port, "[0:0:0:0:0:0:0:1]:1", "shop.example.org", "Shop.Example.Org:443")) {
			assertThat(send("GET", "/actuator/health", "X: y", host)).isEqualTo(200);
		}
	}

	private static String load(int callers, String mix) {
		return "{\"callers\": %d, \"virtual\": false, \"mix\": \"%s\", \"payload\": 10, \"thinkMillis\": 5}"
			.formatted(callers, mix);
	}

	private HttpResponse<String> ask(String path) throws Exception {
		return this.client.send(HttpRequest.newBuilder(address(path)).build(), HttpResponse.BodyHandlers.ofString());
	}

	private void delete(String path) {
		try {
			this.client.send(HttpRequest.newBuilder(address(path)).DELETE().build(),
					HttpResponse.BodyHandlers.discarding());
		}
		catch (IOException | InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private int send(String method, String path, String header) throws IOException {
		return send(method, path, header, "127.0.0.1:" + this.port);
	}

	/**
	 * The JDK's client lets nobody set these headers.
	 */
	private int send(String method, String path, String header, String host) throws IOException {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), this.port)) {
			socket.getOutputStream()
				.write("%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
					.formatted(method, path, host, header)
					.getBytes(StandardCharsets.US_ASCII));
			String status = new BufferedReader(
					new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
				.readLine();
			return Integer.parseInt(status.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
		}
	}

	private URI address(String path) {
		return URI.create("http://127.0.0.1:" + this.port + path);
	}

	private HttpResponse<InputStream> open() throws IOException, InterruptedException {
		return this.client.send(HttpRequest.newBuilder(address("/lab/feed")).build(),
				HttpResponse.BodyHandlers.ofInputStream());
	}

	private static List<String> events(JsonNode sample, long since) {
		return sample.at("/events")
			.valueStream()
			.filter((event) -> event.at("/time").asLong() >= since)
			.map((event) -> event.at("/kind").asString() + " " + event.at("/text").asString())
			.toList();
	}

	/**
	 * A feed begins with samples of the last two minutes.
	 */
	private JsonNode awaitSample(Predicate<JsonNode> condition) throws Exception {
		long start = System.currentTimeMillis();
		return awaitAnySample((sample) -> sample.at("/time").asLong() >= start && condition.test(sample));
	}

	private JsonNode awaitAnySample(Predicate<JsonNode> condition) throws Exception {
		long end = System.nanoTime() + BOUND.toNanos();
		while (System.nanoTime() < end) {
			try (InputStream feed = open().body();
					BufferedReader lines = new BufferedReader(new InputStreamReader(feed, StandardCharsets.UTF_8))) {
				for (String line = lines.readLine(); line != null && System.nanoTime() < end; line = lines.readLine()) {
					if (line.startsWith("data:")) {
						JsonNode data = JsonMapper.shared().readTree(line.substring("data:".length()));
						for (JsonNode sample : data.isArray() ? data : List.of(data)) {
							if (condition.test(sample)) {
								return sample;
							}
						}
					}
				}
			}
		}
		throw new AssertionError("No such sample within " + BOUND);
	}

}
