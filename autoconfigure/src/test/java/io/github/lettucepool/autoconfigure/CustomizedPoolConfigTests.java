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

import java.time.Duration;

import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.lettucepool.InvalidPoolSettingException;
import io.github.lettucepool.PoolSettings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link CustomizedPoolConfig}.
 */
@Tag("unit")
class CustomizedPoolConfigTests {

	private final PoolSettings settings = PoolSettings.builder()
		.sharedConnections(3)
		.maxSize(20)
		.minIdle(2)
		.maxIdle(10)
		.maxWait(Duration.ofSeconds(7))
		.build();

	private final CustomizedPoolConfig config = new CustomizedPoolConfig(this.settings);

	private final GenericObjectPoolConfig<Object> replacement = new GenericObjectPoolConfig<>();

	@Test
	void theInitialConfigurationHasThePoolsSizes() {
		assertThat(this.config.getInitial().getMaxTotal()).isEqualTo(20);
		assertThat(this.config.getInitial().getMinIdle()).isEqualTo(2);
		assertThat(this.config.getInitial().getMaxIdle()).isEqualTo(10);
		assertThat(this.config.getInitial().getMaxWaitDuration()).isEqualTo(Duration.ofSeconds(7));
	}

	@Test
	void theInitialConfigurationChangesNothing() {
		assertThat(this.config.apply(this.config.getInitial())).isSameAs(this.settings);
	}

	@Test
	void aReplacementSetsTheSizesAndTheWaitingTime() {
		this.replacement.setMaxTotal(5);
		this.replacement.setMaxIdle(4);
		this.replacement.setMinIdle(1);
		this.replacement.setMaxWait(Duration.ofSeconds(1));
		this.replacement.setFairness(true);
		PoolSettings expected = this.settings.mutate()
			.maxSize(5)
			.maxIdle(4)
			.minIdle(1)
			.maxWait(Duration.ofSeconds(1))
			.fair(true)
			.build();
		assertThat(this.config.apply(this.replacement)).usingRecursiveComparison().isEqualTo(expected);
	}

	@Test
	void aReplacementWithoutALimitForIdleConnectionsIsLimitedByTheSize() {
		this.replacement.setMaxTotal(5);
		this.replacement.setMaxIdle(-1);
		this.replacement.setMinIdle(9);
		PoolSettings result = this.config.apply(this.replacement);
		assertThat(result.getMaxIdle()).isEqualTo(5);
		assertThat(result.getMinIdle()).isEqualTo(5);
	}

	@Test
	void aReplacementThatDoesNotBlockMeansNoWaiting() {
		this.replacement.setBlockWhenExhausted(false);
		assertThat(this.config.apply(this.replacement).getMaxWait()).isZero();
	}

	@Test
	void aReplacementWithoutALimitIsRefused() {
		this.replacement.setMaxTotal(-1);
		assertThatExceptionOfType(InvalidPoolSettingException.class)
			.isThrownBy(() -> this.config.apply(this.replacement))
			.withMessage("max-size is -1 but must be a number of at least 1");
	}

}
