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

import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A cluster as one of its nodes sees it: the lines of {@code CLUSTER NODES}.
 *
 * @param members a member for each line
 */
record ClusterView(List<Member> members) {

	static ClusterView of(RedisServer node) {
		return new ClusterView(String.valueOf(node.execute("CLUSTER", "NODES")).lines().map(Member::parse).toList());
	}

	Member self() {
		return this.members.stream().filter((member) -> member.flags().contains("myself")).findFirst().orElseThrow();
	}

	boolean knows(String id) {
		return this.members.stream().anyMatch((member) -> member.id().equals(id));
	}

	boolean isConnectedTo(String id) {
		return this.members.stream()
			.anyMatch(
					(member) -> member.id().equals(id) && member.connected() && !member.flags().contains("handshake"));
	}

	boolean isReplicaOfPort(int port) {
		String master = self().master();
		return this.members.stream().anyMatch((member) -> member.id().equals(master) && member.port() == port);
	}

	boolean isComplete(int size) {
		return this.members.size() == size && this.members.stream().noneMatch(Member::isDoubtful)
				&& this.members.stream().flatMapToInt(Member::slots).count() == RedisCluster.SLOTS;
	}

	/**
	 * Who holds which slots and replicates whom, the same for all nodes that agree.
	 * @return a line for each node
	 */
	Set<String> layout() {
		return this.members.stream()
			.map((member) -> "%s %s %s".formatted(member.id(), member.master(), member.held()))
			.collect(Collectors.toCollection(TreeSet::new));
	}

	/**
	 * A node.
	 *
	 * @param id its name for life
	 * @param port its port
	 * @param flags what it is
	 * @param master the name of its master, or a hyphen
	 * @param connected whether there is a link to it
	 * @param held its slots
	 */
	record Member(String id, int port, Set<String> flags, String master, boolean connected, BitSet held) {

		private static final int FIRST_SLOT_FIELD = 8;

		static Member parse(String line) {
			String[] fields = line.split(" ", -1);
			String address = fields[1].split("@", 2)[0];
			int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
			BitSet slots = new BitSet();
			Stream.of(fields)
				.skip(FIRST_SLOT_FIELD)
				// In brackets are those on their way.
				.filter((field) -> !field.isEmpty() && !field.startsWith("["))
				.map((field) -> field.split("-", 2))
				.forEach((range) -> slots.set(Integer.parseInt(range[0]),
						Integer.parseInt(range[range.length - 1]) + 1));
			return new Member(fields[0], port, Set.of(fields[2].split(",")), fields[3], "connected".equals(fields[7]),
					slots);
		}

		boolean isMaster() {
			return this.flags.contains("master");
		}

		boolean hasSlots() {
			return !this.held.isEmpty();
		}

		boolean hasSlot(int slot) {
			return this.held.get(slot);
		}

		IntStream slots() {
			return this.held.stream();
		}

		boolean isDoubtful() {
			return !this.connected || this.flags.contains("fail") || this.flags.contains("fail?")
					|| this.flags.contains("handshake") || this.flags.contains("noaddr");
		}

	}

}
