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
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.protocol.RedisCommand;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link CommandEffect}.
 */
@Tag("unit")
class CommandEffectTests {

	@ParameterizedTest
	@CsvSource({ "GET key, NONE", "EVAL script 0, NONE", "json.get key, NONE", "TS.ADD key 1 2, NONE",
			"CLIENT LIST, NONE", "client id, NONE", "SCRIPT LOAD text, NONE", "SCRIPT, NONE",
			"XREAD COUNT 1 STREAMS BLOCK $, NONE", "XREADGROUP GROUP a b STREAMS key >, NONE", "XREAD, NONE",
			"MULTI, OPENS_TRANSACTION", "exec, ENDS_TRANSACTION", "DISCARD, ENDS_TRANSACTION", "watch key, WATCHES",
			"UNWATCH, UNWATCHES", "Select 3, SELECTS", "BLPOP key 0, BLOCKS", "WAIT 1 0, BLOCKS",
			"XREAD BLOCK 0 STREAMS key $, BLOCKS", "xreadgroup group a b count 1 block 5 streams key >, BLOCKS",
			"DEBUG SLEEP 1, BLOCKS", "SHUTDOWN, BLOCKS", "MODULE.BLPOP key, BLOCKS", ".GET key, BLOCKS",
			"NOBODYKNOWS, BLOCKS", "CLIENT SETNAME name, SPOILS", "client no-touch on, SPOILS", "CLIENT, SPOILS",
			"SCRIPT DEBUG YES, SPOILS", "MONITOR, SPOILS", "AUTH password, SPOILS", "subscribe channel, UNANSWERED",
			"CLIENT REPLY SKIP, UNANSWERED" })
	void aCommandIsKnownByItsWords(String words, CommandEffect effect) {
		assertThat(CommandEffect.of(raw(words.split(" ", -1)))).isEqualTo(effect);
		assertThat(CommandEffect.isHarmless(raw(words.split(" ", -1)))).isEqualTo(effect == CommandEffect.NONE);
		assertThat(CommandEffect.refusal(raw(words.split(" ", -1)))).hasMessageContaining("is not sent");
	}

	@Test
	void whatBlocksByItsNameIsNotHarmless() {
		Set<String> names = Arrays.stream(CommandType.values())
			.filter((type) -> !CommandEffect.isHarmless(new Command<>(type, null, null)))
			.map(CommandType::name)
			.collect(Collectors.toSet());
		Stream<String> blocking = Arrays.stream(CommandType.values())
			.map(CommandType::name)
			.filter((name) -> name.matches("B[LRZ].*(POP|MOVE).*"));
		assertThat(names).containsAll(blocking.toList()).doesNotContain("GET", "SET", "BITCOUNT", "PUBLISH");
	}

	@Test
	void aKeywordIsKnownByItsBytes() {
		ProtocolKeyword disguised = new ProtocolKeyword() {

			@Override
			public byte[] getBytes() {
				return "select".getBytes(StandardCharsets.US_ASCII);
			}

			@Override
			public String toString() {
				return "GET";
			}

		};
		assertThat(CommandEffect.of(new Command<>(disguised, null, null))).isEqualTo(CommandEffect.SELECTS);
	}

	@Test
	void theLocaleDoesNotMatter() {
		Locale before = Locale.getDefault();
		Locale.setDefault(Locale.forLanguageTag("tr"));
		try {
			assertThat(CommandEffect.of(raw("client", "id"))).isEqualTo(CommandEffect.NONE);
		}
		finally {
			Locale.setDefault(before);
		}
	}

	/**
	 * A command as Spring Data makes one of a name and arguments.
	 */
	private static RedisCommand<?, ?, ?> raw(String... words) {
		CommandArgs<String, String> arguments = new CommandArgs<>(StringCodec.UTF8);
		Arrays.stream(words).skip(1).forEach(arguments::addKey);
		ProtocolKeyword name = Arrays.stream(CommandType.values())
			.filter((type) -> type.name().equalsIgnoreCase(words[0]))
			.findAny()
			.<ProtocolKeyword>map((type) -> type)
			.orElseGet(() -> keyword(words[0]));
		return new Command<>(name, null, arguments);
	}

	private static ProtocolKeyword keyword(String name) {
		return () -> name.getBytes(StandardCharsets.US_ASCII);
	}

}
