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

package io.github.lettucepool.embedded;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A master with two replicas and three sentinels that look after them, all real processes
 * on the loopback interface. Each can be {@linkplain RedisServer#kill() killed} and
 * {@linkplain RedisServer#start() started again} by itself. A replica takes the place of
 * the master about three seconds after the master's end. Not thread-safe, but for what
 * only asks.
 */
public final class RedisSentinelSet implements AutoCloseable {

	/**
	 * Whom {@linkplain #startObserver a sentinel that does nothing} logs in as.
	 */
	public static final String OBSERVER = "observer";

	private static final String MASTER_NAME = "lettuce";

	private static final int REPLICAS = 2;

	private static final int SENTINELS = 3;

	/**
	 * More than a second, since a sentinel that has just lost a connection does not try
	 * to open the next one sooner: with less, a sentinel may take a new master for dead
	 * before it has asked, and promote yet another.
	 */
	private static final Duration DOWN_AFTER = Duration.ofMillis(1500);

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private final List<RedisServer> servers = new ArrayList<>();

	private final List<RedisServer> sentinels = new ArrayList<>();

	private RedisSentinelSet() {
	}

	/**
	 * Starts everything and waits until the sentinels know each other and the replicas.
	 * @return the set
	 * @throws EmbeddedRedisException if it does not start
	 */
	public static RedisSentinelSet start() {
		return start(UnaryOperator.identity());
	}

	/**
	 * Starts everything and waits until the sentinels know each other and the replicas.
	 * @param settings changes the settings of each server, not of the sentinels
	 * @return the set
	 * @throws EmbeddedRedisException if it does not start
	 */
	public static RedisSentinelSet start(UnaryOperator<RedisServerBuilder> settings) {
		RedisSentinelSet set = new RedisSentinelSet();
		try {
			set.form(settings);
			return set;
		}
		catch (RuntimeException ex) {
			set.close();
			throw ex;
		}
	}

	private void form(UnaryOperator<RedisServerBuilder> settings) {
		RedisServer master = settings.apply(RedisServer.builder()).start();
		this.servers.add(master);
		for (int i = 0; i < REPLICAS; i++) {
			this.servers.add(settings.apply(RedisServer.builder().replicaOf(master)).start());
		}
		// A sentinel asks the master for its replicas once in ten seconds: what is not
		// there at its start it learns of late.
		master.awaitReplicas(REPLICAS);
		for (int i = 0; i < SENTINELS; i++) {
			this.sentinels.add(startSentinel(master));
		}
		awaitHealth();
	}

	private static RedisServer startSentinel(RedisServer master) {
		RedisServerBuilder builder = new RedisServerBuilder(true)
			.config("sentinel", "monitor", MASTER_NAME, master.host(), String.valueOf(master.port()), "2")
			.config("sentinel", "down-after-milliseconds", MASTER_NAME, String.valueOf(DOWN_AFTER.toMillis()))
			.config("sentinel", "failover-timeout", MASTER_NAME, "2000")
			.config("sentinel", "parallel-syncs", MASTER_NAME, String.valueOf(REPLICAS));
		if (master.password() != null) {
			builder.config("sentinel", "auth-pass", MASTER_NAME, master.password());
		}
		return builder.start();
	}

	/**
	 * Starts one sentinel that tells the address of a server and otherwise does nothing,
	 * whatever becomes of the server.
	 * @param server the server; it must have a user of the name {@value #OBSERVER} who
	 * may do nothing
	 * @param masterName the name by which the sentinel knows the server
	 * @return the sentinel
	 * @throws EmbeddedRedisException if it does not start
	 */
	public static RedisServer startObserver(RedisServer server, String masterName) {
		return startObserver(server, masterName, 0);
	}

	/**
	 * Starts one sentinel that tells the address of a server and otherwise does nothing,
	 * whatever becomes of the server.
	 * @param server the server; it must have a user of the name {@value #OBSERVER} who
	 * may do nothing
	 * @param masterName the name by which the sentinel knows the server
	 * @param epoch the configuration epoch that the sentinel is in: how many failovers it
	 * knows of
	 * @return the sentinel
	 * @throws EmbeddedRedisException if it does not start
	 */
	public static RedisServer startObserver(RedisServer server, String masterName, int epoch) {
		return new RedisServerBuilder(true)
			.config("sentinel", "monitor", masterName, server.host(), String.valueOf(server.port()), "1")
			.config("sentinel", "auth-user", masterName, OBSERVER)
			.config("sentinel", "auth-pass", masterName, "any")
			.config("sentinel", "down-after-milliseconds", masterName, "86400000")
			.config("sentinel", "config-epoch", masterName, String.valueOf(epoch))
			.start();
	}

	/**
	 * The name by which the sentinels know the master.
	 * @return the name
	 */
	public String masterName() {
		return MASTER_NAME;
	}

	/**
	 * The sentinels.
	 * @return three
	 */
	public List<RedisServer> sentinels() {
		return List.copyOf(this.sentinels);
	}

	/**
	 * The servers, running or not.
	 * @return the one that was the master first, and two more
	 */
	public List<RedisServer> servers() {
		return List.copyOf(this.servers);
	}

	/**
	 * The server that the sentinels take for the master.
	 * @return the master
	 */
	public RedisServer master() {
		return serverOn(masterPort(this.sentinels.get(0)));
	}

	/**
	 * The servers that are not the master.
	 * @return two, running or not
	 */
	public List<RedisServer> replicas() {
		RedisServer master = master();
		return this.servers.stream().filter((server) -> server != master).toList();
	}

	private RedisServer serverOn(int port) {
		return this.servers.stream()
			.filter((server) -> server.port() == port)
			.findFirst()
			.orElseThrow(() -> new EmbeddedRedisException("The sentinels name port %d".formatted(port), null));
	}

	private static int masterPort(RedisServer sentinel) {
		List<?> address = sentinel.executeForList("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER_NAME);
		return Integer.parseInt(String.valueOf(address.get(1)));
	}

	/**
	 * Lets the sentinels replace the master by a replica, as an operator would before
	 * maintenance, and waits until that is done.
	 * @return the new master
	 */
	public RedisServer failOver() {
		List<RedisServer> replicas = replicas();
		// It is refused while the last one is not over, and where no replica is good.
		Wait.until(TIMEOUT, "the sentinels start to fail over", () -> {
			this.sentinels.get(0).execute("SENTINEL", "FAILOVER", MASTER_NAME);
			return true;
		});
		return awaitPromotion(replicas);
	}

	/**
	 * Whether a sentinel names one of some servers as the master.
	 * @param servers the servers
	 * @return whether any of the sentinels does
	 */
	public boolean isNamed(List<RedisServer> servers) {
		return this.sentinels.stream()
			.map(RedisSentinelSet::masterPort)
			.anyMatch((port) -> servers.stream().anyMatch((server) -> server.port() == port));
	}

	/**
	 * Waits until a replica has become the master.
	 * @param replicas the replicas, as they were before
	 * @return the new master
	 * @throws EmbeddedRedisException if there is none within 60 seconds
	 */
	public RedisServer awaitPromotion(List<RedisServer> replicas) {
		Wait.until(TIMEOUT, "a replica is promoted", () -> replicas.stream().anyMatch(RedisServer::isMaster));
		return replicas.stream().filter(RedisServer::isMaster).findFirst().orElseThrow();
	}

	/**
	 * Starts whatever does not run, and waits until the sentinels agree on the master and
	 * both replicas are in step with it.
	 * @throws EmbeddedRedisException if that takes more than 60 seconds
	 */
	public void awaitHealth() {
		for (List<RedisServer> all : List.of(this.servers, this.sentinels)) {
			all.forEach((server) -> {
				server.resume();
				server.start();
			});
		}
		Wait.until(TIMEOUT, "the sentinels agree on a master with its replicas", () -> {
			int port = masterPort(this.sentinels.get(0));
			return this.sentinels.stream().allMatch((sentinel) -> isContent(sentinel, port))
					&& serverOn(port).isMaster() && hasReplicas(serverOn(port));
		});
	}

	private static boolean hasReplicas(RedisServer master) {
		return String.valueOf(master.execute("INFO", "replication"))
			.lines()
			.filter((line) -> line.contains("state=online"))
			.count() == REPLICAS;
	}

	private static boolean isContent(RedisServer sentinel, int port) {
		List<?> pairs = sentinel.executeForList("SENTINEL", "MASTER", MASTER_NAME);
		return value(pairs, "port").equals(String.valueOf(port)) && value(pairs, "flags").equals("master")
				&& value(pairs, "num-slaves").equals(String.valueOf(REPLICAS))
				&& value(pairs, "num-other-sentinels").equals(String.valueOf(SENTINELS - 1));
	}

	private static String value(List<?> pairs, String key) {
		return String.valueOf(pairs.get(pairs.indexOf(key) + 1));
	}

	/**
	 * Ends everything and deletes its data.
	 */
	@Override
	public void close() {
		this.sentinels.forEach(RedisServer::kill);
		this.servers.forEach(RedisServer::kill);
		this.sentinels.forEach(RedisServer::close);
		this.servers.forEach(RedisServer::close);
	}

}
