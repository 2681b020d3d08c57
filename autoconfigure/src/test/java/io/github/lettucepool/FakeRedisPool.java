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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * A pool without connections, that is in the state which a test puts it into. It counts
 * how often its figures are asked for, and remembers how it was changed.
 */
public class FakeRedisPool implements RedisPool {

	private final String name;

	private final List<PoolListener> listeners = new CopyOnWriteArrayList<>();

	private PoolSettings settings = PoolSettings.builder().sharedConnections(2).build();

	private PoolSnapshot.State state = PoolSnapshot.State.RUNNING;

	private PoolSnapshot.Shared shared = new PoolSnapshot.Shared(2, 2, 2, 0, 0);

	private PoolSnapshot.Exclusive exclusive = new PoolSnapshot.Exclusive(16, 0, 0, 0, 0, 0);

	private int subscriptions;

	private List<PoolSnapshot.Lease> leases = List.of();

	private Map<String, Integer> connectionsByNode = Map.of();

	private @Nullable String connectError;

	private Duration queuedFor = Duration.ZERO;

	private PoolServer server = new FakePoolServer();

	private final List<String> changes = new CopyOnWriteArrayList<>();

	private int snapshots;

	private @Nullable PoolSizing sizing;

	public FakeRedisPool(String name) {
		this.name = name;
	}

	public FakeRedisPool settings(PoolSettings settings) {
		this.settings = settings;
		return this;
	}

	public FakeRedisPool state(PoolSnapshot.State state) {
		this.state = state;
		return this;
	}

	public FakeRedisPool shared(int size, int opened, int connected, int inFlight) {
		this.shared = new PoolSnapshot.Shared(size, opened, connected, inFlight, 0);
		return this;
	}

	public FakeRedisPool exclusive(int maxSize, int minIdle, int active, int idle, int pending) {
		return exclusive(new PoolSnapshot.Exclusive(maxSize, minIdle, active, idle, active + idle, pending));
	}

	public FakeRedisPool exclusive(PoolSnapshot.Exclusive exclusive) {
		this.exclusive = exclusive;
		return this;
	}

	public FakeRedisPool subscriptions(int subscriptions) {
		this.subscriptions = subscriptions;
		return this;
	}

	public FakeRedisPool lease(String thread, Duration age, String... stack) {
		this.leases = List.of(new PoolSnapshot.Lease(thread, age, List.of(stack)));
		return this;
	}

	public FakeRedisPool connectionsByNode(Map<String, Integer> connectionsByNode) {
		this.connectionsByNode = connectionsByNode;
		return this;
	}

	public FakeRedisPool connectError(@Nullable String connectError) {
		this.connectError = connectError;
		return this;
	}

	public FakeRedisPool queuedFor(Duration queuedFor) {
		this.queuedFor = queuedFor;
		return this;
	}

	public FakeRedisPool server(PoolServer server) {
		this.server = server;
		return this;
	}

	public void tell(Consumer<PoolListener> event) {
		this.listeners.forEach(event);
	}

	public List<PoolListener> listeners() {
		return List.copyOf(this.listeners);
	}

	public List<String> changes() {
		return List.copyOf(this.changes);
	}

	public int snapshots() {
		return this.snapshots;
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
		this.snapshots++;
		return new PoolSnapshot(this.name, this.state, this.shared, this.exclusive, this.subscriptions, this.leases,
				this.connectionsByNode, this.connectError, this.queuedFor);
	}

	public FakeRedisPool sizing(PoolSizing sizing) {
		this.sizing = sizing;
		return this;
	}

	@Override
	public @Nullable PoolSizing getSizing() {
		return this.sizing;
	}

	@Override
	public void connect() {
		this.changes.add("connect");
	}

	@Override
	public void resize(int maxSize, int minIdle) {
		PoolSettings.Builder changed = this.settings.mutate().minIdle(minIdle).maxIdle(-1);
		this.settings = (this.settings.isMaxSizeAuto() ? changed.maxSizeLimit(maxSize) : changed.maxSize(maxSize))
			.build();
		this.changes.add("resize");
	}

	@Override
	public void retireAll() {
		this.changes.add("retire");
	}

	@Override
	public void suspend() {
		this.changes.add("suspend");
		this.state = PoolSnapshot.State.SUSPENDED;
	}

	@Override
	public void resume() {
		this.changes.add("resume");
		this.state = PoolSnapshot.State.RUNNING;
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
