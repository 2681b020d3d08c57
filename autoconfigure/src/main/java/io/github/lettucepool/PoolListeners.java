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
import java.util.Arrays;

import org.jspecify.annotations.Nullable;

/**
 * Tells all listeners of a pool. Thread-safe.
 */
final class PoolListeners implements PoolListener {

	private volatile PoolListener[] listeners = {};

	synchronized void add(PoolListener listener) {
		PoolListener[] more = Arrays.copyOf(this.listeners, this.listeners.length + 1);
		more[more.length - 1] = listener;
		this.listeners = more;
	}

	synchronized void remove(PoolListener listener) {
		this.listeners = Arrays.stream(this.listeners)
			.filter((other) -> other != listener)
			.toArray(PoolListener[]::new);
	}

	@Override
	public @Nullable Wait waiting() {
		Wait all = null;
		for (PoolListener listener : this.listeners) {
			Wait wait = listener.waiting();
			if (wait != null) {
				all = (all != null) ? both(all, wait) : wait;
			}
		}
		return all;
	}

	private static Wait both(Wait first, Wait second) {
		return (failure) -> {
			first.ended(failure);
			second.ended(failure);
		};
	}

	@Override
	public void borrowed(long waitNanos) {
		for (PoolListener listener : this.listeners) {
			listener.borrowed(waitNanos);
		}
	}

	@Override
	public void returned(long usedNanos) {
		for (PoolListener listener : this.listeners) {
			listener.returned(usedNanos);
		}
	}

	@Override
	public void opened(long connectNanos) {
		for (PoolListener listener : this.listeners) {
			listener.opened(connectNanos);
		}
	}

	@Override
	public void connectFailed(Throwable cause) {
		for (PoolListener listener : this.listeners) {
			listener.connectFailed(cause);
		}
	}

	@Override
	public void closed(CloseReason reason) {
		for (PoolListener listener : this.listeners) {
			listener.closed(reason);
		}
	}

	@Override
	public void gaveUp(long waitNanos) {
		for (PoolListener listener : this.listeners) {
			listener.gaveUp(waitNanos);
		}
	}

	@Override
	public void timedOut() {
		for (PoolListener listener : this.listeners) {
			listener.timedOut();
		}
	}

	@Override
	public void rejected() {
		for (PoolListener listener : this.listeners) {
			listener.rejected();
		}
	}

	@Override
	public void leaked(String thread, Duration age) {
		for (PoolListener listener : this.listeners) {
			listener.leaked(thread, age);
		}
	}

	@Override
	public void poolClosed() {
		for (PoolListener listener : this.listeners) {
			listener.poolClosed();
		}
	}

}
