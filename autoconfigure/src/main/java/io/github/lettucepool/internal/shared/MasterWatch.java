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

package io.github.lettucepool.internal.shared;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.masterreplica.StatefulRedisMasterReplicaConnection;

import io.github.lettucepool.internal.pool.RetryDelay;
import io.github.lettucepool.internal.transport.MasterPing;
import io.github.lettucepool.internal.transport.Ping;

/**
 * Has shared connections replaced that have lost their master, or were opened without it:
 * a new one asks where the master is now. Lettuce's own master/replica connection asks
 * again only where there are sentinels, 5 s after their first message. Thread-safe.
 */
public final class MasterWatch implements RedisConnectionStateListener {

	/**
	 * A connection that only was lost is back by then.
	 */
	private static final Duration RECONNECT_TIME = Duration.ofMillis(500);

	private final ScheduledExecutorService executor;

	private final boolean sentinels;

	private final AtomicInteger failures = new AtomicInteger();

	private final List<SharedLane> lanes = new CopyOnWriteArrayList<>();

	/**
	 * Creates one without lanes.
	 * @param executor where connections are replaced
	 * @param sentinels whether sentinels name the master
	 */
	public MasterWatch(ScheduledExecutorService executor, boolean sentinels) {
		this.executor = executor;
		this.sentinels = sentinels;
	}

	/**
	 * Adds a lane.
	 * @param lane the lane, whose client tells this of its connections
	 */
	public void add(SharedLane lane) {
		this.lanes.add(lane);
	}

	/**
	 * Finds out whether a new connection is of use: where its master is away it may still
	 * read from replicas, and is replaced soon.
	 * @param connection the connection
	 * @param <K> the type of keys
	 * @param <V> the type of values
	 * @return completes with the connection; if it is of no use, with the reason
	 */
	public <K, V> CompletionStage<StatefulConnection<K, V>> opened(
			StatefulRedisMasterReplicaConnection<K, V> connection) {
		return MasterPing.send(connection, connection.getCodec()).thenApply((master) -> {
			if (master) {
				this.failures.set(0);
			}
			else {
				later(() -> replace(connection), RetryDelay.after(this.failures.incrementAndGet()));
			}
			return connection;
		});
	}

	/**
	 * A connection to a node was lost, which may have been a part of any of the lanes'
	 * connections.
	 */
	@Override
	public void onRedisDisconnected(RedisChannelHandler<?, ?> node) {
		for (SharedLane lane : this.lanes) {
			for (StatefulConnection<?, ?> connection : lane.connections()) {
				if (connection instanceof StatefulRedisMasterReplicaConnection<?, ?> masterReplica) {
					replaceWithoutMaster(masterReplica);
				}
				else if (connection == node && this.sentinels) {
					// Lettuce's attempt may wait for the old master, which is silent.
					later(() -> replaceUnlessOpen(connection), RECONNECT_TIME);
				}
			}
		}
	}

	private void replaceWithoutMaster(StatefulRedisMasterReplicaConnection<?, ?> connection) {
		// It goes to the master, and fails at once if there is none.
		Ping.send(connection).thenAccept((result) -> {
			if (result != Ping.Result.ALIVE) {
				replace(connection);
			}
		});
	}

	private void replaceUnlessOpen(StatefulConnection<?, ?> connection) {
		if (!connection.isOpen()) {
			replace(connection);
		}
	}

	private void replace(StatefulConnection<?, ?> connection) {
		this.lanes.forEach((lane) -> lane.replace(connection));
	}

	private void later(Runnable task, Duration delay) {
		try {
			this.executor.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (RejectedExecutionException ex) {
			// The application stops.
		}
	}

}
