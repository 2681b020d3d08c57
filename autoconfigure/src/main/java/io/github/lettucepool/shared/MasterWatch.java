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

package io.github.lettucepool.shared;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.masterreplica.StatefulRedisMasterReplicaConnection;

import io.github.lettucepool.writes.Ping;

/**
 * Has shared connections to a master and its replicas replaced that have lost their
 * master: a new one asks where the master is now. Lettuce's own asks too where there are
 * sentinels, but 5 s after their first message, and else never. Thread-safe.
 */
public final class MasterWatch implements RedisConnectionStateListener {

	private final List<SharedLane> lanes = new CopyOnWriteArrayList<>();

	/**
	 * Adds a lane.
	 * @param lane the lane, whose client tells this of its connections
	 */
	public void add(SharedLane lane) {
		this.lanes.add(lane);
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
					replaceWithoutMaster(lane, masterReplica);
				}
			}
		}
	}

	private static void replaceWithoutMaster(SharedLane lane, StatefulRedisMasterReplicaConnection<?, ?> connection) {
		try {
			// It goes to the master, and fails at once if there is none.
			connection.async().ping().whenComplete((pong, ex) -> {
				if (Ping.Result.of(ex) != Ping.Result.ALIVE) {
					lane.replace(connection);
				}
			});
		}
		catch (RedisException ex) {
			lane.replace(connection);
		}
	}

}
