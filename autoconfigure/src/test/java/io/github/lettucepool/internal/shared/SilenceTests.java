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

package io.github.lettucepool.internal.shared;

import java.time.Duration;

import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Silence}.
 */
@Tag("unit")
class SilenceTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(3);

	private final Silence silence = new Silence();

	private final long start = System.nanoTime();

	@Test
	void aPeerThatOwesNothingMayBeSilent() {
		assertThat(isTooLong(false, 0)).isFalse();
		assertThat(isTooLong(false, 3600)).isFalse();
	}

	@Test
	void aPeerThatOwesSomethingMayBeSilentForTheTimeout() {
		assertThat(isTooLong(true, 10)).isFalse();
		assertThat(isTooLong(true, 13)).isFalse();
		assertThat(isTooLong(true, 14)).isTrue();
	}

	@Test
	void whatWasNotOwedAllTheTimeCountsFromAnew() {
		assertThat(isTooLong(true, 10)).isFalse();
		assertThat(isTooLong(false, 12)).isFalse();
		assertThat(isTooLong(true, 14)).isFalse();
		assertThat(isTooLong(true, 18)).isTrue();
	}

	@Test
	void aPeerThatSendsSomethingIsNotSilent() {
		EmbeddedChannel channel = new EmbeddedChannel(this.silence);
		assertThat(isTooLong(true, -10)).isFalse();
		channel.writeInbound("a part of a reply");
		assertThat(channel.<String>readInbound()).isEqualTo("a part of a reply");
		assertThat(isTooLong(true, 1)).isFalse();
		channel.finishAndReleaseAll();
	}

	@Test
	void aSecondIsAllowedHoweverShortTheTimeout() {
		Duration timeout = Duration.ofMillis(50);
		assertThat(this.silence.isTooLong(true, at(10), timeout)).isFalse();
		assertThat(this.silence.isTooLong(true, at(11), timeout)).isFalse();
		assertThat(this.silence.isTooLong(true, at(12), timeout)).isTrue();
	}

	private boolean isTooLong(boolean owing, long second) {
		return this.silence.isTooLong(owing, at(second), TIMEOUT);
	}

	private long at(long second) {
		return this.start + Duration.ofSeconds(second).toNanos();
	}

}
