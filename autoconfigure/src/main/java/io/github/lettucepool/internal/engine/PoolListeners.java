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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;

/**
 * Tells all listeners of a pool. One that fails, which it must not, is not told to the
 * caller: a borrower would lose its connection, and the pool a permit. Thread-safe.
 */
final class PoolListeners implements PoolListener {

	private static final Log logger = LogFactory.getLog(PoolListeners.class);

	private final AtomicBoolean saidFailure = new AtomicBoolean();

	private final List<PoolListener> listeners = new CopyOnWriteArrayList<>();

	void add(PoolListener listener) {
		this.listeners.add(listener);
	}

	void remove(PoolListener listener) {
		this.listeners.removeIf((other) -> other == listener);
	}

	@Override
	public @Nullable Wait waiting() {
		List<Wait> waits = new ArrayList<>();
		tell(this.listeners, (listener) -> {
			Wait wait = listener.waiting();
			if (wait != null) {
				waits.add(wait);
			}
		});
		return waits.isEmpty() ? null : (failure) -> tell(waits, (wait) -> wait.ended(failure));
	}

	private void tell(Consumer<PoolListener> news) {
		tell(this.listeners, news);
	}

	private <T> void tell(List<T> all, Consumer<T> news) {
		for (T one : all) {
			try {
				news.accept(one);
			}
			catch (RuntimeException | Error ex) {
				failed(one, ex);
			}
		}
	}

	private void failed(Object listener, Throwable ex) {
		if (this.saidFailure.compareAndSet(false, true)) {
			logger.warn("Pool listener %s failed; later failures of listeners are not logged"
				.formatted(listener.getClass().getName()), ex);
		}
	}

	@Override
	public void borrowed(long waitNanos) {
		tell((listener) -> listener.borrowed(waitNanos));
	}

	@Override
	public void returned(long usedNanos) {
		tell((listener) -> listener.returned(usedNanos));
	}

	@Override
	public void opened(long connectNanos) {
		tell((listener) -> listener.opened(connectNanos));
	}

	@Override
	public void connectFailed(Throwable cause) {
		tell((listener) -> listener.connectFailed(cause));
	}

	@Override
	public void closed(CloseReason reason) {
		tell((listener) -> listener.closed(reason));
	}

	@Override
	public void gaveUp(long waitNanos) {
		tell((listener) -> listener.gaveUp(waitNanos));
	}

	@Override
	public void timedOut() {
		tell(PoolListener::timedOut);
	}

	@Override
	public void rejected() {
		tell(PoolListener::rejected);
	}

	@Override
	public void leaked(String thread, Duration age) {
		tell((listener) -> listener.leaked(thread, age));
	}

	@Override
	public void poolClosed() {
		tell(PoolListener::poolClosed);
	}

}
