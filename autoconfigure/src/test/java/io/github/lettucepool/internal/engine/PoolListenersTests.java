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

package io.github.lettucepool.internal.engine;

import java.time.Duration;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PoolListeners}.
 */
@ExtendWith(OutputCaptureExtension.class)
@Tag("unit")
class PoolListenersTests {

	private final PoolListener good = Mockito.mock(PoolListener.class);

	private final PoolListener.Wait wait = Mockito.mock(PoolListener.Wait.class);

	private final PoolListeners listeners = new PoolListeners();

	@Test
	void whatOneThrowsKeepsNothingFromTheOthersAndIsSaidOnce(CapturedOutput output) {
		BDDMockito.given(this.good.waiting()).willReturn(this.wait);
		IllegalStateException thrown = new IllegalStateException("a handler does not know this");
		PoolListener bad = Mockito.mock(PoolListener.class, (call) -> {
			throw thrown;
		});
		PoolListener late = Mockito.mock(PoolListener.class);
		BDDMockito.given(late.waiting()).willReturn((failure) -> {
			throw thrown;
		});
		this.listeners.add(bad);
		this.listeners.add(late);
		this.listeners.add(this.good);
		PoolListener.Wait waiting = this.listeners.waiting();
		assertThat(waiting).isNotNull();
		waiting.ended(thrown);
		BDDMockito.then(this.wait).should().ended(thrown);
		this.listeners.borrowed(1);
		this.listeners.returned(2);
		this.listeners.opened(3);
		this.listeners.connectFailed(thrown);
		this.listeners.closed(CloseReason.IDLE);
		this.listeners.gaveUp(4);
		this.listeners.timedOut();
		this.listeners.rejected();
		this.listeners.leaked("thread", Duration.ofSeconds(5));
		this.listeners.poolClosed();
		BDDMockito.then(this.good).should().borrowed(1);
		BDDMockito.then(this.good).should().returned(2);
		BDDMockito.then(this.good).should().opened(3);
		BDDMockito.then(this.good).should().connectFailed(thrown);
		BDDMockito.then(this.good).should().closed(CloseReason.IDLE);
		BDDMockito.then(this.good).should().gaveUp(4);
		BDDMockito.then(this.good).should().timedOut();
		BDDMockito.then(this.good).should().rejected();
		BDDMockito.then(this.good).should().leaked("thread", Duration.ofSeconds(5));
		BDDMockito.then(this.good).should().poolClosed();
		assertThat(output).containsOnlyOnce("failed; later failures of listeners are not logged");
	}

	@Test
	void nobodyWaitsForNothing() {
		this.listeners.add(this.good);
		assertThat(this.listeners.waiting()).isNull();
	}

}
