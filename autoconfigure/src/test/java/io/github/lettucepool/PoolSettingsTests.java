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
package io.github.lettucepool;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import io.github.lettucepool.PoolSettings.Replay;
import io.github.lettucepool.PoolSettings.WarmUp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link PoolSettings}.
 */
@Tag("unit")
class PoolSettingsTests {

	private static final Duration NEGATIVE = Duration.ofNanos(-1);

	private static final Duration LONGEST = Duration.ofDays(36_500);

	private static final Duration TOO_LONG = Duration.ofDays(365 * 300);

	@Test
	void theDefaultsAreThoseOfTheDocumentation() {
		PoolSettings settings = PoolSettings.builder().build();
		assertThat(settings.getSharedConnections()).isBetween(2, 4)
			.isEqualTo(Math.max(2, Math.min(4, Runtime.getRuntime().availableProcessors() / 4)));
		assertThat(settings.getMaxSize()).isEqualTo(16);
		assertThat(settings.getMinIdle()).isZero();
		assertThat(settings.getMaxIdle()).isEqualTo(16);
		assertThat(settings.getMaxWait()).hasSeconds(3);
		assertThat(settings.getMaxPending()).isEqualTo(Integer.MAX_VALUE);
		assertThat(settings.isFair()).isFalse();
		assertThat(settings.getIdleTimeout()).hasMinutes(10);
		assertThat(settings.getMaxLifetime()).hasMinutes(30);
		assertThat(settings.getKeepaliveInterval()).hasSeconds(30);
		assertThat(settings.getValidateAfterIdle()).hasSeconds(1);
		assertThat(settings.getValidationTimeout()).hasMillis(500);
		assertThat(settings.getMaxConcurrentConnects()).isEqualTo(4);
		assertThat(settings.getLeakDetectionThreshold()).isZero();
		assertThat(settings.getWarmUp()).isEqualTo(WarmUp.NONE);
		assertThat(settings.getReplay()).isEqualTo(Replay.READS);
	}

