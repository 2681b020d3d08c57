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
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisConfiguration;

import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolServer;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSizing;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.RedisPool;

/**
 * The pool as its application sees it: the same object whether the factory runs or not.
 * Thread-safe.
 */
public final class LettuceRedisPool implements RedisPool {

	private final String name;

	private final PoolSettings initialSettings;

	private final BooleanSupplier sharing;

	private final PoolServer server;

	private final PoolListeners listeners = new PoolListeners();

	private volatile PoolSettings settings;

	private volatile @Nullable Lanes lanes;

	/**
	 * Creates a pool that does not run.
	 * @param name the name
	 * @param settings the settings
	 * @param sharing whether the shared lane is in use
	 * @param configuration where Redis is
	 * @param timeout the command timeout
	 */
	public LettuceRedisPool(String name, PoolSettings settings, BooleanSupplier sharing,
			RedisConfiguration configuration, Duration timeout) {
		this.name = name;
		this.server = new LettucePoolServer(RedisUris.describe(configuration), timeout, () -> this.lanes);
		this.initialSettings = settings;
		this.settings = settings;
		this.sharing = sharing;
	}

	public PoolListener listeners() {
		return this.listeners;
	}

	/**
	 * The lanes are about to be made, of the settings of the first start.
	 */
	public synchronized void starting() {
		this.settings = this.initialSettings;
	}

	public synchronized void started(Lanes lanes) {
		starting();
		this.lanes = lanes;
	}

	public synchronized void stopped() {
		this.lanes = null;
	}

	boolean isSharing() {
		return this.sharing.getAsBoolean();
	}

	@Override
	public String getName() {
		return this.name;
	}

	@Override
	public PoolSettings getSettings() {
		return this.settings;
	}

	@Override
	public PoolServer getServer() {
		return this.server;
	}

	@Override
	public PoolSnapshot snapshot() {
		Lanes lanes = this.lanes;
		if (lanes != null) {
			return lanes.snapshot();
		}
		PoolSettings settings = this.settings;
		return new PoolSnapshot(this.name, PoolSnapshot.State.STOPPED, new PoolSnapshot.Shared(0, 0, 0, 0, 0),
				new PoolSnapshot.Exclusive(settings.getMaxSize(), settings.getMinIdle(), 0, 0, 0, 0), 0, List.of(),
				Map.of(), null, Duration.ZERO);
	}

	@Override
	public void connect() {
		ifRunning(Lanes::connect);
	}

	@Override
	public @Nullable PoolSizing getSizing() {
		AutoSize autoSize = autoSize();
		return (autoSize != null) ? autoSize.sizing() : null;
	}

	@Override
	public void resize(int maxSize, int minIdle) {
		synchronized (this) {
			PoolSettings current = this.settings;
			PoolSettings.Builder changed = current.mutate().minIdle(minIdle).maxIdle(maxIdle(maxSize, minIdle));
			if (current.isMaxSizeAuto()) {
				int size = Math.max(Math.min(maxSize, current.getMaxSize()), Math.max(1, minIdle));
				change(changed.maxSize(size).maxSizeAuto().maxSizeLimit(maxSize));
			}
			else {
				change(changed.maxSize(maxSize));
			}
		}
		AutoSize autoSize = autoSize();
		if (autoSize != null) {
			autoSize.bounds(System.nanoTime());
		}
	}

	/**
	 * As many as the configuration says, as far as they fit: a size that was smaller for
	 * a while leaves nothing behind.
	 */
	private int maxIdle(int maxSize, int minIdle) {
		PoolSettings first = this.initialSettings;
		PoolSettings largest = first.isMaxSizeAuto()
				? first.mutate().maxSize(first.getMaxSizeLimit()).maxSizeAuto().build() : first;
		return (largest.getMaxIdle() == largest.getMaxSize()) ? -1
				: Math.max(minIdle, Math.min(maxSize, first.getMaxIdle()));
	}

	/**
	 * Changes the size of a pool that sizes itself, within the bounds that it has by now.
	 * @param size the size from now on
	 */
	synchronized void size(int size) {
		PoolSettings current = this.settings;
		int within = Math.max(AutoSize.min(current), Math.min(current.getMaxSizeLimit(), size));
		change(current.mutate().maxSize(within).maxSizeAuto());
	}

	private void change(PoolSettings.Builder changed) {
		int before = this.settings.getMaxSize();
		this.settings = changed.build();
		int difference = this.settings.getMaxSize() - before;
		ifRunning((lanes) -> lanes.exclusive().resized(difference));
	}

	@Nullable AutoSize autoSize() {
		Lanes lanes = this.lanes;
		return (lanes != null) ? lanes.autoSize() : null;
	}

	@Override
	public void retireAll() {
		ifRunning(Lanes::retireAll);
	}

	@Override
	public void suspend() {
		ifRunning((lanes) -> lanes.exclusive().suspend());
	}

	@Override
	public void resume() {
		ifRunning((lanes) -> lanes.exclusive().resume());
	}

	private void ifRunning(Consumer<Lanes> change) {
		Lanes lanes = this.lanes;
		if (lanes != null) {
			change.accept(lanes);
		}
	}

	@Override
	public void addListener(PoolListener listener) {
		this.listeners.add(listener);
	}

	@Override
	public void removeListener(PoolListener listener) {
		this.listeners.remove(listener);
	}

}
