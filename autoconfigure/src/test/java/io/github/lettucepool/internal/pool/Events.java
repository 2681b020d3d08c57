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

package io.github.lettucepool.internal.pool;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;

/**
 * Remembers what a pool tells its listener.
 */
final class Events implements PoolListener {

	final List<CloseReason> closed = new CopyOnWriteArrayList<>();

	final List<Long> borrowed = new CopyOnWriteArrayList<>();

	final List<Long> returned = new CopyOnWriteArrayList<>();

	final List<Throwable> failures = new CopyOnWriteArrayList<>();

	final List<String> leaked = new CopyOnWriteArrayList<>();

	final List<String> waits = new CopyOnWriteArrayList<>();

	int opened;

	int timedOut;

	int rejected;

	int gaveUp;

	@Override
	public Wait waiting() {
		this.waits.add("begun");
		return (failure) -> this.waits.add(ended(failure));
	}

	private static String ended(@Nullable Throwable failure) {
		return (failure != null) ? failure.getClass().getSimpleName() : "served";
	}

	@Override
	public void borrowed(long waitNanos) {
		this.borrowed.add(waitNanos);
	}

	@Override
	public void returned(long usedNanos) {
		this.returned.add(usedNanos);
	}

	@Override
	public void opened(long connectNanos) {
		this.opened++;
	}

	@Override
	public void connectFailed(Throwable cause) {
		this.failures.add(cause);
	}

	@Override
	public void closed(CloseReason reason) {
		this.closed.add(reason);
	}

	@Override
	public void gaveUp(long waitNanos) {
		this.gaveUp++;
	}

	@Override
	public void timedOut() {
		this.timedOut++;
	}

	@Override
	public void rejected() {
		this.rejected++;
	}

	@Override
	public void leaked(String thread, Duration age) {
		this.leaked.add(thread);
	}

}