	static Stream<Arguments> refusals() {
		return Stream.of(refusal((builder) -> builder.sharedConnections(-1), "shared-connections", "-1", "at least 0"),
				refusal((builder) -> builder.sharedConnections(10_001), "shared-connections", "10001", "at most 10000"),
				refusal((builder) -> builder.lowLatencyCallers(-1), "low-latency-callers", "-1", "at least 0"),
				refusal((builder) -> builder.lowLatencyCallers(10_001), "low-latency-callers", "10001",
						"at most 10000"),
				refusal((builder) -> builder.maxSize(20_000).minIdle(10_001), "min-idle", "10001", "at most 10000"),
				refusal((builder) -> builder.maxSize(0), "max-size", "0", "at least 1"),
				refusal((builder) -> builder.maxSize(-1), "max-size", "-1", "at least 1"),
				refusal((builder) -> builder.minIdle(-1), "min-idle", "-1", "from 0 to max-size, which is 16"),
				refusal((builder) -> builder.minIdle(17), "min-idle", "17", "from 0 to max-size, which is 16"),
				refusal((builder) -> builder.maxSize(4).minIdle(5), "min-idle", "5", "from 0 to max-size, which is 4"),
				refusal((builder) -> builder.maxIdle(17), "max-idle", "17", "from 0 to max-size, which is 16"),
				refusal((builder) -> builder.minIdle(2).maxIdle(1), "max-idle", "1", "from 2 to max-size, which is 16"),
				refusal((builder) -> builder.maxPending(-1), "max-pending", "-1", "at least 0"),
				refusal((builder) -> builder.maxConcurrentConnects(0), "max-concurrent-connects", "0", "at least 1"),
				refusal((builder) -> builder.idleTimeout(NEGATIVE), "idle-timeout", "PT-0.000000001S", "0 or more"),
				refusal((builder) -> builder.maxLifetime(NEGATIVE), "max-lifetime", "PT-0.000000001S",
						"0, or at least 1s"),
				refusal((builder) -> builder.maxLifetime(Duration.ofMillis(999)), "max-lifetime", "PT0.999S",
						"0, or at least 1s, since"),
				refusal((builder) -> builder.keepaliveInterval(Duration.ofMillis(99)), "keepalive-interval", "PT0.099S",
						"0, or at least 100ms, since"),
				refusal((builder) -> builder.keepaliveInterval(NEGATIVE), "keepalive-interval", "PT-0.000000001S",
						"0, or at least 100ms"),
				refusal((builder) -> builder.validateAfterIdle(NEGATIVE), "validate-after-idle", "PT-0.000000001S",
						"0 or more"),
				refusal((builder) -> builder.leakDetectionThreshold(NEGATIVE), "leak-detection-threshold",
						"PT-0.000000001S", "0 or more"),
				refusal((builder) -> builder.validationTimeout(Duration.ZERO), "validation-timeout", "PT0S",
						"at least 1ms"),
				refusal((builder) -> builder.validationTimeout(Duration.ofNanos(999_999)), "validation-timeout",
						"PT0.000999999S", "at least 1ms"),
				tooLong((builder) -> builder.maxWait(TOO_LONG), "max-wait"),
				refusal((builder) -> builder.maxWait(TOO_LONG.negated()), "max-wait", "PT-2628000H", "at most 36500d"),
				refusal((builder) -> builder.maxWait(Duration.ofSeconds(Long.MIN_VALUE)), "max-wait",
						"PT-2562047788015215H-30M-8S", "at most 36500d"),
				tooLong((builder) -> builder.idleTimeout(TOO_LONG), "idle-timeout"),
				tooLong((builder) -> builder.maxLifetime(TOO_LONG), "max-lifetime"),
				tooLong((builder) -> builder.keepaliveInterval(TOO_LONG), "keepalive-interval"),
				tooLong((builder) -> builder.validateAfterIdle(TOO_LONG), "validate-after-idle"),
				tooLong((builder) -> builder.validationTimeout(TOO_LONG), "validation-timeout"),
				tooLong((builder) -> builder.leakDetectionThreshold(TOO_LONG), "leak-detection-threshold"));
	}

	@ParameterizedTest(name = "{1} {2}")
	@MethodSource("refusals")
	void aValueThatCannotWorkIsRefusedWithItsNameAndWhatIsAllowed(Consumer<PoolSettings.Builder> change, String setting,
			String value, String allowed) {
		PoolSettings.Builder builder = PoolSettings.builder();
		change.accept(builder);
		assertThatExceptionOfType(InvalidPoolSettingException.class).isThrownBy(builder::build)
			.withMessageStartingWith(setting + " is " + value + " but must be ")
			.withMessageContaining(allowed)
			.satisfies((ex) -> {
				assertThat(ex.getSetting()).isEqualTo(setting);
				assertThat(ex.getValue()).isEqualTo(value);
				assertThat(ex.getAllowed()).contains(allowed);
			});
	}

	@Test
	void theLeastValuesThatCanWorkAreAccepted() {
		PoolSettings settings = least().build();
		assertThat(settings.getMaxSize()).isOne();
		assertThat(settings.getMaxIdle()).isZero();
		assertThat(settings.getMaxPending()).isZero();
		assertThat(settings.getMaxWait()).isNegative();
		assertThat(settings.getValidationTimeout()).hasMillis(1);
	}

	@Test
	void theGreatestValuesThatCanWorkAreAccepted() {
		PoolSettings settings = PoolSettings.builder()
			.sharedConnections(10_000)
			.lowLatencyCallers(10_000)
			.maxSize(Integer.MAX_VALUE)
			.minIdle(10_000)
			.maxIdle(Integer.MAX_VALUE)
			.maxPending(Integer.MAX_VALUE)
			.maxConcurrentConnects(Integer.MAX_VALUE)
			.maxWait(LONGEST)
			.idleTimeout(LONGEST)
			.build();
		assertThat(settings.getMaxWait()).isEqualTo(LONGEST);
		assertThat(settings.mutate().maxWait(LONGEST.negated()).build().getMaxWait()).isNegative();
	}

