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

import java.io.IOException;
import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.springframework.data.redis.RedisConnectionFailureException;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.sample.lab.PoolEvents.Event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

/**
 * Tests for what the time line is told.
 */
class PoolEventsTests {

	private final PoolEvents events = new PoolEvents();

	@Test
	void whatHappensOftenIsOneEventAndToldOnce() {
		for (int i = 0; i < 10; i++) {
			this.events.closed(CloseReason.RETIRED);
		}
		this.events.opened(1);
		assertThat(this.events.drain()).extracting(Event::kind, Event::text, Event::count)
			.containsExactly(tuple("created", "", 1L), tuple("closed", "retired", 10L));
		assertThat(this.events.drain()).isEmpty();
	}

	@Test
	void aFailedConnectSaysWhyTheServerRefused() {
		this.events.connectFailed(new RedisConnectionFailureException("Unable to connect",
				new IOException("ERR max number of clients reached")));
		assertThat(this.events.drain()).extracting(Event::kind, Event::text)
			.containsExactly(tuple("connect-failed", "ERR max number of clients reached"));
	}

	@Test
	void aFailedConnectWithoutAMessageSaysWhatItWas() {
		this.events.connectFailed(new IllegalStateException());
		assertThat(this.events.drain()).extracting(Event::text).containsExactly("java.lang.IllegalStateException");
	}

	@Test
	void aFloodOfLeaksIsSummedUp() {
		for (int i = 0; i < 25; i++) {
			this.events.leaked("thread-" + i, Duration.ofSeconds(1));
		}
		assertThat(this.events.drain()).hasSize(21)
			.last()
			.extracting(Event::text, Event::count)
			.containsExactly("further leases", 5L);
	}

}
