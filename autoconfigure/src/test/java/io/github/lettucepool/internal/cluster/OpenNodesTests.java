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
package io.github.lettucepool.internal.cluster;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.cluster.models.partitions.Partitions;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import io.github.lettucepool.internal.lettuce.NodeConnection;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link OpenNodes}.
 */
@Tag("unit")
class OpenNodesTests {

	private final ScheduledExecutorService executor = Mockito.mock(ScheduledExecutorService.class);

	private final OpenNodes nodes = new OpenNodes();

	private final Partitions topology = new Partitions();

	OpenNodesTests() {
		this.topology.addPartition(node("one", "127.0.0.1", 7001));
		this.topology.addPartition(node("two", "localhost", 7002));
		this.topology.addPartition(node("three", "127.0.0.1", 7003));
		this.topology.updateCache();
	}

	@Test
	void aNodeIsLeftOutByItsName() {
		assertThat(idsWithout(InetSocketAddress.createUnresolved("localhost", 7002))).containsExactly("one", "three");
	}

	@Test
	void aNodeIsLeftOutByItsAddress() throws Exception {
		InetAddress address = InetAddress.getByAddress("node-1", new byte[] { 127, 0, 0, 1 });
		assertThat(idsWithout(new InetSocketAddress(address, 7001))).containsExactly("two", "three");
	}

	@Test
	void aNodeThatHasLeftTheTopologyIsNotMissed() {
		open(InetSocketAddress.createUnresolved("127.0.0.1", 7001));
		assertThat(idsWithout(InetSocketAddress.createUnresolved("127.0.0.1", 7004))).containsExactly("one", "two",
				"three");
		assertThat(this.nodes.without(this.topology, InetSocketAddress.createUnresolved("elsewhere", 7001)))
			.isSameAs(this.topology);
	}

	@Test
	void nobodyKnowsWhichNodeItIsWhereAddressesAreTranslated() {
		open(InetSocketAddress.createUnresolved("10.0.0.1", 7001));
		open(null);
		assertThat(idsWithout(InetSocketAddress.createUnresolved("10.0.0.1", 7001))).isEmpty();
		assertThat(idsWithout(null)).isEmpty();
	}

	@Test
	void aConnectionThatIsLeftIsClosedOnceItsCommandsHaveHadTheirTime() {
		NodeConnection<?, ?> node = open(null);
		this.nodes.leave(node, Duration.ofSeconds(3), this.executor);
		assertThat(this.nodes.isEmpty()).isTrue();
		ArgumentCaptor<Runnable> task = ArgumentCaptor.forClass(Runnable.class);
		Mockito.verify(this.executor)
			.schedule(task.capture(), ArgumentMatchers.eq(3_000L), ArgumentMatchers.eq(TimeUnit.MILLISECONDS));
		Mockito.verify(node, Mockito.never()).closeNow();
		task.getValue().run();
		Mockito.verify(node).closeNow();
	}

	@Test
	void commandsHaveASecondHoweverShortTheirTimeout() {
		this.nodes.leave(open(null), Duration.ofMillis(50), this.executor);
		Mockito.verify(this.executor)
			.schedule(ArgumentMatchers.<Runnable>any(), ArgumentMatchers.eq(1_000L),
					ArgumentMatchers.eq(TimeUnit.MILLISECONDS));
	}

	@Test
	void aConnectionThatIsLeftIsClosedAtOnceIfNobodyCanDoItLater() {
		BDDMockito
			.given(this.executor.schedule(ArgumentMatchers.<Runnable>any(), ArgumentMatchers.anyLong(),
					ArgumentMatchers.any()))
			.willThrow(new RejectedExecutionException("stopped"));
		NodeConnection<?, ?> node = open(null);
		this.nodes.leave(node, Duration.ofSeconds(3), this.executor);
		Mockito.verify(node).closeNow();
	}

	@Test
	void whatIsToBeClosedLaterCanBeClosedAtOnce() {
		NodeConnection<?, ?> left = open(null);
		NodeConnection<?, ?> closed = open(null);
		NodeConnection<?, ?> open = open(null);
		this.nodes.leave(left, Duration.ofSeconds(3), this.executor);
		this.nodes.leave(closed, Duration.ofSeconds(3), this.executor);
		this.nodes.closed(closed);
		this.nodes.closeLeaving();
		Mockito.verify(left).closeNow();
		Mockito.verify(closed, Mockito.never()).closeNow();
		Mockito.verify(open, Mockito.never()).closeNow();
		assertThat(this.nodes.isEmpty()).isFalse();
		this.nodes.closed(open);
		assertThat(this.nodes.isEmpty()).isTrue();
	}

