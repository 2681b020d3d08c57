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

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.Order;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.stereotype.Component;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.RespClient;
import io.github.lettucepool.sample.lab.Latencies;

@Component
@Order(1)
class Handshake implements Experiment {

	static final String COMMAND = "GET key";

	private static final String CONNECT = "TCP connect";

	private static final Set<String> INTRODUCTION = Set.of("HELLO", "CLIENT", "SELECT");

	private static final Duration THINK = Duration.ofMillis(5);

	@Override
	public About about() {
		return new About("handshake", "A connection and its handshake",
				"Client and server introduce themselves before the first command. Message by message, how long does that "
						+ "take?",
				List.of("Connect for each GET", "Keep the connection"), "spring.data.redis.connect-timeout",
				"docs/tuning.md#timeouts-that-fit-together");
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		// The server writes down each command that it gets.
		RedisServer server = stage.server((builder) -> builder.config("slowlog-log-slower-than", "0"));
		RedisStandaloneConfiguration address = new RedisStandaloneConfiguration(server.host(), server.port());
		address.setDatabase(1);
		Bench bench = stage.pool(address, (settings) -> settings);
		bench.redis().opsForValue().get("key");
		List<String> messages = new ArrayList<>(introduction(server.execute("SLOWLOG", "GET", "100")));
		messages.add(COMMAND);
		Map<String, Latencies> latencies = new LinkedHashMap<>();
		latencies.put(CONNECT, new Latencies());
		messages.forEach((message) -> latencies.put(message, new Latencies()));
		Map<String, Latencies.Window> windows = new LinkedHashMap<>();
		latencies.forEach((message, times) -> windows.put(message, times.window()));
		Measured connecting = stage.measure(0, bench.calls(), 1, THINK, () -> say(server, latencies),
				() -> windows.values().forEach(Latencies.Window::next));
		for (Map.Entry<String, Latencies.Window> window : windows.entrySet()) {
			connecting = connecting.with(window.getKey(), window.getValue().next().p50(), "ms");
		}
		// By the same client, so that nothing but the connecting differs.
		RespClient client = stage.use(new RespClient(server.host(), server.port()));
		Measured kept = stage.measure(1, bench.calls(), 1, THINK, () -> client.execute(COMMAND.split(" ")));
		return findings(connecting, kept.with(COMMAND, kept.get(Measured.MEDIAN), "ms"),
				messages.subList(0, messages.size() - 1));
	}

	static Findings findings(Measured connecting, Measured kept, List<String> introduction) {
		return Findings.of(List.of(connecting, kept), Findings.remember(
				Findings.clearlyMore(connecting.get(Measured.MEDIAN), kept.get(Measured.MEDIAN)),
				"A connection is a socket that both sides have agreed on. Open it once, keep it, and give it to "
						+ "the next: that is all a pool does."),
				Findings.text(
						"A new connection of the pool introduces itself with %s. A plain client that connects, says the same and "
								+ "sends a GET took %s (median), the GET %s of it.",
						introduction.stream().collect(Collectors.joining(", ")),
						Findings.millis(connecting.get(Measured.MEDIAN)), Findings.millis(connecting.get(COMMAND))),
				Findings.text("On a connection that it kept, a GET took %s: with connecting, it took %s as long.",
						Findings.millis(kept.get(Measured.MEDIAN)),
						Findings.times(connecting.get(Measured.MEDIAN), kept.get(Measured.MEDIAN))));
	}

	/**
	 * The messages by which the first client introduced itself.
	 * @param log the answer to SLOWLOG, the latest entry first
	 */
	private static List<String> introduction(@Nullable Object log) {
		List<?> entries = (log instanceof List<?> list) ? list : List.of();
		List<String> messages = new ArrayList<>();
		Object client = null;
		for (int i = entries.size() - 1; i >= 0; i--) {
			List<?> entry = (List<?>) entries.get(i);
			String message = ((List<?>) entry.get(3)).stream().map(String::valueOf).collect(Collectors.joining(" "));
			if (client == null && message.startsWith("HELLO")) {
				client = entry.get(4);
			}
			if (client != null && client.equals(entry.get(4)) && INTRODUCTION.stream().anyMatch(message::startsWith)) {
				messages.add(message);
			}
		}
		return messages;
	}

	private static void say(RedisServer server, Map<String, Latencies> latencies) throws Exception {
		long start = System.nanoTime();
		RespClient client = null;
		try {
			for (Map.Entry<String, Latencies> message : latencies.entrySet()) {
				if (client == null) {
					client = new RespClient(server.host(), server.port());
				}
				else {
					// This client does not read RESP3.
					client.execute(message.getKey().replace("HELLO 3", "HELLO 2").split(" "));
				}
				long end = System.nanoTime();
				message.getValue().add(end - start);
				start = end;
			}
		}
		finally {
			if (client != null) {
				client.close();
			}
		}
	}

}
