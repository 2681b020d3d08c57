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

package io.github.lettucepool.autoconfigure;

import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import io.github.lettucepool.FakeRedisPool;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.metrics.RedisPoolObservations;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LettucePoolObservationAutoConfiguration}.
 */
class LettucePoolObservationAutoConfigurationTests {

	private static final String OBSERVER = "redisPoolsObserver";

	private final FakeRedisPool pool = new FakeRedisPool("redis");

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner().withConfiguration(
			AutoConfigurations.of(LettucePoolObservationAutoConfiguration.class, ObservationAutoConfiguration.class));

	private final ApplicationContextRunner withPool = this.contextRunner.withBean("redisPool", RedisPool.class,
			() -> this.pool);

	@Test
	void aPoolIsObservedUntilTheApplicationStops() {
		this.withPool.run((context) -> {
			assertThat(context).hasBean(OBSERVER);
			assertThat(this.pool.listeners()).hasSize(1);
		});
		assertThat(this.pool.listeners()).isEmpty();
	}

	@Test
	void aChildContextDoesNotObserveThePoolOfItsParentOnceMore() {
		this.withPool.run((parent) -> {
			this.contextRunner.withParent(parent)
				.run((child) -> assertThat(child.containsLocalBean(OBSERVER)).isFalse());
			assertThat(this.pool.listeners()).hasSize(1);
		});
	}

	@Test
	void theApplicationsOwnIsUsed() {
		this.withPool
			.withBean(RedisPoolObservations.class,
					() -> new RedisPoolObservations(this.pool, ObservationRegistry.create()))
			.run((context) -> assertThat(context).doesNotHaveBean(OBSERVER));
	}

	@Test
	void withoutAPoolThereIsNone() {
		this.contextRunner.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(OBSERVER));
	}

	@Test
	void withoutARegistryThereIsNone() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LettucePoolObservationAutoConfiguration.class))
			.withBean("redisPool", RedisPool.class, () -> this.pool)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(OBSERVER));
	}

	@Test
	void withoutTheLibraryThereIsNone() {
		this.withPool.withClassLoader(new FilteredClassLoader("io.micrometer.observation"))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(OBSERVER));
	}

}