	@Test
	void aNodeThatIsBusyForAPartOfASecondIsNotSilentHoweverShortTheTimeout() {
		NodeConnection<?, ?> node = open(null);
		pings(node, new RedisCommandTimeoutException("200 ms"), new RedisCommandTimeoutException("200 ms"), null);
		this.nodes.ask(Duration.ofMillis(200));
		Mockito.verify(node.async(), Mockito.times(3)).ping();
		Mockito.verify(node, Mockito.never()).lost();
		assertThat(this.nodes.isEmpty()).isFalse();
	}

	@Test
	void aNodeThatRefusesThePingAnswers() {
		NodeConnection<?, ?> node = open(null);
		pings(node, new RedisCommandExecutionException("NOPERM"));
		this.nodes.ask(Duration.ofSeconds(3));
		Mockito.verify(node, Mockito.never()).lost();
	}

	@Test
	void aNodeThatCannotBeAskedIsLost() {
		NodeConnection<?, ?> node = open(null);
		BDDMockito.given(node.isOpen()).willReturn(true);
		pings(node, new RedisException("Currently not connected"));
		this.nodes.ask(Duration.ofSeconds(3));
		Mockito.verify(node).lost();
		assertThat(this.nodes.isEmpty()).isTrue();
	}

	@Test
	void aSilentNodeIsLostOnceAndIsNotAskedAgainWhenItsPingFails() {
		NodeConnection<?, ?> node = open(null);
		BDDMockito.given(node.isOpen()).willReturn(true);
		AsyncCommand<String, String, String> ping = pingsAndWaits(node);
		this.nodes.ask(Duration.ofMillis(200));
		this.nodes.ask(Duration.ofMillis(200));
		Mockito.verify(node, Mockito.timeout(30_000)).lost();
		ping.completeExceptionally(new RedisCommandTimeoutException("3 s"));
		Mockito.verify(node.async()).ping();
	}

	@Test
	void aNodeThatIsClosedOrLeftWhileItIsAskedIsNotLost() {
		NodeConnection<?, ?> closed = open(null);
		AsyncCommand<String, String, String> ping = pingsAndWaits(closed);
		NodeConnection<?, ?> left = open(null);
		BDDMockito.given(left.isOpen()).willReturn(true);
		AsyncCommand<String, String, String> other = pingsAndWaits(left);
		this.nodes.ask(Duration.ofMinutes(1));
		this.nodes.leave(left, Duration.ofSeconds(3), this.executor);
		ping.completeExceptionally(new RedisException("Connection closed"));
		other.completeExceptionally(new RedisException("Connection closed"));
		Mockito.verify(closed, Mockito.never()).lost();
		Mockito.verify(left, Mockito.never()).lost();
	}

	private static AsyncCommand<String, String, String> pingsAndWaits(NodeConnection<?, ?> node) {
		pings(node);
		AsyncCommand<String, String, String> ping = new AsyncCommand<>(
				new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8)));
		RedisAsyncCommands<?, ?> commands = node.async();
		BDDMockito.willReturn(ping).given(commands).ping();
		return ping;
	}

	@SuppressWarnings({ "unchecked", "rawtypes" })
	private static void pings(NodeConnection<?, ?> node, Throwable... failures) {
		RedisAsyncCommands commands = Mockito.mock(RedisAsyncCommands.class);
		BDDMockito.given(node.async()).willReturn(commands);
		Iterator<Throwable> next = Arrays.asList(failures).iterator();
		BDDMockito.given(commands.ping()).willAnswer((call) -> {
			AsyncCommand<String, String, String> ping = new AsyncCommand<>(
					new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8)));
			Throwable failure = next.next();
			if (failure != null) {
				ping.completeExceptionally(failure);
			}
			else {
				ping.complete();
			}
			return ping;
		});
	}

	private NodeConnection<?, ?> open(SocketAddress address) {
		NodeConnection<?, ?> node = Mockito.mock(NodeConnection.class);
		BDDMockito.given(node.address()).willReturn(address);
		this.nodes.opened(node);
		return node;
	}

	private List<String> idsWithout(SocketAddress address) {
		return this.nodes.without(this.topology, address).stream().map(RedisClusterNode::getNodeId).toList();
	}

	private static RedisClusterNode node(String id, String host, int port) {
		return new RedisClusterNode(RedisURI.create(host, port), id, true, null, 0, 0, 0, List.of(),
				Set.of(RedisClusterNode.NodeFlag.UPSTREAM));
	}

}
