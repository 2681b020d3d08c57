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

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.api.StatefulConnection;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.util.StringUtils;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.internal.transport.FailedCommands;

/**
 * Adds to the errors of opening a connection what they leave out: which user the server
 * refused, the nodes of a cluster that cannot be reached where they say that they are,
 * and, behind sentinels and with a static master and replicas, all of the nodes that were
 * tried. Of the latter, Lettuce keeps to itself what they answered, so they are asked
 * again.
 */
final class ConnectErrors {

	/**
	 * The answer of a server that wants other credentials.
	 */
	private static final List<String> REFUSALS = List.of("WRONGPASS", "NOAUTH", "NOPERM", "INVALID PASSWORD");

	/**
	 * Those that were tried; {@code null} where the error itself names them.
	 */
	private final @Nullable String servers;

	private final String user;

	private final Supplier<List<CompletableFuture<?>>> attempts;

	private final Supplier<Map<String, Throwable>> lost;

	/**
	 * Creates one that knows where to and as whom connections are opened.
	 * @param configuration where Redis is
	 * @param provided whether a credentials provider names the user instead
	 * @param attempts connects to each node whose answer is not in the error
	 * @param lost the nodes of a cluster that cannot be reached, and why
	 */
	ConnectErrors(RedisConfiguration configuration, boolean provided, Supplier<List<CompletableFuture<?>>> attempts,
			Supplier<Map<String, Throwable>> lost) {
		this.lost = lost;
		this.attempts = attempts;
		String user = user(RedisConfiguration.getUsernameOrElse(configuration, () -> null), provided);
		if (configuration instanceof RedisSentinelConfiguration behind) {
			this.servers = RedisUris.describe(configuration);
			this.user = "%s, the sentinels as %s".formatted(user, user(behind.getSentinelUsername(), provided));
		}
		else {
			this.servers = (configuration instanceof RedisConfiguration.StaticMasterReplicaConfiguration)
					? RedisUris.describe(configuration) : null;
			this.user = user;
		}
	}

	private static String user(@Nullable String name, boolean provided) {
		if (provided) {
			return "the user that the credentials provider names";
		}
		return "user '%s'".formatted(StringUtils.hasText(name) ? name : "default");
	}

	/**
	 * Adds to the errors of an opener.
	 * @param opener opens a connection
	 * @return opens it too
	 */
	Supplier<CompletionStage<StatefulConnection<?, ?>>> of(Supplier<CompletionStage<StatefulConnection<?, ?>>> opener) {
		// Lettuce's own future completes nothing that Java 8 did not have.
		return () -> opener.get().toCompletableFuture().exceptionallyCompose(this::failed);
	}

	private CompletableFuture<StatefulConnection<?, ?>> failed(Throwable error) {
		List<CompletableFuture<String>> answers = this.attempts.get()
			.stream()
			.map((attempt) -> attempt.handle((ignored, ex) -> (ex != null) ? PoolConnectException.describe(ex) : ""))
			.toList();
		return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
			.thenCompose((ignored) -> CompletableFuture
				.failedFuture(complete(error, answers.stream().map(CompletableFuture::join).toList())));
	}

	private Throwable complete(Throwable error, List<String> answers) {
		Throwable cause = FailedCommands.unwrap(error);
		String described = PoolConnectException.describe(cause);
		String text = Stream.of(Stream.of(described), answers.stream(), unnamed(described))
			.flatMap(Function.identity())
			.filter(StringUtils::hasText)
			.distinct()
			.collect(Collectors.joining("; "));
		String upperCase = text.toUpperCase(Locale.ROOT);
		boolean refused = REFUSALS.stream().anyMatch(upperCase::contains);
		if (this.servers == null) {
			return refused ? new RedisConnectionException("As %s: %s".formatted(this.user, text), cause)
					: text.equals(described) ? cause : new RedisConnectionException(text, cause);
		}
		return new RedisConnectionException("%s, as %s: %s".formatted(this.servers, this.user, text), cause);
	}

	/**
	 * Lettuce names the seeds instead, which may well have answered.
	 */
	private Stream<String> unnamed(String described) {
		return this.lost.get()
			.entrySet()
			.stream()
			.filter((node) -> !Pattern.compile(Pattern.quote(node.getKey()) + "(?!\\d)").matcher(described).find())
			.map((node) -> PoolConnectException
				.describe(new RedisConnectionException("Unable to connect to " + node.getKey(), node.getValue())))
			.sorted();
	}

}
