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
import java.util.Map;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import io.github.lettucepool.InvalidPoolSettingException;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSettings.Replay;
import io.github.lettucepool.PoolSettings.WarmUp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link PoolSettingsMapper}.
 */
@Tag("unit")
class PoolSettingsMapperTests {

	private static final String TWIN = "spring.data.redis.lettuce.pool.";

	@Test
	void withoutAnyKeyTheDefaultsHold() {
		assertThat(map()).usingRecursiveComparison().isEqualTo(PoolSettings.builder().build());
	}

	@Test
	void eachKeyIsMapped() {
		PoolSettings settings = map("lettuce.pool.shared-connections=3", "lettuce.pool.max-size=20",
				"lettuce.pool.min-idle=2", "lettuce.pool.max-idle=10", "lettuce.pool.max-wait=1s",
				"lettuce.pool.max-pending=100", "lettuce.pool.fair=true", "lettuce.pool.idle-timeout=1m",
				"lettuce.pool.max-lifetime=2m", "lettuce.pool.keepalive-interval=3s",
				"lettuce.pool.validate-after-idle=4s", "lettuce.pool.validation-timeout=5s",
				"lettuce.pool.max-concurrent-connects=6", "lettuce.pool.leak-detection-threshold=7s",
				"lettuce.pool.warm-up=required", "lettuce.pool.replay=none");
		PoolSettings expected = PoolSettings.builder()
			.sharedConnections(3)
			.maxSize(20)
			.minIdle(2)
			.maxIdle(10)
			.maxWait(Duration.ofSeconds(1))
			.maxPending(100)
			.fair(true)
			.idleTimeout(Duration.ofMinutes(1))
			.maxLifetime(Duration.ofMinutes(2))
			.keepaliveInterval(Duration.ofSeconds(3))
			.validateAfterIdle(Duration.ofSeconds(4))
			.validationTimeout(Duration.ofSeconds(5))
			.maxConcurrentConnects(6)
			.leakDetectionThreshold(Duration.ofSeconds(7))
			.warmUp(WarmUp.REQUIRED)
			.replay(Replay.NONE)
			.build();
		assertThat(settings).usingRecursiveComparison().isEqualTo(expected);
	}

	@Test
	void anUnsetKeyFallsBackToTheTwinThatTheUserSet() {
		PoolSettings settings = map(TWIN + "max-active=6", TWIN + "max-idle=4", TWIN + "min-idle=2",
				TWIN + "max-wait=2000", TWIN + "time-between-eviction-runs=45s");
		assertThat(settings.getMaxSize()).isEqualTo(6);
		assertThat(settings.getMaxIdle()).isEqualTo(4);
		assertThat(settings.getMinIdle()).isEqualTo(2);
		assertThat(settings.getMaxWait()).isEqualTo(Duration.ofSeconds(2));
		assertThat(settings.getKeepaliveInterval()).isEqualTo(Duration.ofSeconds(45));
	}

	@Test
	void theDefaultsOfAnUnsetTwinDoNotCount() {
		PoolSettings settings = map(TWIN + "min-idle=1");
		assertThat(settings.getMinIdle()).isOne();
		assertThat(settings.getMaxSize()).isEqualTo(PoolSettings.builder().build().getMaxSize());
		assertThat(settings.getMaxIdle()).isEqualTo(settings.getMaxSize());
		assertThat(settings.getMaxWait()).isPositive();
	}

	@Test
	void aTwinIsFoundInTheSystemEnvironment() {
		assertThat(mapSystemEnvironment(Map.of("SPRING_DATA_REDIS_LETTUCE_POOL_MAXACTIVE", "5")).getMaxSize())
			.isEqualTo(5);
	}

	@ParameterizedTest
	@ValueSource(strings = { "maxActive", "max_active", "MAX-ACTIVE" })
	void aTwinIsFoundUnderEachSpelling(String name) {
		assertThat(map(TWIN + name + "=7").getMaxSize()).isEqualTo(7);
	}

