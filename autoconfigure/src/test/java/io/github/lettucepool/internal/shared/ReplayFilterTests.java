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

package io.github.lettucepool.internal.shared;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.github.lettucepool.PoolSettings.Replay;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link ReplayFilter}.
 */
@Tag("unit")
class ReplayFilterTests {

	private static final StringCodec CODEC = StringCodec.UTF8;

	@Test
	void readsAreSentAgainWithReadsAndWritesAreNot() {
		ReplayFilter filter = new ReplayFilter(Replay.READS, ClientOptions.create());
		assertThat(filter.test(new Command<>(CommandType.GET, new ValueOutput<>(CODEC)))).isTrue();
		assertThat(filter.test(new Command<>(CommandType.SET, new ValueOutput<>(CODEC)))).isFalse();
	}

	@ParameterizedTest
	@EnumSource
	void nothingIsSentAgainWithNoneAndEverythingWithAll(Replay replay) {
		ReplayFilter filter = new ReplayFilter(replay, ClientOptions.create());
		assertThat(filter.test(new Command<>(CommandType.GET, null))).isEqualTo(replay != Replay.NONE);
		assertThat(filter.test(new Command<>(CommandType.SET, null))).isEqualTo(replay == Replay.ALL);
	}

	@Test
	void aCommandIsSentAgainTwiceWhateverItIsWrappedIn() {
		ReplayFilter filter = new ReplayFilter(Replay.READS, ClientOptions.create());
		Command<String, String, String> get = new Command<>(CommandType.GET, new ValueOutput<>(CODEC));
		assertThat(filter.lost(get)).isNull();
		assertThat(filter.lost(new AsyncCommand<>(get))).isNull();
		assertThat(filter.lost(get))
			.hasMessage("The connection was lost each time that GET was sent, 3 times, before the reply arrived");
		assertThat(filter.lost(new Command<>(CommandType.GET, new ValueOutput<>(CODEC)))).isNull();
		assertThat(filter.lost(new Command<>(CommandType.SET, new ValueOutput<>(CODEC)))).hasMessage(
				"The connection was lost before the reply to SET arrived; it is not known whether it took effect");
	}

	@Test
	void nothingIsSentAgainIfItIsNotKnownWhetherItOnlyReads() {
		ReplayFilter filter = new ReplayFilter(Replay.READS, ClientOptions.builder().readOnlyCommands((command) -> {
			throw new IllegalStateException("expected by the test");
		}).build());
		assertThat(filter.lost(new Command<>(CommandType.GET, null))).isNotNull();
	}

}
