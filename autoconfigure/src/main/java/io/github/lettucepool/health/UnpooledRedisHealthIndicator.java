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

package io.github.lettucepool.health;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.AbstractReactiveHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.boot.health.contributor.Status;
import reactor.core.publisher.Mono;

import io.github.lettucepool.RedisPool;

/**
 * {@link ReactiveHealthIndicator} that asks the server behind a pool whether it answers,
 * as Spring Boot's does, but borrows nothing for that: a pool without a shared lane would
 * make Spring Boot's wait in the queue, and take the last connection from somebody who
 * needs it.
 */
public final class UnpooledRedisHealthIndicator extends AbstractReactiveHealthIndicator {

	private final RedisPool pool;

	/**
	 * Creates the indicator.
	 * @param pool the pool whose server is asked
	 */
	public UnpooledRedisHealthIndicator(RedisPool pool) {
		super("Redis health check failed");
		this.pool = pool;
	}

	@Override
	protected Mono<Health> doHealthCheck(Health.Builder builder) {
		return Mono.fromCompletionStage(() -> this.pool.getServer().info()).map((info) -> {
			builder.status("fail".equals(value(info, "cluster_state")) ? Status.DOWN : Status.UP);
			String version = value(info, "redis_version");
			if (version != null) {
				builder.withDetail("version", version);
			}
			withNumber(builder, "cluster_size", value(info, "cluster_size"));
			withNumber(builder, "slots_up", value(info, "cluster_slots_ok"));
			withNumber(builder, "slots_fail", value(info, "cluster_slots_fail"));
			return builder.build();
		});
	}

	private static void withNumber(Health.Builder builder, String detail, @Nullable String value) {
		if (value != null) {
			builder.withDetail(detail, Long.valueOf(value));
		}
	}

	private static @Nullable String value(String info, String key) {
		Matcher matcher = Pattern.compile("(?m)^%s:(\\S+)".formatted(key)).matcher(info);
		return matcher.find() ? matcher.group(1) : null;
	}

}