	@Test
	void whatIsSwitchedOnIsOnAndWhatIsSwitchedOffIsOff() {
		for (boolean on : new boolean[] { true, false }) {
			PoolSettings settings = PoolSettings.builder().fair(on).callerDriven(on).build();
			assertThat(settings.isFair()).isEqualTo(on);
			assertThat(settings.isCallerDriven()).isEqualTo(on);
		}
		assertThat(PoolSettings.builder().lowLatencyCallers(7).build().getLowLatencyCallers()).isEqualTo(7);
		assertThat(PoolSettings.builder().build().getLowLatencyCallers())
			.isEqualTo(Math.min(16, 4 * Runtime.getRuntime().availableProcessors()));
	}

	@Test
	void mutatingChangesNothingElse() {
		PoolSettings settings = least().build();
		assertThat(settings.mutate().build()).usingRecursiveComparison().isEqualTo(settings);
		PoolSettings changed = settings.mutate().maxSize(5).build();
		assertThat(changed.getMaxSize()).isEqualTo(5);
		assertThat(changed).usingRecursiveComparison().ignoringFields("values.maxSize").isEqualTo(settings);
		assertThat(settings.getMaxSize()).isOne();
	}

	@Test
	void aPoolThatSizesItselfStartsWithTwoOrWithWhatItIsTold() {
		PoolSettings settings = PoolSettings.builder().maxSizeAuto().build();
		assertThat(settings.getMaxSize()).isEqualTo(2);
		assertThat(settings.getMaxIdle()).isEqualTo(2);
		assertThat(settings.mutate().minIdle(5).build().getMaxSize()).isEqualTo(5);
		assertThat(settings.mutate().maxSizeLimit(1).build().getMaxSize()).isOne();
		assertThat(settings.mutate().maxSize(10).maxSizeAuto().build().getMaxSize()).isEqualTo(10);
		assertThat(settings.mutate().maxSize(10).build().isMaxSizeAuto()).isFalse();
		assertThat(settings.mutate().maxIdle(64).maxSize(10).maxSizeAuto().build().getMaxIdle()).isEqualTo(10);
		assertThatExceptionOfType(InvalidPoolSettingException.class)
			.isThrownBy(() -> PoolSettings.builder().maxSize(100).maxSizeAuto().build())
			.withMessage("max-size is 100 but must be a number from 1 to max-size-limit, which is 64");
	}

	@Test
	void maxIdleFollowsMaxSizeUnlessItIsSet() {
		PoolSettings settings = PoolSettings.builder().maxSize(8).build();
		assertThat(settings.mutate().maxSize(20).build().getMaxIdle()).isEqualTo(20);
		assertThat(settings.mutate().maxIdle(3).build().mutate().maxSize(20).build().getMaxIdle()).isEqualTo(3);
	}

	private static PoolSettings.Builder least() {
		return PoolSettings.builder()
			.sharedConnections(0)
			.maxSize(1)
			.minIdle(0)
			.maxIdle(0)
			.maxWait(NEGATIVE)
			.maxPending(0)
			.fair(true)
			.idleTimeout(Duration.ZERO)
			.maxLifetime(Duration.ZERO)
			.keepaliveInterval(Duration.ZERO)
			.validateAfterIdle(Duration.ZERO)
			.validationTimeout(Duration.ofMillis(1))
			.maxConcurrentConnects(1)
			.leakDetectionThreshold(Duration.ZERO)
			.warmUp(WarmUp.REQUIRED)
			.replay(Replay.NONE);
	}

	private static Arguments refusal(Consumer<PoolSettings.Builder> change, String setting, String value,
			String allowed) {
		return Arguments.of(change, setting, value, allowed);
	}

	private static Arguments tooLong(Consumer<PoolSettings.Builder> change, String setting) {
		return Arguments.of(change, setting, "PT2628000H", "at most 36500d");
	}

}
