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

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LettuceLogLevels}.
 */
@Tag("unit")
class LettuceLogLevelsTests {

	private static final String WATCHDOG = "logging.level.io.lettuce.core.protocol.ConnectionWatchdog";

	private static final String TOPOLOGY = "logging.level.io.lettuce.core.cluster.topology.DefaultClusterTopologyRefresh";

	private final MockEnvironment environment = new MockEnvironment();

	@Test
	void anApplicationHasThemWithoutDoingAnything() {
		try (ConfigurableApplicationContext application = new SpringApplicationBuilder(LettuceLogLevelsTests.class)
			.web(WebApplicationType.NONE)
			.logStartupInfo(false)
			.run()) {
			assertThat(application.getEnvironment().getProperty(WATCHDOG)).isEqualTo("error");
			assertThat(application.getEnvironment().getProperty(TOPOLOGY)).isEqualTo("error");
		}
	}

	@Test
	void theLevelOfTheApplicationCountsForThatLogger() {
		this.environment.setProperty(WATCHDOG, "info");
		process();
		assertThat(this.environment.getProperty(WATCHDOG)).isEqualTo("info");
		assertThat(this.environment.getProperty(TOPOLOGY)).isEqualTo("error");
	}

	@Test
	void theLevelOfTheApplicationForAllOfLettuceCounts() {
		this.environment.setProperty("logging.level.io.lettuce", "debug");
		process();
		assertThat(this.environment.containsProperty(WATCHDOG)).isFalse();
		assertThat(this.environment.containsProperty(TOPOLOGY)).isFalse();
	}

	@Test
	void theLevelOfSomethingElseDoesNotCount() {
		this.environment.setProperty("logging.level.io.lettuce.core.protocol.Connection", "debug");
		this.environment.setProperty("logging.level.root", "debug");
		process();
		assertThat(this.environment.getProperty(WATCHDOG)).isEqualTo("error");
	}

	@ParameterizedTest
	@ValueSource(strings = { "lettuce.pool.enabled", "spring.data.redis.lettuce.pool.enabled" })
	void whereThePoolIsDisabledNothingIsQuiet(String key) {
		this.environment.setProperty(key, "false");
		process();
		assertThat(this.environment.containsProperty(WATCHDOG)).isFalse();
	}

	@Test
	void aNamedPoolHasThemWithoutTheDefaultOne() {
		this.environment.setProperty("lettuce.pool.enabled", "false");
		this.environment.setProperty("lettuce.pools.orders.redis.host", "orders.example");
		process();
		assertThat(this.environment.getProperty(WATCHDOG)).isEqualTo("error");
	}

	private void process() {
		new LettuceLogLevels().postProcessEnvironment(this.environment, new SpringApplication());
	}

}
