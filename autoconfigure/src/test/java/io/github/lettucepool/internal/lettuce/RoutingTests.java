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

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.codec.StringCodec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Routing}.
 */
@Tag("unit")
class RoutingTests {

	private final AbstractRedisClient client = Mockito.mock(AbstractRedisClient.class);

	private final CompositeConnection connection = Mockito.mock(CompositeConnection.class);

	RoutingTests() {
		BDDMockito.given(this.connection.client()).willReturn(this.client);
		BDDMockito.willReturn(StringCodec.UTF8).given(this.connection).getCodec();
	}

	@AfterEach
	void end() {
		Routing.end(null);
	}

	@Test
	void aNodeIsOpenedForTheConnectionThatRoutes() {
		assertThat(Routing.current(StringCodec.UTF8, this.client)).isNull();
		CompositeConnection before = Routing.begin(this.connection);
		assertThat(Routing.current(StringCodec.UTF8, this.client)).isSameAs(this.connection);
		Routing.end(before);
		assertThat(Routing.current(StringCodec.UTF8, this.client)).isNull();
	}

	@Test
	void aReceiverOfRepliesMayUseAnotherConnection() {
		Routing.begin(this.connection);
		CompositeConnection before = Routing.begin(Mockito.mock(CompositeConnection.class));
		assertThat(Routing.current(StringCodec.UTF8, this.client)).isNull();
		Routing.end(before);
		assertThat(Routing.current(StringCodec.UTF8, this.client)).isSameAs(this.connection);
	}

	@Test
	void whatAnotherPoolOpensOnTheThreadIsNoNode() {
		Routing.begin(this.connection);
		assertThat(Routing.current(StringCodec.UTF8, Mockito.mock(AbstractRedisClient.class))).isNull();
		assertThat(Routing.current(StringCodec.ASCII, this.client)).isNull();
	}

}