	@Test
	void aKeyWinsOverItsTwin() {
		PoolSettings settings = map("lettuce.pool.max-size=10", TWIN + "max-active=6", "lettuce.pool.max-wait=1s",
				TWIN + "max-wait=9s", "lettuce.pool.keepalive-interval=1s", TWIN + "time-between-eviction-runs=9s",
				"lettuce.pool.min-idle=1", TWIN + "min-idle=3", "lettuce.pool.max-idle=9", TWIN + "max-idle=5");
		assertThat(settings.getMaxSize()).isEqualTo(10);
		assertThat(settings.getMaxWait()).isEqualTo(Duration.ofSeconds(1));
		assertThat(settings.getKeepaliveInterval()).isEqualTo(Duration.ofSeconds(1));
		assertThat(settings.getMinIdle()).isOne();
		assertThat(settings.getMaxIdle()).isEqualTo(9);
	}

	@ParameterizedTest
	@CsvSource({
			// max-active, max-idle, min-idle of Boot's pool; max-idle, min-idle here
			"4, 8, 0, 4, 0", "4, -1, 0, 4, 0", "4, 8, 6, 4, 4", "4, 2, 3, 2, 2", "4, 2, -1, 2, 0" })
	void idleTwinsThatBootWouldCutAreCutToo(int maxActive, int maxIdle, int minIdle, int expectedMaxIdle,
			int expectedMinIdle) {
		PoolSettings settings = map(TWIN + "max-active=" + maxActive, TWIN + "max-idle=" + maxIdle,
				TWIN + "min-idle=" + minIdle);
		assertThat(settings.getMaxIdle()).isEqualTo(expectedMaxIdle);
		assertThat(settings.getMinIdle()).isEqualTo(expectedMinIdle);
	}

	@Test
	void aTwinYieldsToAKeyThatItDoesNotFit() {
		assertThat(map("lettuce.pool.min-idle=6", TWIN + "max-idle=4").getMaxIdle()).isEqualTo(6);
		assertThat(map("lettuce.pool.max-idle=2", TWIN + "min-idle=4").getMinIdle()).isEqualTo(2);
	}

	@ParameterizedTest
	@ValueSource(strings = { "0", "-1s" })
	void aTwinThatSwitchesEvictionOffSwitchesKeepaliveOff(String value) {
		assertThat(map(TWIN + "time-between-eviction-runs=" + value).getKeepaliveInterval()).isZero();
	}

	@Test
	void aNegativeTwinOfMaxWaitMeansForEver() {
		assertThat(map(TWIN + "max-wait=-1").getMaxWait()).isNegative();
	}

	@ParameterizedTest
	@ValueSource(strings = { "auto", "AUTO" })
	void sharedConnectionsMayBeAuto(String value) {
		assertThat(map("lettuce.pool.shared-connections=" + value).getSharedConnections())
			.isEqualTo(PoolSettings.builder().build().getSharedConnections());
	}

	@ParameterizedTest
	@ValueSource(strings = { "many", "1.5", "99999999999" })
	void sharedConnectionsMayNotBeAnythingElse(String value) {
		assertThatExceptionOfType(InvalidPoolPropertyException.class)
			.isThrownBy(() -> map("lettuce.pool.shared-connections=" + value))
			.withMessage("lettuce.pool.shared-connections is %s but must be 'auto' or a number of at least 0", value);
	}

	@ParameterizedTest
	@CsvSource({ "max-size, 0", "min-idle, -1", "min-idle, 17", "max-idle, -1", "max-idle, 17", "max-pending, -1",
			"idle-timeout, -1s", "max-lifetime, -1s", "keepalive-interval, -1s", "validate-after-idle, -1s",
			"validation-timeout, 0", "max-concurrent-connects, 0", "leak-detection-threshold, -1s",
			"shared-connections, -1" })
	void aValueThatCannotWorkIsReportedWithItsKey(String name, String value) {
		assertThatExceptionOfType(InvalidPoolPropertyException.class)
			.isThrownBy(() -> map("lettuce.pool." + name + "=" + value))
			.satisfies((ex) -> assertThat(ex.getKey()).isEqualTo("lettuce.pool." + name))
			.withCauseInstanceOf(InvalidPoolSettingException.class);
	}

