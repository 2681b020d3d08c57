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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A Redis cluster of real processes on the loopback interface. Each node can be
 * {@linkplain RedisServer#kill() killed} and {@linkplain RedisServer#start() started
 * again} by itself. A replica takes the place of its master about two seconds after the
 * master's end. Not thread-safe, but for what only asks.
 */
public final class RedisCluster implements AutoCloseable {

	/**
	 * How many slots a cluster has.
	 */
	public static final int SLOTS = 16_384;

	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	private static final Duration MANUAL_FAILOVER_TIMEOUT = Duration.ofSeconds(6);

	private static final int START_ATTEMPTS = 3;

	private final UnaryOperator<RedisServerBuilder> settings;

	private final List<RedisServer> nodes = new CopyOnWriteArrayList<>();

	private RedisCluster(UnaryOperator<RedisServerBuilder> settings) {
		this.settings = settings;
	}

	/**
	 * Starts a cluster and waits until it is complete.
	 * @param masters how many masters, which share the slots; a cluster that is to elect
	 * has at least three
	 * @param replicas how many replicas each master has
	 * @return the cluster
	 * @throws EmbeddedRedisException if it does not start
	 */
	public static RedisCluster start(int masters, int replicas) {
		return start(masters, replicas, UnaryOperator.identity());
	}

	/**
	 * Starts a cluster and waits until it is complete.
	 * @param masters how many masters, which share the slots
	 * @param replicas how many replicas each master has
	 * @param settings changes the settings of each node
	 * @return the cluster
	 * @throws EmbeddedRedisException if it does not start
	 */
	public static RedisCluster start(int masters, int replicas, UnaryOperator<RedisServerBuilder> settings) {
		for (int attempt = 1;; attempt++) {
			RedisCluster cluster = new RedisCluster(settings);
			try {
				cluster.form(masters, replicas);
				return cluster;
			}
			catch (EmbeddedRedisException ex) {
				cluster.close();
				if (attempt == START_ATTEMPTS) {
					throw ex;
				}
				// Nodes elect by the clock: one that got no processor for a second is
				// replaced at once, before there are slots to replace it in.
			}
		}
	}

	private void form(int masters, int replicas) {
		for (int i = 0; i < masters * (1 + replicas); i++) {
			this.nodes.add(startNode());
		}
		for (int i = 0; i < masters; i++) {
			// So that no two masters have to sort out who is the newer one.
			this.nodes.get(i).execute("CLUSTER", "SET-CONFIG-EPOCH", String.valueOf(i + 1));
			// Servers before 7.0 know no ranges.
			this.nodes.get(i)
				.execute(
						Stream
							.concat(Stream.of("CLUSTER", "ADDSLOTS"),
									IntStream.range(SLOTS * i / masters, SLOTS * (i + 1) / masters)
										.mapToObj(String::valueOf))
							.toArray(String[]::new));
		}
		this.nodes.subList(1, this.nodes.size()).forEach(this::meet);
		awaitAcquaintance();
		for (int i = masters; i < this.nodes.size(); i++) {
			replicate(this.nodes.get(i), this.nodes.get(i % masters));
		}
		awaitHealth();
	}

	private RedisServer startNode() {
		return this.settings
			.apply(RedisServer.builder()
				.config("cluster-enabled", "yes")
				.config("cluster-node-timeout", "1000")
				// A replica may take over however long it has not heard of its master.
				.config("cluster-replica-validity-factor", "0")
				// Replicas stay with the master that they were given.
				.config("cluster-allow-replica-migration", "no"))
			.start();
	}

	private void meet(RedisServer node) {
		RedisServer first = this.nodes.get(0);
		node.execute("CLUSTER", "MEET", first.host(), String.valueOf(first.port()));
	}

