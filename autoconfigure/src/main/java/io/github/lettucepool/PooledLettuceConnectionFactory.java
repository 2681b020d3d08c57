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

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.codec.RedisCodec;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.ClusterCommandExecutor;
import org.springframework.data.redis.connection.ClusterTopologyProvider;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClusterConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnection.PipeliningFlushPolicy;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;

import io.github.lettucepool.internal.engine.Lanes;
import io.github.lettucepool.internal.engine.LettuceRedisPool;
import io.github.lettucepool.internal.engine.UnpooledClientConfiguration;

/**
 * A Redis connection factory with a pool. Ordinary commands go over a few shared
 * connections; what needs a connection to itself (blocking commands, transactions,
 * pipelines, another database) borrows one.
 * <p>
 * It takes the place of {@link LettuceConnectionFactory} and keeps its promises: thread
 * safety, the exceptions of Spring Data, start and stop with the application context. On
 * top of these, getting a connection fails with
 * {@link org.springframework.data.redis.RedisConnectionFailureException}: a
 * {@link PoolExhaustedException} if none became free within {@code max-wait}, a
 * {@link PoolConnectException}, within milliseconds, while Redis cannot be reached. The
 * defaults of the auto-configuration for timeouts, TCP keepalive and reconnecting are not
 * this class's: they are in the client configuration that it is given.
 * <p>
 * {@link #stop()} lends nothing any more and waits for what is lent, for the client
 * configuration's shutdown timeout. The default phase of 0 makes an application context
 * stop it after its web server, schedulers and listener containers.
 */
public class PooledLettuceConnectionFactory extends LettuceConnectionFactory {

	private static final Log logger = LogFactory.getLog(PooledLettuceConnectionFactory.class);

	private final RedisConfiguration configuration;

	private final boolean ownsResources;

	private final LettuceRedisPool pool;

	private PipeliningFlushPolicy pipeliningFlushPolicy = PipeliningFlushPolicy.flushEachCommand();

	private volatile @Nullable Lanes lanes;

	/**
	 * Creates a factory for one server.
	 * @param name the pool's name
	 * @param configuration where Redis is
	 * @param clientConfiguration how Lettuce connects; pooling asked for there is ignored
	 * @param settings the pool's settings
	 */
	@SuppressWarnings("this-escape") // Nobody can call the pool before this returns.
	public PooledLettuceConnectionFactory(String name, RedisStandaloneConfiguration configuration,
			LettuceClientConfiguration clientConfiguration, PoolSettings settings) {
		// Apart from the other kinds, since only this constructor of the superclass keeps
		// the configuration for getStandaloneConfiguration().
		super(configuration, UnpooledClientConfiguration.of(clientConfiguration));
		this.configuration = configuration;
		this.ownsResources = clientConfiguration.getClientResources().isEmpty();
		this.pool = pool(name, settings);
		setShareNativeConnection(settings.getSharedConnections() > 0);
	}

	/**
	 * Creates a factory for a server that sentinels look after.
	 * @param name the pool's name
	 * @param configuration where Redis is
	 * @param clientConfiguration how Lettuce connects; pooling asked for there is ignored
	 * @param settings the pool's settings
	 */
	public PooledLettuceConnectionFactory(String name, RedisSentinelConfiguration configuration,
			LettuceClientConfiguration clientConfiguration, PoolSettings settings) {
		this(name, (RedisConfiguration) configuration, clientConfiguration, settings);
	}

	/**
	 * Creates a factory for a cluster.
	 * @param name the pool's name
	 * @param configuration where Redis is
	 * @param clientConfiguration how Lettuce connects; pooling asked for there is ignored
	 * @param settings the pool's settings
	 */
	public PooledLettuceConnectionFactory(String name, RedisClusterConfiguration configuration,
			LettuceClientConfiguration clientConfiguration, PoolSettings settings) {
		this(name, (RedisConfiguration) configuration, clientConfiguration, settings);
	}

	/**
	 * Creates a factory for any other kind of configuration: a static master with
	 * replicas, or a Unix domain socket.
	 * @param name the pool's name
	 * @param configuration where Redis is
	 * @param clientConfiguration how Lettuce connects; pooling asked for there is ignored
	 * @param settings the pool's settings
	 */
	@SuppressWarnings("this-escape") // Nobody can call the pool before this returns.
	public PooledLettuceConnectionFactory(String name, RedisConfiguration configuration,
			LettuceClientConfiguration clientConfiguration, PoolSettings settings) {
		super(configuration, UnpooledClientConfiguration.of(clientConfiguration));
		this.configuration = configuration;
		this.ownsResources = clientConfiguration.getClientResources().isEmpty();
		this.pool = pool(name, settings);
		setShareNativeConnection(settings.getSharedConnections() > 0);
	}

	private LettuceRedisPool pool(String name, PoolSettings settings) {
		return new LettuceRedisPool(name, settings, this::getShareNativeConnection, this.configuration,
				getClientConfiguration().getCommandTimeout());
	}

	/**
	 * The pool behind this factory: its figures, and what can be changed while it runs.
	 * The same object for the whole life of the factory.
	 * @return the pool
	 */
	public RedisPool getPool() {
		return this.pool;
	}

	@Override
	public void start() {
		boolean running = isRunning();
		try {
			super.start();
		}
		catch (RuntimeException ex) {
			// Spring Data counts as running before it connects eagerly.
			abandonStart();
			throw ex;
		}
		if (running || !isRunning()) {
			return;
		}
		Lanes lanes = this.lanes;
		if (lanes == null || !lanes.isComplete()) {
			abandonStart();
			throw overridden();
		}
		this.pool.started(lanes);
		lanes.start();
		if (logger.isInfoEnabled()) {
			PoolSettings settings = this.pool.getSettings();
			logger.info("Pool '%s' for %s: shared-connections=%d, max-size=%d".formatted(this.pool.getName(),
					this.pool.getServer().describe(), getShareNativeConnection() ? settings.getSharedConnections() : 0,
					settings.getMaxSize()));
		}
		try {
			lanes.warmUp();
		}
		catch (PoolConnectException ex) {
			stop();
			throw ex;
		}
	}

