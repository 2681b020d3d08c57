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

package io.github.lettucepool.exclusive;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.protocol.RedisCommand;

/**
 * What a command does to the connection that it is sent on.
 */
enum CommandEffect {

	/**
	 * Leaves the connection as it was.
	 */
	NONE,

	/**
	 * Opens a transaction.
	 */
	OPENS_TRANSACTION,

	/**
	 * Ends the transaction, and no longer watches keys.
	 */
	ENDS_TRANSACTION,

	/**
	 * Watches keys.
	 */
	WATCHES,

	/**
	 * No longer watches keys.
	 */
	UNWATCHES,

	/**
	 * Selects a database.
	 */
	SELECTS,

	/**
	 * Changes what is not put in order: the connection is closed when it comes back.
	 */
	SPOILS;

	private static final Map<String, CommandEffect> EFFECTS = Map.ofEntries(Map.entry("MULTI", OPENS_TRANSACTION),
			Map.entry("EXEC", ENDS_TRANSACTION), Map.entry("DISCARD", ENDS_TRANSACTION), Map.entry("WATCH", WATCHES),
			Map.entry("UNWATCH", UNWATCHES), Map.entry("SELECT", SELECTS), Map.entry("MONITOR", SPOILS),
			Map.entry("AUTH", SPOILS), Map.entry("HELLO", SPOILS), Map.entry("READONLY", SPOILS),
			Map.entry("READWRITE", SPOILS), Map.entry("ASKING", SPOILS), Map.entry("RESET", SPOILS),
			Map.entry("QUIT", SPOILS), Map.entry("SUBSCRIBE", SPOILS), Map.entry("PSUBSCRIBE", SPOILS),
			Map.entry("SSUBSCRIBE", SPOILS), Map.entry("SYNC", SPOILS), Map.entry("PSYNC", SPOILS));

	/**
	 * Sub-commands of CLIENT that leave the connection as it was.
	 */
	private static final Set<String> HARMLESS_CLIENT_COMMANDS = Set.of("GETNAME", "GETREDIR", "HELP", "ID", "INFO",
			"KILL", "LIST", "PAUSE", "TRACKINGINFO", "UNBLOCK", "UNPAUSE");

	/**
	 * The effect of a command, if it succeeds.
	 * @param command the command
	 * @return what it does
	 */
	static CommandEffect of(RedisCommand<?, ?, ?> command) {
		ProtocolKeyword type = command.getType();
		String name = (type instanceof Enum<?> known) ? known.name() : type.toString().toUpperCase(Locale.ROOT);
		return name.equals("CLIENT") ? ofClient(command) : EFFECTS.getOrDefault(name, NONE);
	}

	private static CommandEffect ofClient(RedisCommand<?, ?, ?> command) {
		String arguments = (command.getArgs() != null) ? command.getArgs().toCommandString() : "";
		String subCommand = arguments.trim().split("\\s+", 2)[0].toUpperCase(Locale.ROOT);
		return HARMLESS_CLIENT_COMMANDS.contains(subCommand) ? NONE : SPOILS;
	}

}
