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

package io.github.lettucepool;

import java.time.Duration;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link CommandTimeouts}.
 */
@Tag("unit")
class CommandTimeoutsTests {

	private final CommandTimeouts timeouts = new CommandTimeouts(Duration.ofSeconds(3));

	@ParameterizedTest
	@CsvSource({ "GET, key, false, 3000", "BLPOP, key 10, true, 12000", "BLPOP, key 0, true, 0",
			"BRPOP, key other 0.5, true, 2500", "BLMOVE, key other LEFT RIGHT 7, true, 9000",
			"BRPOPLPUSH, key other 1, true, 3000", "BZPOPMIN, key 10, true, 12000", "BLMPOP, 4 1 key LEFT, true, 6000",
			"XREAD, BLOCK 10000 COUNT 2 STREAMS key 0-0, true, 12000",
			"XREAD, COUNT 2 BLOCK 0 STREAMS key 0-0, true, 0", "XREAD, COUNT 2 STREAMS key 0-0, false, 3000",
			"XREAD, STREAMS BLOCK 9 0-0 0-0, false, 3000", "XREADGROUP, GROUP g c BLOCK 1000 STREAMS key >, true, 3000",
			"WAIT, 1 5000, true, 7000", "WAIT, 1 0, true, 0", "WAIT, 1 soon, false, 3000", "WAIT, 1 -5000, false, 3000",
			"XREAD, COUNT 2, false, 3000", "XREAD, COUNT BLOCK, false, 3000", "BLPOP, key, false, 3000",
			"BLPOP, key -2, false, 3000" })
	void aBlockingCommandHasItsOwnTimeAndAMargin(CommandType type, String arguments, boolean blocking, long millis) {
		CommandArgs<String, String> args = new CommandArgs<>(StringCodec.UTF8);
		for (String argument : arguments.split(" ", -1)) {
			args.add(argument);
		}
		Command<String, String, String> command = new Command<>(type, new StatusOutput<>(StringCodec.UTF8), args);
		assertThat(this.timeouts.isBlocking(command)).isEqualTo(blocking);
		assertThat(Duration.ofNanos(this.timeouts.getTimeout(command))).hasMillis(millis);
	}

	@Test
	void aCommandWithoutArgumentsHasTheOrdinaryTime() {
		Command<String, String, String> command = new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8));
		assertThat(Duration.ofNanos(this.timeouts.getTimeout(command))).hasSeconds(3);
		assertThat(this.timeouts.isBlocking(new Command<>(CommandType.BLPOP, null))).isFalse();
	}

	@Test
	void aCommandThatIsNotKnownHasTheOrdinaryTime() {
		assertThat(Duration.ofNanos(this.timeouts.getTimeout(null))).hasSeconds(3);
		assertThat(this.timeouts.getTimeout()).hasSeconds(3);
	}

	@ParameterizedTest
	@ValueSource(longs = { 0, -1 })
	void aTimeoutThatIsNotPositiveIsRefused(long nanos) {
		assertThatIllegalArgumentException().isThrownBy(() -> new CommandTimeouts(Duration.ofNanos(nanos)))
			.withMessageContaining("must be positive");
	}

	@Test
	void optionsWithoutThemHaveNone() {
		assertThat(CommandTimeouts.of(ClientOptions.create())).isNull();
	}

}