	private void abandonStart() {
		Lanes lanes = this.lanes;
		this.lanes = null;
		stop();
		if (lanes != null) {
			lanes.stop(getClientConfiguration().getShutdownTimeout());
		}
	}

	@Override
	public void stop() {
		Lanes lanes = this.lanes;
		if (lanes == null || !isRunning()) {
			super.stop();
			return;
		}
		Duration timeout = getClientConfiguration().getShutdownTimeout();
		lanes.stop(timeout);
		super.stop();
		this.lanes = null;
		this.pool.stopped();
	}

	@Override
	public void destroy() {
		super.destroy();
		this.pool.listeners().poolClosed();
		if (this.ownsResources) {
			LettuceClientConfiguration configuration = getClientConfiguration();
			configuration.getClientResources()
				.orElseThrow()
				.shutdown(0, configuration.getShutdownTimeout().toMillis(), TimeUnit.MILLISECONDS)
				.awaitUninterruptibly();
		}
	}

	@Override
	protected AbstractRedisClient createClient() {
		this.pool.starting();
		Lanes lanes = new Lanes(this.pool, this.configuration, getClientConfiguration(),
				isClusterAware() ? (RedisClusterClient) super.createClient() : null);
		this.lanes = lanes;
		return lanes.client();
	}

	@Override
	protected LettuceConnectionProvider doCreateConnectionProvider(AbstractRedisClient client, RedisCodec<?, ?> codec) {
		Lanes lanes = this.lanes;
		if (lanes == null) {
			throw overridden();
		}
		return lanes.add(codec, super.doCreateConnectionProvider(client, codec),
				(other) -> super.doCreateConnectionProvider(other, codec));
	}

	@Override
	protected LettuceConnection doCreateLettuceConnection(
			@Nullable StatefulRedisConnection<byte[], byte[]> sharedConnection,
			LettuceConnectionProvider connectionProvider, long timeout, int database) {
		LettuceConnection connection = requiredLanes().connection(sharedConnection, connectionProvider, timeout,
				database);
		connection.setPipeliningFlushPolicy(this.pipeliningFlushPolicy);
		return connection;
	}

	@Override
	protected LettuceClusterConnection doCreateLettuceClusterConnection(
			@Nullable StatefulRedisClusterConnection<byte[], byte[]> sharedConnection,
			LettuceConnectionProvider connectionProvider, ClusterTopologyProvider topologyProvider,
			ClusterCommandExecutor clusterCommandExecutor, Duration commandTimeout) {
		LettuceClusterConnection connection = requiredLanes().clusterConnection(sharedConnection, connectionProvider,
				topologyProvider, clusterCommandExecutor, commandTimeout);
		connection.setPipeliningFlushPolicy(this.pipeliningFlushPolicy);
		return connection;
	}

	@Override
	public void setPipeliningFlushPolicy(PipeliningFlushPolicy pipeliningFlushPolicy) {
		super.setPipeliningFlushPolicy(pipeliningFlushPolicy);
		this.pipeliningFlushPolicy = pipeliningFlushPolicy;
	}

	@Override
	@SuppressWarnings("unchecked")
	protected @Nullable StatefulRedisConnection<byte[], byte[]> getSharedConnection() {
		return (getShareNativeConnection() && !isClusterAware())
				? (StatefulRedisConnection<byte[], byte[]>) validated().sharedConnection() : null;
	}

	@Override
	@SuppressWarnings("unchecked")
	protected @Nullable StatefulRedisClusterConnection<byte[], byte[]> getSharedClusterConnection() {
		return (getShareNativeConnection() && isClusterAware())
				? (StatefulRedisClusterConnection<byte[], byte[]>) validated().sharedConnection() : null;
	}

	@Override
	@SuppressWarnings("unchecked")
	protected @Nullable StatefulConnection<ByteBuffer, ByteBuffer> getSharedReactiveConnection() {
		return getShareNativeConnection()
				? (StatefulConnection<ByteBuffer, ByteBuffer>) validated().sharedReactiveConnection() : null;
	}

	private Lanes validated() {
		Lanes lanes = requiredLanes();
		if (getValidateConnection()) {
			lanes.validateShared();
		}
		return lanes;
	}

	/**
	 * Opens all shared connections anew, for blocking and for reactive use.
	 */
	@Override
	public void initConnection() {
		requiredLanes().reopenShared();
	}

	/**
	 * Closes all shared connections; the next use opens new ones.
	 */
	@Override
	public void resetConnection() {
		Lanes lanes = this.lanes;
		if (lanes != null) {
			lanes.resetShared();
		}
	}

	/**
	 * PINGs all shared connections and replaces those that do not answer within
	 * {@code validation-timeout}.
	 */
	@Override
	public void validateConnection() {
		requiredLanes().validateShared();
	}

	private IllegalStateException overridden() {
		return new IllegalStateException(("%s overrides createClient() or doCreateConnectionProvider() without calling "
				+ "super, which pool '%s' does not support: change how it connects by its client configuration")
			.formatted(getClass().getName(), this.pool.getName()));
	}

	private Lanes requiredLanes() {
		Lanes lanes = this.lanes;
		if (lanes == null) {
			throw new IllegalStateException(
					"The connection factory of pool '%s' is not started".formatted(this.pool.getName()));
		}
		return lanes;
	}

}
