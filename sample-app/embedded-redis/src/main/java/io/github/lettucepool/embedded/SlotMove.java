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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Moves a slot with its keys from one master to another, while the cluster works.
 */
final class SlotMove {

	private static final int KEYS_AT_ONCE = 100;

	private final String slot;

	private final RedisServer source;

	private final RedisServer target;

	private SlotMove(int slot, RedisServer source, RedisServer target) {
		this.slot = String.valueOf(slot);
		this.source = source;
		this.target = target;
	}

	/**
	 * Moves a slot. Does nothing if it is there already.
	 * @param slot the slot
	 * @param source who has it
	 * @param target who gets it
	 * @param masters finds all masters, which are told
	 */
	static void run(int slot, RedisServer source, RedisServer target, Supplier<List<RedisServer>> masters) {
		if (source == target) {
			return;
		}
		SlotMove move = new SlotMove(slot, source, target);
		move.begin();
		move.moveKeys();
		move.end(masters.get());
	}

	private void begin() {
		this.target.execute("CLUSTER", "SETSLOT", this.slot, "IMPORTING", RedisCluster.id(this.source));
		this.source.execute("CLUSTER", "SETSLOT", this.slot, "MIGRATING", RedisCluster.id(this.target));
	}

	private void moveKeys() {
		try (RespClient client = this.source.connectBinary()) {
			while (true) {
				List<?> keys = (List<?>) client.execute("CLUSTER", "GETKEYSINSLOT", this.slot,
						String.valueOf(KEYS_AT_ONCE));
				if (keys == null || keys.isEmpty()) {
					return;
				}
				client.execute(migrate(keys));
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Moving slot %s failed".formatted(this.slot), ex);
		}
	}

	private String[] migrate(List<?> keys) {
		List<String> command = new ArrayList<>(
				List.of("MIGRATE", this.target.host(), String.valueOf(this.target.port()), "", "0", "5000"));
		String password = this.target.password();
		if (password != null) {
			command.addAll(List.of("AUTH", password));
		}
		command.add("KEYS");
		keys.forEach((key) -> command.add((String) key));
		return command.toArray(String[]::new);
	}

	private void end(List<RedisServer> masters) {
		String id = RedisCluster.id(this.target);
		Stream.concat(Stream.of(this.target, this.source), masters.stream())
			.distinct()
			.forEach((master) -> master.execute("CLUSTER", "SETSLOT", this.slot, "NODE", id));
	}

}
