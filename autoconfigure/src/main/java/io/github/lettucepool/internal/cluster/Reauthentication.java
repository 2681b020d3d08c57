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

import java.util.concurrent.atomic.AtomicReference;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.ReauthenticateBehavior;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/**
 * Sends new credentials on the socket that Lettuce opens first for a connection to a
 * cluster, and that commands without a key take. Lettuce does that itself for all others
 * only: this one would stay logged in with credentials that end some day. Thread-safe.
 */
final class Reauthentication {

	private final @Nullable RedisCredentialsProvider provider;

	private final RedisChannelWriter writer;

	private final AtomicReference<@Nullable Disposable> subscription = new AtomicReference<>();

	/**
	 * Creates one that does nothing yet.
	 * @param provider has the credentials, or {@code null} if there are none
	 * @param writer where a command without a key takes that socket
	 */
	Reauthentication(@Nullable RedisCredentialsProvider provider, RedisChannelWriter writer) {
		this.provider = provider;
		this.writer = writer;
	}

	/**
	 * The provider whose new credentials are to be sent, if there is one.
	 * @param provider the provider of the connections
	 * @param options the options of the client
	 * @return the provider, or {@code null} if it does not tell of new ones, or they are
	 * not to be sent
	 */
	static @Nullable RedisCredentialsProvider streaming(@Nullable RedisCredentialsProvider provider,
			ClientOptions options) {
		boolean wanted = options.getReauthenticateBehaviour() == ReauthenticateBehavior.ON_NEW_CREDENTIALS;
		return (wanted && provider != null && provider.supportsStreaming()) ? provider : null;
	}

	/**
	 * The socket is open: sends the credentials of the moment, and all that come.
	 */
	void begin() {
		if (this.provider != null) {
			replace(this.provider.credentials().subscribe(this::send, (ex) -> {
				// The application's provider: Lettuce says so for each other socket.
			}));
		}
	}

	/**
	 * The socket is closed.
	 */
	void end() {
		replace(null);
	}

	private void replace(@Nullable Disposable next) {
		Disposable last = this.subscription.getAndSet(next);
		if (last != null) {
			last.dispose();
		}
	}

	private void send(RedisCredentials credentials) {
		if (!credentials.hasPassword()) {
			return;
		}
		CommandArgs<String, String> args = new CommandArgs<>(StringCodec.UTF8);
		if (credentials.hasUsername()) {
			args.add(credentials.getUsername());
		}
		args.add(credentials.getPassword());
		// Nobody waits for the answer.
		this.writer.write(new Command<>(CommandType.AUTH, new StatusOutput<>(StringCodec.UTF8), args));
	}

}
