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

package io.github.lettucepool.soak;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;

/**
 * Counts what a pool reports.
 */
final class EventCounter implements PoolListener {

	private final LongAdder borrowed = new LongAdder();

	private final LongAdder returned = new LongAdder();

	private final LongAdder opened = new LongAdder();

	private final LongAdder connectFailures = new LongAdder();

	private final LongAdder timeouts = new LongAdder();

	private final Map<CloseReason, Integer> closed = new ConcurrentHashMap<>();

	@Override
	public void borrowed(long waitNanos) {
		this.borrowed.increment();
	}

	@Override
	public void returned(long usedNanos) {
		this.returned.increment();
	}

	@Override
	public void opened(long connectNanos) {
		this.opened.increment();
	}

	@Override
	public void connectFailed(Throwable cause) {
		this.connectFailures.increment();
	}

	@Override
	public void closed(CloseReason reason) {
		this.closed.merge(reason, 1, Integer::sum);
	}

	@Override
	public void timedOut() {
		this.timeouts.increment();
	}

	long borrowed() {
		return this.borrowed.sum();
	}

	long returned() {
		return this.returned.sum();
	}

	long timeouts() {
		return this.timeouts.sum();
	}

	int closedFor(CloseReason reason) {
		return this.closed.getOrDefault(reason, 0);
	}

	@Override
	public String toString() {
		Map<CloseReason, Integer> sorted = this.closed.isEmpty() ? Map.of() : new EnumMap<>(this.closed);
		return "%d borrowed, %d timeouts, %d connections opened, %d connects failed, closed %s".formatted(borrowed(),
				timeouts(), this.opened.sum(), this.connectFailures.sum(), sorted);
	}

}
