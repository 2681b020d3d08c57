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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.api.StatefulConnection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ConnectErrors}.
 */
@Tag("unit")
class ConnectErrorsTests {

	private final List<CompletableFuture<?>> attempts = new ArrayList<>();

	private final Map<String, Throwable> lost = new HashMap<>();

	@Test
	void aConnectionIsPassedOn() {
		StatefulConnection<?, ?> connection = Mockito.mock(StatefulConnection.class);
		ConnectErrors errors = new ConnectErrors(new RedisStandaloneConfiguration(), false, () -> this.attempts,
				() -> this.lost);
		assertThat(errors.of(() -> CompletableFuture.completedFuture(connection)).get().toCompletableFuture().join())
			.isSameAs(connection);
	}

	@Test
	void anErrorOfOneServerIsLeftAsItIs() {
		RedisConnectionException error = new RedisConnectionException("refused");
		assertThat(failure(new RedisStandaloneConfiguration(), false, error)).isSameAs(error);
		assertThat(failure(new RedisStandaloneConfiguration(), false, new CompletionException(error))).isSameAs(error);
		CompletionException alone = new CompletionException("refused", null);
		assertThat(failure(new RedisStandaloneConfiguration(), false, alone)).isSameAs(alone);
	}

	@Test
	void whoIsRefusedIsNamed() {
		RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration();
		RedisConnectionException error = new RedisConnectionException("WRONGPASS no such user");
		assertThat(failure(configuration, false, error)).hasMessage("As user 'default': WRONGPASS no such user");
		configuration.setUsername("app");
		assertThat(failure(configuration, false, error)).hasMessage("As user 'app': WRONGPASS no such user");
		assertThat(failure(configuration, true, error))
			.hasMessage("As the user that the credentials provider names: WRONGPASS no such user");
	}

	@Test
	void sentinelsAreNamedWithTheUserThatTheyKnow() {
		RedisSentinelConfiguration configuration = new RedisSentinelConfiguration().master("mymaster")
			.sentinel("a", 26379);
		configuration.setSentinelUsername("watcher");
		assertThat(failure(configuration, false, new RedisConnectionException("refused"))).hasMessage(
				"master 'mymaster' of the sentinels [a:26379], as user 'default', the sentinels as user 'watcher': "
						+ "refused");
	}

	@Test
	void whatTheNodesAnswerIsAddedOnceEach() {
		RedisStaticMasterReplicaConfiguration configuration = new RedisStaticMasterReplicaConfiguration("a", 1);
		configuration.addNode("b", 2);
		this.attempts.add(CompletableFuture.failedFuture(new RedisConnectionException("a is loading")));
		this.attempts.add(CompletableFuture.completedFuture("connected"));
		this.attempts.add(CompletableFuture.failedFuture(new RedisConnectionException("a is loading")));
		assertThat(failure(configuration, false, new RedisConnectionException("no node")))
			.hasMessageEndingWith(", as user 'default': no node; a is loading");
	}

	@Test
	void nodesOfAClusterThatCannotBeReachedAreNamedUnlessTheErrorNamesThem() {
		this.lost.put("10.0.0.1:1", new RedisConnectionException("Connection refused"));
		this.lost.put("10.0.0.1:2", new RedisConnectionException("Connection refused"));
		RedisClusterConfiguration configuration = new RedisClusterConfiguration();
		RedisConnectionException error = new RedisConnectionException("Unable to connect to [10.0.0.1:17, 10.0.0.1:2]");
		assertThat(failure(configuration, false, error))
			.hasMessage(error.getMessage() + "; Unable to connect to 10.0.0.1:1: Connection refused")
			.hasCause(error);
	}

	private Throwable failure(RedisConfiguration configuration, boolean provided, Throwable error) {
		return new ConnectErrors(configuration, provided, () -> this.attempts, () -> this.lost)
			.of(() -> CompletableFuture.failedFuture(error))
			.get()
			.handle((connection, ex) -> (ex instanceof CompletionException && ex.getCause() != null) ? ex.getCause()
					: ex)
			.toCompletableFuture()
			.join();
	}

}
