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

package io.github.lettucepool.internal.springdata;

import java.time.Duration;

import io.lettuce.core.AbstractRedisAsyncCommands;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisAsyncCommandsImpl;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandInterruptedException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.reactive.RedisReactiveCommands;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.reactive.RedisAdvancedClusterReactiveCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests for {@link FrontConnection}, in front of lanes that take everything.
 */
@Tag("unit")
@SuppressWarnings("unchecked")
class FrontConnectionTests {

	private final SharedFront<byte[], byte[]> front = Mockito.mock(SharedFront.class);

	private final DedicatedLease lease = Mockito.mock(DedicatedLease.class);

	private final RedisAsyncCommandsImpl<byte[], byte[]> exclusive = Mockito.mock(RedisAsyncCommandsImpl.class);

	private final StatefulRedisConnection<byte[], byte[]> connection = (StatefulRedisConnection<byte[], byte[]>) FrontConnection
		.of(this.front, this.lease, false);

	@BeforeEach
	void setFront() {
		RedisClient client = Mockito.mock(RedisClient.class);
		BDDMockito.given(client.getOptions()).willReturn(ClientOptions.create());
		BDDMockito.given(this.front.client()).willReturn(client);
		BDDMockito.given(this.front.codec()).willReturn(ByteArrayCodec.INSTANCE);
		BDDMockito.given(this.lease.commands()).willReturn(this.exclusive);
	}

	@Test
	void eachIsEqualToItselfOnly() {
		StatefulConnection<byte[], byte[]> other = FrontConnection.of(this.front, this.lease, false);
		assertThat(this.connection.equals(this.connection)).isTrue();
		assertThat(this.connection.equals(other)).isFalse();
		assertThat(this.connection.hashCode()).isEqualTo(System.identityHashCode(this.connection));
		assertThat(this.connection).hasToString("FrontConnection");
	}

	@Test
	void closingItClosesNothing() {
		this.connection.close();
		assertThat(this.connection.closeAsync()).isCompleted();
		assertThat(this.connection.isOpen()).isTrue();
		Mockito.verifyNoInteractions(this.lease);
	}

	@Test
	void aHarmlessCommandTakesTheSharedLanesUnlessItsSenderHasChangedAConnection() {
		Command<byte[], byte[], String> get = command(CommandType.GET);
		commands(this.connection.async()).dispatch(get);
		Mockito.verify(this.front).send(get);
		BDDMockito.given(this.lease.isChanged()).willReturn(true);
		commands(this.connection.async()).dispatch(get);
		Mockito.verify(this.exclusive).dispatch((RedisCommand<byte[], byte[], String>) get);
		Mockito.verify(this.front).send(get);
	}

	@Test
	void aCommandWithAnEffectTakesTheSendersConnection() {
		Command<byte[], byte[], String> select = command(CommandType.SELECT);
		commands(this.connection.async()).dispatch(select);
		Mockito.verify(this.exclusive).dispatch((RedisCommand<byte[], byte[], String>) select);
		Mockito.verify(this.front, Mockito.never()).send(ArgumentMatchers.any());
	}

	@Test
	void aCommandWithAnEffectIsRefusedIfItHasNoAnswerOrItsSenderNoConnection() {
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
			.isThrownBy(() -> commands(this.connection.async()).dispatch(command(CommandType.SUBSCRIBE)));
		StatefulRedisConnection<byte[], byte[]> reactive = (StatefulRedisConnection<byte[], byte[]>) FrontConnection
			.of(this.front, null, false);
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
			.isThrownBy(() -> commands(reactive.async()).dispatch(command(CommandType.SELECT)));
		AsyncCommand<byte[], byte[], String> select = new AsyncCommand<>(command(CommandType.SELECT));
		reactive.dispatch((RedisCommand<byte[], byte[], String>) select);
		assertThat(select).isCompletedExceptionally();
		Mockito.verifyNoInteractions(this.exclusive);
	}

	@Test
	void aSubscriberHearsOfALostLaneFromItsCommand() {
		StatefulConnection<byte[], byte[]> reactive = FrontConnection.of(this.front, null, false);
		AsyncCommand<byte[], byte[], String> get = new AsyncCommand<>(command(CommandType.GET));
		BDDMockito.willThrow(new IllegalStateException("lost")).given(this.front).sendReactive(get);
		((StatefulRedisConnection<byte[], byte[]>) reactive).dispatch((RedisCommand<byte[], byte[], String>) get);
		assertThatThrownBy(get::join).hasRootCauseMessage("lost");
	}

	@Test
	void whatConcernsAConnectionAsAWholeConcernsTheSendersOwn() {
		StatefulRedisConnection<byte[], byte[]> own = Mockito.mock(StatefulRedisConnection.class);
		RedisReactiveCommands<byte[], byte[]> reactive = Mockito.mock(RedisReactiveCommands.class);
		BDDMockito.given(own.getTimeout()).willReturn(Duration.ofSeconds(7));
		BDDMockito.given(own.reactive()).willReturn(reactive);
		BDDMockito.given(this.lease.connection()).willAnswer((call) -> own);
		assertThat(this.connection.getTimeout()).hasSeconds(7);
		assertThat(this.connection.reactive()).isSameAs(reactive);
		RedisCommandInterruptedException interrupted = new RedisCommandInterruptedException(null);
		BDDMockito.given(own.sync()).willThrow(interrupted);
		assertThatThrownBy(this.connection::sync).isSameAs(interrupted);
	}

	@Test
	void inAClusterSubscribersUseASharedConnection() {
		StatefulRedisClusterConnection<byte[], byte[]> shared = Mockito.mock(StatefulRedisClusterConnection.class);
		RedisAdvancedClusterReactiveCommands<byte[], byte[]> reactive = Mockito
			.mock(RedisAdvancedClusterReactiveCommands.class);
		BDDMockito.given(shared.reactive()).willReturn(reactive);
		BDDMockito.given(this.front.connection()).willAnswer((call) -> shared);
		StatefulRedisClusterConnection<byte[], byte[]> cluster = (StatefulRedisClusterConnection<byte[], byte[]>) FrontConnection
			.of(this.front, null, true);
		assertThat(cluster.reactive()).isSameAs(reactive);
	}

	@Test
	void inAClusterTheNameOfASenderIsThatOfItsOwnConnection() {
		StatefulRedisClusterConnection<byte[], byte[]> shared = Mockito.mock(StatefulRedisClusterConnection.class);
		BDDMockito.given(this.front.connection()).willAnswer((call) -> shared);
		StatefulRedisClusterConnection<byte[], byte[]> cluster = (StatefulRedisClusterConnection<byte[], byte[]>) FrontConnection
			.of(this.front, this.lease, true);
		byte[] name = { 1 };
		cluster.async().clientSetname(name);
		Mockito.verify(this.exclusive).clientSetname(name);
	}

	private static AbstractRedisAsyncCommands<byte[], byte[]> commands(Object commands) {
		return (AbstractRedisAsyncCommands<byte[], byte[]>) commands;
	}

	private static Command<byte[], byte[], String> command(CommandType type) {
		return new Command<>(type, new StatusOutput<>(ByteArrayCodec.INSTANCE));
	}

}
