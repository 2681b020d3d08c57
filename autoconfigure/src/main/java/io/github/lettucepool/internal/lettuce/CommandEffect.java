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

package io.github.lettucepool.internal.lettuce;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * The effect of a command on the connection that it is sent on. Only a command with the
 * effect {@link #NONE} may be sent on a connection that others use too.
 */
public enum CommandEffect {

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
	 * Leaves the connection as it was, but may keep the commands behind it waiting. So
	 * may a command of an unknown name.
	 */
	BLOCKS,

	/**
	 * Changes what is not put in order: the connection is closed when it comes back.
	 */
	SPOILS,

	/**
	 * Spoils the connection, and has no reply, or one that is none of a command.
	 */
	UNANSWERED;

	/**
	 * Sub-commands of CLIENT that leave the connection as it was.
	 */
	private static final Set<String> HARMLESS_CLIENT_COMMANDS = Set.of("GETNAME", "GETREDIR", "HELP", "ID", "INFO",
			"KILL", "LIST", "PAUSE", "TRACKINGINFO", "UNBLOCK", "UNPAUSE");

	/**
	 * Before the dot in the names of the commands that are Redis's own since version 8.
	 */
	private static final Set<String> HARMLESS_MODULES = Set.of("BF", "CF", "CMS", "FT", "JSON", "TDIGEST", "TOPK",
			"TS");

	/**
	 * The commands with an effect that depends on their arguments.
	 */
	private static final Map<String, Function<List<String>, CommandEffect>> BY_WORDS = Map.of("CLIENT",
			CommandEffect::ofClient, "SCRIPT", CommandEffect::ofScript, "XREAD", CommandEffect::ofRead, "XREADGROUP",
			CommandEffect::ofRead);

	private static final Map<String, CommandEffect> BY_NAME = byName();

	private static final Map<CommandType, CommandEffect> BY_TYPE = byType();

	private static Map<String, CommandEffect> byName() {
		Map<String, CommandEffect> effects = new HashMap<>();
		for (CommandType type : CommandType.values()) {
			effects.put(type.toString(), NONE);
		}
		effects.put("MULTI", OPENS_TRANSACTION);
		effects.put("EXEC", ENDS_TRANSACTION);
		effects.put("DISCARD", ENDS_TRANSACTION);
		effects.put("WATCH", WATCHES);
		effects.put("UNWATCH", UNWATCHES);
		effects.put("SELECT", SELECTS);
		for (String name : List.of("BLMOVE", "BLMOVEM", "BLMPOP", "BLPOP", "BRPOP", "BRPOPLPUSH", "BZMPOP", "BZPOPMAX",
				"BZPOPMIN", "DEBUG", "REPLICAOF", "SHUTDOWN", "SLAVEOF", "WAIT", "WAITAOF")) {
			effects.put(name, BLOCKS);
		}
		for (String name : List.of("ASKING", "AUTH", "AUTH2", "HELLO", "HIMPORT", "MONITOR", "PSYNC", "QUIT",
				"READONLY", "READWRITE", "REPLCONF", "RESET", "SYNC")) {
			effects.put(name, SPOILS);
		}
		for (String name : List.of("PSUBSCRIBE", "PUNSUBSCRIBE", "SSUBSCRIBE", "SUBSCRIBE", "SUNSUBSCRIBE",
				"UNSUBSCRIBE")) {
			effects.put(name, UNANSWERED);
		}
		effects.keySet().removeAll(BY_WORDS.keySet());
		return Map.copyOf(effects);
	}

	private static Map<CommandType, CommandEffect> byType() {
		Map<CommandType, CommandEffect> effects = new EnumMap<>(CommandType.class);
		for (CommandType type : CommandType.values()) {
			CommandEffect effect = BY_NAME.get(type.toString());
			if (effect != null) {
				effects.put(type, effect);
			}
		}
		return effects;
	}

	/**
	 * The effect of a command, if it succeeds.
	 * @param command the command
	 * @return what it does
	 */
	static CommandEffect of(RedisCommand<?, ?, ?> command) {
		ProtocolKeyword type = command.getType();
		CommandEffect effect = (type instanceof CommandType known) ? BY_TYPE.get(known) : null;
		return (effect != null) ? effect : ofName(command);
	}

	private static CommandEffect ofName(RedisCommand<?, ?, ?> command) {
		// A keyword says in its bytes, not as a string, how it is sent.
		String name = upperCase(command.getType().getBytes());
		Function<List<String>, CommandEffect> byWords = BY_WORDS.get(name);
		if (byWords != null) {
			return byWords.apply(words(command));
		}
		int dot = name.indexOf('.');
		boolean module = dot > 0 && HARMLESS_MODULES.contains(name.substring(0, dot));
		return module ? NONE : BY_NAME.getOrDefault(name, BLOCKS);
	}

	private static CommandEffect ofClient(List<String> words) {
		String word = words.isEmpty() ? "" : words.get(0);
		if (word.equals("REPLY")) {
			return UNANSWERED;
		}
		return HARMLESS_CLIENT_COMMANDS.contains(word) ? NONE : SPOILS;
	}

	private static CommandEffect ofScript(List<String> words) {
		return (!words.isEmpty() && words.get(0).equals("DEBUG")) ? SPOILS : NONE;
	}

	private static CommandEffect ofRead(List<String> words) {
		int keys = words.indexOf("STREAMS");
		return words.subList(0, (keys >= 0) ? keys : words.size()).contains("BLOCK") ? BLOCKS : NONE;
	}

	/**
	 * The arguments as they are sent: each as its length and its bytes.
	 */
	private static List<String> words(RedisCommand<?, ?, ?> command) {
		List<String> words = new ArrayList<>();
		if (command.getArgs() == null) {
			return words;
		}
		ByteBuf sent = Unpooled.buffer();
		command.getArgs().encode(sent);
		while (sent.isReadable()) {
			int length = Integer.parseInt(line(sent).substring(1));
			byte[] word = new byte[length];
			sent.readBytes(word).skipBytes(2);
			words.add(upperCase(word));
		}
		return words;
	}

	private static String line(ByteBuf buffer) {
		int length = buffer.bytesBefore((byte) '\r');
		String line = buffer.toString(buffer.readerIndex(), length, StandardCharsets.US_ASCII);
		buffer.skipBytes(length + 2);
		return line;
	}

	private static String upperCase(byte[] word) {
		return new String(word, StandardCharsets.US_ASCII).toUpperCase(Locale.ROOT);
	}

	/**
	 * Returns whether a command may be sent on a connection that others use too.
	 * @param command the command
	 * @return whether it may
	 */
	public static boolean isHarmless(RedisCommand<?, ?, ?> command) {
		return of(command) == NONE;
	}

	/**
	 * Returns whether a command that is not harmless may be sent on a connection of its
	 * own.
	 * @param command the command
	 * @return {@code false} if it would be waited for in vain
	 */
	public static boolean isAnswered(RedisCommand<?, ?, ?> command) {
		return of(command) != UNANSWERED;
	}

	/**
	 * Says that a command is not sent, since there is no connection for it.
	 * @param command the command, which is not harmless
	 * @return the exception
	 */
	public static InvalidDataAccessApiUsageException refusal(RedisCommand<?, ?, ?> command) {
		return new InvalidDataAccessApiUsageException((isAnswered(command) ? """
				%s is not sent: it changes or blocks its connection, and others share that. \
				RedisConnection.execute() sends it over a connection of its own""" : """
				%s is not sent: it would be waited for in vain. \
				RedisConnection.subscribe() and message listener containers subscribe""").formatted(command.getType()));
	}

}
