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

package io.github.lettucepool.internal.engine;

import java.time.Duration;

import io.lettuce.core.RedisException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

import io.github.lettucepool.PoolServer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LettucePoolServer}.
 */
@Tag("unit")
class LettucePoolServerTests {

	private final Lanes lanes = Mockito.mock(Lanes.class);

	private final PoolServer server = new LettucePoolServer("somewhere", Duration.ofSeconds(1), () -> this.lanes);

	@Test
	void whoAsksHearsOfErrorsThatAreThrownAtOnce() {
		RedisException noNode = new RedisException("no node");
		Mockito.when(this.lanes.isConnected()).thenReturn(true);
		Mockito.when(this.lanes.info()).thenThrow(noNode);
		assertThat(this.server.info()).isCompletedExceptionally();
		assertThat(this.server.askForClients()).isCompletedExceptionally();
	}

}
