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

package io.github.lettucepool.internal.lettuce;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.github.lettucepool.CommandTimeouts;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Tests that the commands of the server are known here: those that block, and those that
 * change the state of their connection. A newer server may have new ones.
 */
class ServerCommandsTests {

	/**
	 * Commands about connections, transactions and subscriptions that change nothing.
	 */
	private static final Set<String> HARMLESS = Set.of("CLIENT GETNAME", "CLIENT GETREDIR", "CLIENT HELP", "CLIENT ID",
			"CLIENT INFO", "CLIENT KILL", "CLIENT LIST", "CLIENT PAUSE", "CLIENT TRACKINGINFO", "CLIENT UNBLOCK",
			"CLIENT UNPAUSE", "COMMAND", "ECHO", "PING", "PUBLISH", "PUBSUB", "SPUBLISH");

	/**
	 * The seconds or milliseconds that a command is made to block for.
	 */
	private static final String TIME = "7";

	private final CommandTimeouts timeouts = new CommandTimeouts(Duration.ofSeconds(3));

	@Test
	void eachCommandThatBlocksIsKnownWithTheTimeForWhichItDoes(@Redis RedisServer server) {
		Map<String, ServerCommand> commands = commands(server);
		Map<String, List<?>> arguments = arguments(server);
		List<ServerCommand> blocking = commands.values()
			.stream()
			.filter((command) -> command.flags().contains("blocking"))
			.toList();
		assertThat(blocking).extracting(ServerCommand::name).contains("BLPOP", "XREAD", "BZMPOP");
		assertThat(blocking).allSatisfy((command) -> {
			List<String> words = new ArrayList<>();
			addExample(arguments.get(command.name()), words);
			Command<?, ?, ?> example = command(command.name(), words);
			assertThat(CommandEffect.of(example)).as("effect of %s %s", command.name(), words)
				.isEqualTo(CommandEffect.BLOCKS);
			assertThat(this.timeouts.isBlocking(example)).as("time of %s %s", command.name(), words).isTrue();
			assertThat(Duration.ofNanos(this.timeouts.getTimeout(example))).isIn(Duration.ofSeconds(9),
					Duration.ofMillis(2007));
		});
	}

	@Test
	void eachCommandThatMayChangeTheStateOfItsConnectionIsKnown(@Redis RedisServer server) {
		List<ServerCommand> suspects = commands(server).values()
			.stream()
			.filter((command) -> Stream.of("@connection", "@transaction", "@pubsub")
				.anyMatch(command.categories()::contains))
			.filter((command) -> !HARMLESS.contains(command.name())
					&& !HARMLESS.contains(command.name().replaceAll(" .*", "")))
			.toList();
		assertThat(suspects).extracting(ServerCommand::name)
			.contains("AUTH", "CLIENT REPLY", "CLIENT TRACKING", "MULTI", "SELECT", "SUBSCRIBE");
		assertThat(suspects).noneSatisfy((command) -> {
			String[] words = command.name().split(" ");
			assertThat(CommandEffect.of(command(words[0], List.of(words).subList(1, words.length))))
				.isEqualTo(CommandEffect.NONE);
		});
	}

	/**
	 * The commands by their names, the words of a sub-command separated by a space.
	 */
	private static Map<String, ServerCommand> commands(RedisServer server) {
		Map<String, ServerCommand> commands = new TreeMap<>();
		add(list(server.execute("COMMAND")), commands);
		return commands;
	}

	private static void add(List<?> described, Map<String, ServerCommand> commands) {
		for (Object description : described) {
			List<?> fields = list(description);
			String name = name(fields.get(0));
			commands.put(name, new ServerCommand(name, list(fields.get(2)), list(fields.get(6))));
			if (fields.size() > 9) {
				add(list(fields.get(9)), commands);
			}
		}
	}

	private static Map<String, List<?>> arguments(RedisServer server) {
		assumeTrue(server.execute("COMMAND", "INFO", "COMMAND|DOCS") instanceof List<?> found && found.get(0) != null,
				"The server has no documentation");
		Map<String, List<?>> arguments = new TreeMap<>();
		map(server.execute("COMMAND", "DOCS")).forEach((name, documentation) -> arguments.put(name(name),
				list(map(documentation).getOrDefault("arguments", List.of()))));
		return arguments;
	}

	/**
	 * Adds the words that a command needs, and the optional ones without which it does
	 * not block.
	 */
	private static void addExample(List<?> arguments, List<String> words) {
		for (Object argument : arguments) {
			Map<String, Object> fields = map(argument);
			boolean optional = list(fields.getOrDefault("flags", List.of())).contains("optional");
			Object token = fields.get("token");
			if (optional && !"BLOCK".equals(token)) {
				continue;
			}
			if (token != null && !token.equals("\"\"")) {
				words.add(String.valueOf(token));
			}
			List<?> parts = list(fields.getOrDefault("arguments", List.of()));
			switch (String.valueOf(fields.get("type"))) {
				case "block" -> addExample(parts, words);
				case "oneof" -> addExample(parts.subList(0, 1), words);
				case "pure-token" -> {
				}
				case "double" -> words.add(TIME);
				case "integer" -> words.add(fields.get("name").equals("numkeys") ? "1" : TIME);
				default -> words.add(String.valueOf(fields.get("name")));
			}
		}
	}

	private static Command<?, ?, ?> command(String name, List<String> words) {
		CommandArgs<String, String> arguments = new CommandArgs<>(StringCodec.UTF8);
		words.forEach(arguments::add);
		ProtocolKeyword type = Stream.of(CommandType.values())
			.filter((known) -> known.toString().equals(name))
			.findAny()
			.<ProtocolKeyword>map((known) -> known)
			.orElseGet(() -> new Keyword(name));
		return new Command<>(type, null, arguments);
	}

	private static String name(@Nullable Object name) {
		return String.valueOf(name).toUpperCase(Locale.ROOT).replace('|', ' ');
	}

	private static List<?> list(@Nullable Object reply) {
		assertThat(reply).isInstanceOf(List.class);
		return (List<?>) reply;
	}

	private static Map<String, Object> map(@Nullable Object reply) {
		List<?> entries = list(reply);
		Map<String, Object> map = new TreeMap<>();
		for (int i = 0; i < entries.size(); i += 2) {
			map.put(String.valueOf(entries.get(i)), entries.get(i + 1));
		}
		return map;
	}

	private record ServerCommand(String name, List<?> flags, List<?> categories) {

	}

	/**
	 * The name of a command that Lettuce does not know.
	 */
	private record Keyword(String word) implements ProtocolKeyword {

		@Override
		public byte[] getBytes() {
			return this.word.getBytes(StandardCharsets.US_ASCII);
		}

		@Override
		public String toString() {
			return this.word;
		}

	}

}
