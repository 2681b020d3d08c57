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

import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import io.lettuce.core.RedisConnectionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests for {@link UnreachableNodes}.
 */
@Tag("unit")
class UnreachableNodesTests {

	private final AtomicLong clock = new AtomicLong(-1);

	private final UnreachableNodes nodes = new UnreachableNodes(this.clock::get);

	private final SocketAddress node = InetSocketAddress.createUnresolved("localhost", 7001);

	private final SocketAddress other = InetSocketAddress.createUnresolved("localhost", 7002);

	private final ConnectException refused = new ConnectException("refused");

	@Test
	void aNodeThatWasNotTriedMayBeTried() {
		assertThatNoException().isThrownBy(() -> this.nodes.check(this.node));
	}

	@Test
	void aNodeThatFailedIsNotTriedForATenthOfASecond() {
		this.nodes.tried(this.node, this.refused, true);
		this.clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(100) - 1);
		assertThatExceptionOfType(RedisConnectionException.class).isThrownBy(() -> this.nodes.check(this.node))
			.withMessage("Unable to connect to localhost:7001")
			.withCause(this.refused);
		assertThatNoException().isThrownBy(() -> this.nodes.check(this.other));
		this.clock.incrementAndGet();
		assertThatNoException().isThrownBy(() -> this.nodes.check(this.node));
	}

	@Test
	void aNodeThatIsBackMayBeTriedAtOnce() {
		this.nodes.tried(this.node, this.refused, true);
		this.nodes.tried(this.other, this.refused, true);
		this.nodes.tried(this.node, null, true);
		assertThatNoException().isThrownBy(() -> this.nodes.check(this.node));
		assertThatExceptionOfType(RedisConnectionException.class).isThrownBy(() -> this.nodes.check(this.other));
	}

	@Test
	void whatFailedLongAgoDoesNotSpareWhatFailedNow() {
		this.nodes.tried(this.node, this.refused, true);
		this.clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(150));
		this.nodes.tried(this.other, this.refused, true);
		this.nodes.tried(this.node, this.refused, true);
		this.clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(50));
		assertThatExceptionOfType(RedisConnectionException.class).isThrownBy(() -> this.nodes.check(this.node));
		assertThatExceptionOfType(RedisConnectionException.class).isThrownBy(() -> this.nodes.check(this.other));
	}

	@Test
	void aLookAtTheTopologyTellsOfANodeButDoesNotKeepCommandsFromIt() {
		this.nodes.tried(this.node, this.refused, false);
		assertThat(this.nodes.lost()).containsOnly(Map.entry("localhost:7001", this.refused));
		assertThatNoException().isThrownBy(() -> this.nodes.check(this.node));
		this.nodes.tried(this.node, null, false);
		assertThat(this.nodes.lost()).isEmpty();
	}

	@Test
	void aNodeThatNobodyTriesForLongIsGone() {
		this.nodes.tried(this.node, this.refused, false);
		this.clock.addAndGet(TimeUnit.MINUTES.toNanos(4));
		this.nodes.tried(this.other, this.refused, false);
		this.clock.addAndGet(TimeUnit.MINUTES.toNanos(1));
		assertThat(this.nodes.lost()).containsOnlyKeys("localhost:7002");
		assertThat(this.nodes.isGone("localhost:7001")).isTrue();
		assertThat(this.nodes.isGone("localhost:7002")).isFalse();
		assertThat(this.nodes.isGone("localhost:7003")).isFalse();
		this.nodes.tried(this.node, this.refused, false);
		assertThat(this.nodes.lost()).containsOnlyKeys("localhost:7001", "localhost:7002");
		assertThat(this.nodes.isGone("localhost:7001")).isFalse();
	}

	@Test
	void nodesThatAreGoneMakeRoomForOthers() {
		for (int port = 1; port <= 256; port++) {
			this.nodes.tried(InetSocketAddress.createUnresolved("localhost", port), this.refused, true);
		}
		this.clock.addAndGet(TimeUnit.MINUTES.toNanos(5));
		this.nodes.tried(this.node, this.refused, true);
		assertThat(this.nodes.lost()).containsOnlyKeys("localhost:7001");
	}

	@Test
	void nodesThatComeAndGoForEverDoNotTakeMemoryForEver() {
		for (int port = 1; port < 1_000; port++) {
			this.nodes.tried(InetSocketAddress.createUnresolved("localhost", port), this.refused, true);
		}
		assertThat(this.nodes.lost()).hasSize(256).containsKey("localhost:1");
	}

}
