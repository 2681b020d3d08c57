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

package io.github.lettucepool.internal.lowlatency;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.internal.shared.ReplayFilter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link SecondTry}.
 */
@Tag("unit")
class SecondTryTests {

	@ParameterizedTest
	@ValueSource(classes = { StatefulRedisConnection.class, StatefulRedisClusterConnection.class })
	@SuppressWarnings("unchecked")
	void aReadGoesToTheSharedConnectionWhateverItsTopology(Class<StatefulConnection<String, String>> topology) {
		StatefulConnection<String, String> shared = Mockito.mock(topology);
		ReplayFilter replay = new ReplayFilter(PoolSettings.builder().build().getReplay(), ClientOptions.create());
		SecondTry secondTry = new SecondTry((command) -> replay.lost(command) == null, () -> shared);
		RedisCommand<String, String, String> get = command(CommandType.GET);
		assertThat(secondTry.lost().test(get)).isTrue();
		assertThat(secondTry.lost().test(command(CommandType.INCR))).isFalse();
		secondTry.send(get);
		BDDMockito.then(shared).should().dispatch(get);
	}

	private static RedisCommand<String, String, String> command(CommandType type) {
		return new Command<>(type, new StatusOutput<>(StringCodec.UTF8));
	}

}
