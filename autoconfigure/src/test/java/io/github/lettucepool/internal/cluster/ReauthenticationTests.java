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

package io.github.lettucepool.internal.cluster;

import java.util.ArrayList;
import java.util.List;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.ReauthenticateBehavior;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.protocol.RedisCommand;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests for {@link Reauthentication}.
 */
@Tag("unit")
class ReauthenticationTests {

	private final RedisChannelWriter writer = Mockito.mock(RedisChannelWriter.class);

	private final List<String> sent = new ArrayList<>();

	private final Sinks.Many<RedisCredentials> credentials = Sinks.many().multicast().directBestEffort();

	private final Streaming provider = new Streaming(this.credentials.asFlux());

	ReauthenticationTests() {
		BDDMockito.given(this.writer.write(ArgumentMatchers.<RedisCommand<Object, Object, Object>>any()))
			.willAnswer((call) -> {
				RedisCommand<?, ?, ?> command = call.getArgument(0);
				this.sent.add(command.getType() + " " + command.getArgs().toCommandString());
				return command;
			});
	}

	@Test
	void onlyAProviderThatTellsOfNewCredentialsIsAskedAndOnlyIfTheyAreWanted() {
		ClientOptions wanted = ClientOptions.builder()
			.reauthenticateBehavior(ReauthenticateBehavior.ON_NEW_CREDENTIALS)
			.build();
		assertThat(Reauthentication.streaming(this.provider, wanted)).isSameAs(this.provider);
		assertThat(Reauthentication.streaming(this.provider, ClientOptions.create())).isNull();
		assertThat(Reauthentication.streaming(() -> Mono.just(password("secret")), wanted)).isNull();
		assertThat(Reauthentication.streaming(null, wanted)).isNull();
	}

	@Test
	void eachNewPasswordIsSentAsLongAsTheSocketIsOpen() {
		Reauthentication reauthentication = new Reauthentication(this.provider, this.writer);
		this.credentials.tryEmitNext(password("early"));
		reauthentication.begin();
		this.credentials.tryEmitNext(password("one"));
		this.credentials.tryEmitNext(RedisCredentials.just("app", "two"));
		this.credentials.tryEmitNext(RedisCredentials.just("app", (char[]) null));
		reauthentication.end();
		this.credentials.tryEmitNext(password("late"));
		assertThat(this.sent).containsExactly("AUTH one", "AUTH app two");
	}

	@Test
	void aSocketThatIsOpenedAgainIsToldOnce() {
		Reauthentication reauthentication = new Reauthentication(this.provider, this.writer);
		reauthentication.begin();
		reauthentication.begin();
		this.credentials.tryEmitNext(password("one"));
		assertThat(this.sent).containsExactly("AUTH one");
	}

	@Test
	void aProviderThatFailsDisturbsNobody() {
		Reauthentication failing = new Reauthentication(new Streaming(Flux.error(new IllegalStateException("vault"))),
				this.writer);
		assertThatNoException().isThrownBy(failing::begin);
		Reauthentication none = new Reauthentication(null, this.writer);
		none.begin();
		none.end();
		assertThat(this.sent).isEmpty();
	}

	private static RedisCredentials password(String password) {
		return RedisCredentials.just(null, password);
	}

	/**
	 * A provider that tells of new credentials.
	 *
	 * @param credentials the credentials
	 */
	private record Streaming(Flux<RedisCredentials> credentials) implements RedisCredentialsProvider {

		@Override
		public Mono<RedisCredentials> resolveCredentials() {
			return this.credentials.next();
		}

		@Override
		public boolean supportsStreaming() {
			return true;
		}

	}

}