	private void awaitAcquaintance() {
		List<String> ids = this.nodes.stream().map(RedisCluster::id).toList();
		Wait.until(TIMEOUT, "the nodes know each other",
				() -> this.nodes.stream()
					.map(ClusterView::of)
					.allMatch((view) -> ids.stream().allMatch(view::isConnectedTo)));
	}

	private static void replicate(RedisServer replica, RedisServer master) {
		String id = id(master);
		Wait.until(TIMEOUT, "port %d is a replica".formatted(replica.port()), () -> {
			replica.execute("CLUSTER", "REPLICATE", id);
			return true;
		});
	}

	/**
	 * All nodes, running or not.
	 * @return the nodes, in the order in which they were started
	 */
	public List<RedisServer> nodes() {
		return List.copyOf(this.nodes);
	}

	/**
	 * The running nodes that hold slots.
	 * @return the nodes
	 */
	public List<RedisServer> masters() {
		return this.nodes.stream().filter(RedisServer::isRunning).filter((node) -> {
			ClusterView view = ClusterView.of(node);
			return view.self().isMaster() && view.self().hasSlots();
		}).toList();
	}

	/**
	 * The running replicas of a master.
	 * @param master the master, running or not
	 * @return its replicas
	 */
	public List<RedisServer> replicasOf(RedisServer master) {
		return this.nodes.stream()
			.filter(RedisServer::isRunning)
			.filter((node) -> node != master)
			.filter((node) -> ClusterView.of(node).isReplicaOfPort(master.port()))
			.toList();
	}

	/**
	 * The node that commands for a key go to.
	 * @param key the key
	 * @return the master of the key's slot
	 */
	public RedisServer masterOf(String key) {
		return masterOf(slotOf(key));
	}

	/**
	 * The node that holds a slot.
	 * @param slot the slot
	 * @return the slot's master
	 */
	public RedisServer masterOf(int slot) {
		return masters().stream()
			.filter((node) -> ClusterView.of(node).self().hasSlot(slot))
			.findFirst()
			.orElseThrow(() -> new EmbeddedRedisException("No running node holds slot " + slot, null));
	}

	/**
	 * The slot of a key.
	 * @param key the key
	 * @return the slot
	 */
	public int slotOf(String key) {
		return Integer.parseInt(String.valueOf(running().execute("CLUSTER", "KEYSLOT", key)));
	}

	/**
	 * The slots that a node holds.
	 * @param node the node
	 * @return the slots in ascending order
	 */
	public List<Integer> slotsOf(RedisServer node) {
		return ClusterView.of(node).self().slots().boxed().toList();
	}

	/**
	 * Starts a further node, a master without slots.
	 * @return the node, which all others know
	 */
	public RedisServer add() {
		RedisServer node = startNode();
		this.nodes.add(node);
		meet(node);
		awaitHealth();
		return node;
	}

	/**
	 * Takes a node out of the cluster and ends it, as an operator would: its slots go to
	 * the other masters first, with their keys, while the cluster works; then all others
	 * forget it, and it forgets them; and once no client uses it any more, it is stopped.
	 * @param node the node, which has no replicas
	 * @throws EmbeddedRedisException if clients do not leave it within 30 seconds
	 */
	public void remove(RedisServer node) {
		List<RedisServer> others = masters().stream().filter((master) -> master != node).toList();
		List<Integer> slots = slotsOf(node);
		for (int i = 0; i < others.size(); i++) {
			moveSlots(others.get(i),
					slots.subList(slots.size() * i / others.size(), slots.size() * (i + 1) / others.size()));
		}
		this.nodes.remove(node);
		forget(node);
		Wait.until(TIMEOUT, "port %d has no clients".formatted(node.port()), () -> isUnused(node));
		node.close();
		awaitHealth();
	}

	/**
	 * Nodes keep the connections over which they moved keys for a while.
	 */
	private static boolean isUnused(RedisServer node) {
		return node.clients().stream().allMatch((client) -> client.contains("cmd=restore-asking"));
	}