	@ParameterizedTest
	@ValueSource(strings = { "0", "-1" })
	void aSizeThatCannotWorkIsReportedWithTheTwinThatTheUserWrote(String value) {
		assertThatExceptionOfType(InvalidPoolPropertyException.class)
			.isThrownBy(() -> map(TWIN + "max-active=" + value))
			.satisfies((ex) -> assertThat(ex.getKey()).isEqualTo("spring.data.redis.lettuce.pool.max-active"))
			.withMessageContaining(value);
	}

	@ParameterizedTest
	@ValueSource(strings = { "auto", "AUTO" })
	void aPoolSizesItselfIfItIsTold(String value) {
		PoolSettings settings = map("lettuce.pool.max-size=" + value);
		assertThat(settings.isMaxSizeAuto()).isTrue();
		assertThat(settings.getMaxSize()).isEqualTo(2);
		assertThat(settings.getMaxSizeLimit()).isEqualTo(64);
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "lettuce.pool.max-size-limit", "lettuce.pool.maxSizeLimit", "lettuce.pool.max_size_limit" })
	void aPoolThatSizesItselfHasALimit(String key) {
		assertThat(map("lettuce.pool.max-size=auto", key + "=20").getMaxSizeLimit()).isEqualTo(20);
		assertThat(map("lettuce.pool.max-size=4", key + "=20").isMaxSizeAuto()).isFalse();
	}

	@Test
	void theSizeOfBootsPoolWinsOverAutoUnlessThereIsALimit() {
		PoolSettings number = map("lettuce.pool.max-size=auto", TWIN + "max-active=6");
		assertThat(number.isMaxSizeAuto()).isFalse();
		assertThat(number.getMaxSize()).isEqualTo(6);
		PoolSettings auto = map("lettuce.pool.max-size=auto", "lettuce.pool.max-size-limit=20", TWIN + "max-active=6",
				TWIN + "max-idle=30", TWIN + "min-idle=25");
		assertThat(auto.isMaxSizeAuto()).isTrue();
		assertThat(auto.getMaxSizeLimit()).isEqualTo(20);
		assertThat(auto.getMinIdle()).isEqualTo(20);
	}

	@ParameterizedTest
	@CsvSource({ "max-size-limit, 0, a number of at least 1",
			"min-idle, 65, 'a number from 0 to max-size-limit, which is 64'",
			"max-idle, 65, 'a number from 0 to max-size-limit, which is 64'",
			"max-idle, -1, 'a number from min-idle to max-size-limit, which is 64'" })
	void aBoundOfAPoolThatSizesItselfIsRefusedWithItsKey(String name, String value, String allowed) {
		assertThatExceptionOfType(InvalidPoolPropertyException.class)
			.isThrownBy(() -> map("lettuce.pool.max-size=auto", "lettuce.pool." + name + "=" + value))
			.withMessage("lettuce.pool.%s is %s but must be %s", name, value, allowed);
	}

	@Test
	void aSizeMayNotBeAnythingElse() {
		assertThatExceptionOfType(InvalidPoolPropertyException.class)
			.isThrownBy(() -> map("lettuce.pool.max-size=large"))
			.withMessage("lettuce.pool.max-size is large but must be 'auto' or a number of at least 1");
	}

	private PoolSettings map(String... pairs) {
		StandardEnvironment environment = new StandardEnvironment();
		TestPropertyValues.of(pairs).applyTo(environment);
		return map(environment);
	}

	private PoolSettings mapSystemEnvironment(Map<String, Object> variables) {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources()
			.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, new SystemEnvironmentPropertySource(
					StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
		return map(environment);
	}

	private PoolSettings map(StandardEnvironment environment) {
		Binder binder = Binder.get(environment);
		return PoolSettingsMapper.map(new PoolKeys(binder, LettucePoolProperties.PREFIX),
				new PoolKeys(binder, PoolKeys.BOOT_PREFIX));
	}

}
