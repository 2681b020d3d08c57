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

package io.github.lettucepool.embedded.junit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.embedded.EmbeddedRedisException;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.RespClient;

/**
 * Servers that run, and what they were like at their start.
 */
final class Started implements AutoCloseable {

	private static final Map<Asked, Started> shared = new HashMap<>();

	private final Object servers;

	private final Map<RedisServer, State> states = new LinkedHashMap<>();

	private final Runnable start;

	private final Runnable end;

	/**
	 * Takes over what runs.
	 * @param servers what a test is given
	 * @param each the servers in it whose state tests may change
	 * @param start starts those that do not run
	 * @param end ends all of them
	 */
	Started(Object servers, List<RedisServer> each, Runnable start, Runnable end) {
		this.servers = servers;
		this.start = start;
		this.end = end;
		each.forEach((server) -> this.states.put(server, onConnection(server, State::of)));
	}

	/**
	 * What everybody is given who asks for the same. It runs until the virtual machine
	 * ends.
	 */
	static synchronized Started shared(Asked asked) {
		return shared.computeIfAbsent(asked, Asked::start);
	}

	/**
	 * Starts those that do not run.
	 * @return what a test is given
	 */
	Object whole() {
		this.states.keySet().forEach(RedisServer::resume);
		this.start.run();
		return this.servers;
	}

	/**
	 * Makes them what they were at their start.
	 * @return what a test is given
	 */
	Object restored() {
		whole();
		this.states.forEach((server, state) -> onConnection(server, (client) -> {
			if (this.servers == server) {
				// In a cluster and of sentinels, some are not the tests'.
				client.execute("CLIENT", "KILL", "TYPE", "normal");
				client.execute("CLIENT", "KILL", "TYPE", "pubsub");
			}
			if (client.execute("ROLE") instanceof List<?> role && "master".equals(role.get(0))) {
				client.execute("FLUSHALL");
			}
			state.restore(client);
			client.execute("CONFIG", "RESETSTAT");
			return state;
		}));
		return this.servers;
	}

	@Override
	public void close() {
		this.end.run();
	}

	private static State onConnection(RedisServer server, Conversation conversation) {
		try (RespClient client = server.connect()) {
			return conversation.on(client);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("%s does not answer".formatted(server), ex);
		}
	}

	private interface Conversation {

		State on(RespClient client) throws IOException;

	}

	/**
	 * What tests may have changed.
	 *
	 * @param config the configuration
	 * @param users the rules of each user
	 */
	private record State(Map<String, String> config, Map<String, List<String>> users) {

		static State of(RespClient client) throws IOException {
			Map<String, String> config = new HashMap<>();
			List<?> pairs = list(client.execute("CONFIG", "GET", "*"));
			for (int i = 0; i < pairs.size(); i += 2) {
				config.put(String.valueOf(pairs.get(i)), String.valueOf(pairs.get(i + 1)));
			}
			Map<String, List<String>> users = new HashMap<>();
			for (Object user : list(client.execute("ACL", "LIST"))) {
				List<String> words = List.of(String.valueOf(user).split(" "));
				users.put(words.get(1), words.subList(2, words.size()));
			}
			return new State(config, users);
		}

		private static List<?> list(@Nullable Object answer) {
			return (answer instanceof List<?> list) ? list : List.of();
		}

		void restore(RespClient client) throws IOException {
			State now = of(client);
			for (Map.Entry<String, String> entry : this.config.entrySet()) {
				if (!entry.getValue().equals(now.config.get(entry.getKey()))) {
					restore(client, entry.getKey(), entry.getValue());
				}
			}
			for (String user : now.users.keySet()) {
				if (!this.users.containsKey(user)) {
					client.execute("ACL", "DELUSER", user);
				}
			}
			for (Map.Entry<String, List<String>> entry : this.users.entrySet()) {
				if (!entry.getValue().equals(now.users.get(entry.getKey()))) {
					List<String> command = new ArrayList<>(List.of("ACL", "SETUSER", entry.getKey(), "reset"));
					command.addAll(entry.getValue());
					client.execute(command.toArray(String[]::new));
				}
			}
		}

		private static void restore(RespClient client, String key, String value) throws IOException {
			try {
				client.execute("CONFIG", "SET", key, value);
			}
			catch (EmbeddedRedisException ex) {
				// Not for a client to set, so none did: a replica's master, for example.
			}
		}

	}

}
