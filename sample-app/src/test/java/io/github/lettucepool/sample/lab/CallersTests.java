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

package io.github.lettucepool.sample.lab;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link Callers}.
 */
class CallersTests {

	@Test
	void noneIsLeftIfNotAllCanBeStarted() {
		List<Thread> started = new CopyOnWriteArrayList<>();
		ThreadFactory factory = (call) -> {
			if (started.size() == 2) {
				throw new OutOfMemoryError("unable to create native thread");
			}
			Thread thread = new Thread(call);
			started.add(thread);
			return thread;
		};
		assertThatExceptionOfType(OutOfMemoryError.class)
			.isThrownBy(() -> Callers.start(3, factory, Duration.ofMillis(1), new Calls(), () -> {
			}));
		assertThat(started).hasSize(2).noneMatch(Thread::isAlive);
	}

}
