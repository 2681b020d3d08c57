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

package io.github.lettucepool.internal.sizing;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

import io.github.lettucepool.PoolListener;

/**
 * Counts what borrowers do. Thread-safe; a borrow costs a few nanoseconds.
 */
public final class BorrowCounter implements PoolListener {

	/**
	 * A burst that the queue absorbs in this time needs no more connections.
	 */
	static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

	/**
	 * A borrower that got a connection sooner found one ready.
	 */
	private static final long READY_NANOS = TimeUnit.MICROSECONDS.toNanos(5);

	private final LongAdder borrowed = new LongAdder();

	private final LongAdder longWaits = new LongAdder();

	private final LongAdder waitNanos = new LongAdder();

	private final LongAdder returned = new LongAdder();

	private final LongAdder leaseNanos = new LongAdder();

	@Override
	public void borrowed(long waitNanos) {
		this.borrowed.increment();
		if (waitNanos > READY_NANOS) {
			this.waitNanos.add(waitNanos);
			if (waitNanos > BURST_NANOS) {
				this.longWaits.increment();
			}
		}
	}

	@Override
	public void returned(long usedNanos) {
		this.returned.increment();
		this.leaseNanos.add(usedNanos);
	}

	/**
	 * Returns the counts so far.
	 * @return the counts, read one after the other
	 */
	public Sample.Counts counts() {
		return new Sample.Counts(this.borrowed.sum(), this.longWaits.sum(), this.waitNanos.sum(), this.returned.sum(),
				this.leaseNanos.sum());
	}

}
