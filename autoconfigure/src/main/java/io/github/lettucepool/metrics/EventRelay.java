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

package io.github.lettucepool.metrics;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import org.springframework.util.ObjectUtils;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;

/**
 * Passes events on to meters, and keeps those that happen before there are any: a
 * registry is filled last of all, when a pool may have been in use for a while.
 * <p>
 * Thread-safe. Once there are meters, an event costs the read of a field more.
 */
final class EventRelay implements PoolListener {

	/**
	 * More are not kept: if no meters ever come, they would be kept in vain.
	 */
	static final int MAX_KEPT = 4096;

	private static final MeteredPool[] NONE = {};

	private final Runnable onClose;

	private volatile MeteredPool[] targets = NONE;

	// Both guarded by this.
	private List<Consumer<PoolListener>> kept = new ArrayList<>();

	private boolean keeping = true;

	/**
	 * Creates a relay without targets.
	 * @param onClose is called when the pool is closed
	 */
	EventRelay(Runnable onClose) {
		this.onClose = onClose;
	}

	/**
	 * Adds meters. The first ones get the events that were kept.
	 * @param target the meters of a registry
	 */
	synchronized void add(MeteredPool target) {
		this.targets = ObjectUtils.addObjectToArray(this.targets, target);
		this.keeping = false;
		this.kept.forEach((event) -> event.accept(target));
		this.kept = new ArrayList<>();
	}

	synchronized void clear() {
		this.targets = NONE;
	}

	private void tell(Consumer<PoolListener> event) {
		MeteredPool[] targets = this.targets;
		if (targets.length == 0) {
			targets = keep(event);
		}
		for (MeteredPool target : targets) {
			event.accept(target);
		}
	}

	private synchronized MeteredPool[] keep(Consumer<PoolListener> event) {
		if (this.keeping && this.kept.size() < MAX_KEPT) {
			this.kept.add(event);
		}
		return this.targets;
	}

	// The two that every borrow brings: no lambda is made for them once there are meters.

	@Override
	public void borrowed(long waitNanos) {
		MeteredPool[] targets = this.targets;
		if (targets.length == 0) {
			tell((listener) -> listener.borrowed(waitNanos));
			return;
		}
		for (MeteredPool target : targets) {
			target.borrowed(waitNanos);
		}
	}

	@Override
	public void returned(long usedNanos) {
		MeteredPool[] targets = this.targets;
		if (targets.length == 0) {
			tell((listener) -> listener.returned(usedNanos));
			return;
		}
		for (MeteredPool target : targets) {
			target.returned(usedNanos);
		}
	}

	@Override
	public void opened(long connectNanos) {
		tell((listener) -> listener.opened(connectNanos));
	}

	@Override
	public void closed(CloseReason reason) {
		tell((listener) -> listener.closed(reason));
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
		this.onClose.run();
	}

}
