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

package io.github.lettucepool.benchmarks.client;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;

import io.github.lettucepool.RedisPool;

/**
 * Who takes part. The description is what the report prints.
 */
public enum Contestant {

	/**
	 * This project on its defaults.
	 */
	LETTUCE_POOL("lettuce-pool", Role.OWN, false,
			"this project on its defaults, through StringRedisTemplate; max-size as the workload says, 16 is the default"),

	/**
	 * This project with every operation borrowing.
	 */
	LETTUCE_POOL_EXCLUSIVE("lettuce-pool-exclusive", Role.OWN, true,
			"this project with lettuce.pool.shared-connections=0, through StringRedisTemplate"),

	/**
	 * What Spring Boot does unasked when commons-pool2 is absent.
	 */
	BOOT_SHARED("boot-shared", Role.PEER, false,
			"Spring Boot's LettuceConnectionFactory without a pool, through StringRedisTemplate"),

	/**
	 * Spring Boot's pool, used for every command.
	 */
	BOOT_POOL("boot-pool", Role.PEER, true,
			"Spring Boot's LettuceConnectionFactory with its pool, shareNativeConnection=false, max-idle=max-active, "
					+ "through StringRedisTemplate"),

	/**
	 * Jedis through Spring Data.
	 */
	JEDIS("jedis", Role.PEER, true,
			"Spring Boot's JedisConnectionFactory with its pool, max-idle=max-active, through StringRedisTemplate"),

	/**
	 * Redisson, without Spring Data's cost.
	 */
	REDISSON("redisson", Role.PEER, true, "RedissonClient called directly, connectionPoolSize as the other pools"),

	/**
	 * Lettuce with nothing around it.
	 */
	LETTUCE("lettuce", Role.CEILING, false,
			"Lettuce's asynchronous API on one connection, each reply awaited; a connection for each caller in "
					+ "multi-exec, pipeline and blpop"),

	/**
	 * This project with ordinary commands in the shared lane only. Takes part if it is
	 * named.
	 */
	LETTUCE_POOL_SHARED("lettuce-pool-shared", Role.OWN, false,
			"this project with lettuce.pool.low-latency-callers=0, through StringRedisTemplate"),

	/**
	 * Redisson through Spring Data. Takes part if it is named.
	 */
	REDISSON_SPRING("redisson-spring", Role.PEER, true,
			"RedissonConnectionFactory, connectionPoolSize as the other pools, through StringRedisTemplate"),

	/**
	 * Valkey GLIDE, without Spring Data's cost. Takes part if it is named.
	 */
	GLIDE("glide", Role.PEER, false, "Valkey GLIDE called directly on one connection; one for each caller in blpop");

	private final String id;

	private final Role role;

	private final boolean pooled;

	private final String description;

	Contestant(String id, Role role, boolean pooled, String description) {
		this.id = id;
		this.role = role;
		this.pooled = pooled;
		this.description = description;
	}

	/**
	 * The name in options and reports.
	 * @return the name
	 */
	public String id() {
		return this.id;
	}

	/**
	 * What it is compared as.
	 * @return the role
	 */
	public Role role() {
		return this.role;
	}

	/**
	 * Whether an ordinary command takes a connection from a pool of limited size.
	 * @return {@code true} if so
	 */
	public boolean pooled() {
		return this.pooled;
	}

	/**
	 * How it is set up.
	 * @return a line for the report
	 */
	public String description() {
		return this.description;
	}

	/**
	 * Connects.
	 * @param target where to
	 * @return the client, to be closed by the caller
	 */
	public Client open(Target target) {
		return switch (this) {
			case LETTUCE_POOL -> SpringClient.ofLettucePool(target);
			case LETTUCE_POOL_EXCLUSIVE -> SpringClient.ofLettucePoolExclusive(target);
			case LETTUCE_POOL_SHARED -> SpringClient.ofLettucePoolShared(target);
			case BOOT_SHARED -> SpringClient.ofBootShared(target);
			case BOOT_POOL -> SpringClient.ofBootPool(target);
			case JEDIS -> SpringClient.ofJedis(target);
			case REDISSON -> new RedissonCalls(target);
			case REDISSON_SPRING -> SpringClient.ofRedisson(target);
			case GLIDE -> new GlideCalls(target);
			case LETTUCE -> LettuceCalls.open(target);
		};
	}

	/**
	 * Connects as {@link #LETTUCE_POOL} with other settings than the defaults.
	 * @param target where to
	 * @param settings the settings by their full names; {@code max-size} wins over the
	 * target's
	 * @return the client, to be closed by the caller
	 */
	public static Client openLettucePool(Target target, Map<String, String> settings) {
		return SpringClient.ofLettucePool(target, settings);
	}

	/**
	 * Returns the pool of a client of this project.
	 * @param client the client
	 * @return its pool
	 */
	public static RedisPool pool(Client client) {
		return ((SpringClient) client).pool();
	}

	/**
	 * Those who take part unless others are named.
	 * @return the contestants, in the order of the report
	 */
	public static List<Contestant> byDefault() {
		return List.copyOf(EnumSet.complementOf(EnumSet.of(LETTUCE_POOL_SHARED, REDISSON_SPRING, GLIDE)));
	}

	/**
	 * All contestants' names.
	 * @return the names, in the order of the report
	 */
	public static List<String> ids() {
		return Arrays.stream(values()).map(Contestant::id).toList();
	}

	/**
	 * What a contestant is compared as.
	 */
	public enum Role {

		/**
		 * A variant of this project.
		 */
		OWN,

		/**
		 * What a user would take instead: the best of these is the measure.
		 */
		PEER,

		/**
		 * Shows what Lettuce costs by itself; nobody writes an application that way.
		 */
		CEILING

	}

}
