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

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import reactor.core.publisher.Mono;

/**
 * {@link ReactiveHealthIndicator} that gives the answer of a
 * {@link RedisPoolHealthIndicator} on the subscriber's thread. Since that one never
 * waits, it needs no thread on which it may: an application whose other work has taken
 * all of those still gets its answer at once.
 */
public final class ReactiveRedisPoolHealthIndicator implements ReactiveHealthIndicator {

	private final RedisPoolHealthIndicator indicator;

	/**
	 * Creates the indicator.
	 * @param indicator who is asked
	 */
	public ReactiveRedisPoolHealthIndicator(RedisPoolHealthIndicator indicator) {
		this.indicator = indicator;
	}

	@Override
	public Mono<Health> health() {
		return Mono.fromCallable(this.indicator::health);
	}

}