	private void forget(RedisServer node) {
		String id = id(node);
		Wait.until(TIMEOUT, "port %d is forgotten".formatted(node.port()), () -> {
			// Whoever has not forgotten it introduces it to the others again.
			this.nodes.stream()
				.filter((other) -> ClusterView.of(other).knows(id))
				.forEach((other) -> other.execute("CLUSTER", "FORGET", id));
			return this.nodes.stream().noneMatch((other) -> ClusterView.of(other).knows(id));
		});
		node.execute("CLUSTER", "RESET", "SOFT");
	}

	/**
	 * Moves slots with their keys to another master, while the cluster works.
	 * @param target who gets them
	 * @param slots the slots
	 */
	public void moveSlots(RedisServer target, List<Integer> slots) {
		slots.forEach((slot) -> SlotMove.run(slot, masterOf(slot), target, this::masters));
	}

	/**
	 * Lets a replica take its master's place, as an operator would before maintenance.
	 * @param replica the replica
	 */
	public void failOverTo(RedisServer replica) {
		AtomicLong again = new AtomicLong(System.nanoTime());
		Wait.until(TIMEOUT, "port %d takes its master's place".formatted(replica.port()), () -> {
			if (replica.isMaster()) {
				return true;
			}
			if (System.nanoTime() - again.get() >= 0) {
				// It is refused while the replica is not in step, and given up silently
				// by one that its master's offset or the votes do not reach in time.
				replica.execute("CLUSTER", "FAILOVER");
				again.set(System.nanoTime() + MANUAL_FAILOVER_TIMEOUT.toNanos());
			}
			return false;
		});
	}

	/**
	 * Waits until a replica has taken the place of a master that was killed.
	 * @param replicas the master's replicas, as they were before
	 * @return the new master
	 * @throws EmbeddedRedisException if there is none within 30 seconds
	 */
	public RedisServer awaitPromotion(List<RedisServer> replicas) {
		// Asked once: what was promoted may have been demoted again a moment later.
		List<RedisServer> promoted = new ArrayList<>();
		Wait.until(TIMEOUT, "a replica is promoted", () -> {
			replicas.stream().filter(RedisServer::isMaster).findFirst().ifPresent(promoted::add);
			return !promoted.isEmpty();
		});
		return promoted.get(0);
	}

	/**
	 * Starts all nodes that do not run, and waits until every node sees all slots served,
	 * all nodes agree on who holds them, and all replicas are in step.
	 * @throws EmbeddedRedisException if that takes more than 30 seconds
	 */
	public void awaitHealth() {
		this.nodes.forEach((node) -> {
			node.resume();
			node.start();
		});
		Wait.until(TIMEOUT, "the cluster is complete", () -> {
			List<ClusterView> views = this.nodes.stream().map(ClusterView::of).toList();
			return views.stream().allMatch((view) -> view.isComplete(this.nodes.size()))
					&& views.stream().map(ClusterView::layout).distinct().count() == 1
					&& this.nodes.stream().allMatch(RedisCluster::isInStep);
		});
	}

	private static boolean isInStep(RedisServer node) {
		boolean complete = String.valueOf(node.execute("CLUSTER", "INFO")).contains("cluster_state:ok");
		List<?> role = node.executeForList("ROLE");
		return complete && ("master".equals(role.get(0)) || "connected".equals(role.get(3)));
	}

	private RedisServer running() {
		return this.nodes.stream()
			.filter(RedisServer::isRunning)
			.findFirst()
			.orElseThrow(() -> new EmbeddedRedisException("No node of the cluster runs", null));
	}

	static String id(RedisServer node) {
		return String.valueOf(node.execute("CLUSTER", "MYID"));
	}

	/**
	 * Ends all nodes and deletes their data.
	 */
	@Override
	public void close() {
		this.nodes.forEach(RedisServer::kill);
		this.nodes.forEach(RedisServer::close);
	}

}
