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

package io.github.lettucepool.internal.springdata;

import java.util.List;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisListCommands;
import org.springframework.data.redis.connection.RedisStreamCommands;
import org.springframework.data.redis.connection.RedisZSetCommands;
import org.springframework.data.redis.connection.lettuce.LettuceConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;

/**
 * A connection that gives its exclusive connection back in any case.
 *
 * @see DedicatedLease
 */
public class PooledLettuceConnection extends LettuceConnection {

	private final DedicatedLease lease;

	private boolean flushesEachCommand = true;

	public PooledLettuceConnection(@Nullable StatefulRedisConnection<byte[], byte[]> sharedConnection,
			LettuceConnectionProvider connectionProvider, DedicatedLease lease, long timeout, int database) {
		super(sharedConnection, connectionProvider, timeout, database);
		this.lease = lease;
		lease.borrowBy(this::getAsyncDedicatedConnection);
	}

	@Override
	protected StatefulConnection<byte[], byte[]> doGetAsyncDedicatedConnection() {
		return this.lease.start(super::doGetAsyncDedicatedConnection, this);
	}

	/**
	 * Whoever is going to subscribe asks this first.
	 */
	@Override
	public boolean isSubscribed() {
		this.lease.beforeSubscription();
		return super.isSubscribed();
	}

	@Override
	public RedisListCommands listCommands() {
		return BlockingCommands.of(RedisListCommands.class, super.listCommands(), this.lease);
	}

	@Override
	public RedisZSetCommands zSetCommands() {
		return BlockingCommands.of(RedisZSetCommands.class, super.zSetCommands(), this.lease);
	}

	@Override
	public RedisStreamCommands streamCommands() {
		return BlockingCommands.of(RedisStreamCommands.class, super.streamCommands(), this.lease);
	}

	/**
	 * One who takes these commands may not wait for them.
	 */
	@Override
	public RedisClusterAsyncCommands<byte[], byte[]> getNativeConnection() {
		return FrontConnection.withoutWaiting(super.getNativeConnection());
	}

	@Override
	public void setPipeliningFlushPolicy(PipeliningFlushPolicy pipeliningFlushPolicy) {
		super.setPipeliningFlushPolicy(pipeliningFlushPolicy);
		this.flushesEachCommand = pipeliningFlushPolicy == PipeliningFlushPolicy.flushEachCommand();
	}

	@Override
	public List<@Nullable Object> closePipeline() {
		if (this.flushesEachCommand && isPipelined()) {
			this.lease.awaitReplies();
		}
		return super.closePipeline();
	}

	@Override
	public void close() {
		try {
			super.close();
		}
		finally {
			this.lease.end();
		}
	}

}
