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

package io.github.lettucepool.metrics;

import io.micrometer.common.docs.KeyName;

import io.github.lettucepool.CloseReason;

/**
 * The tags of the meters of a pool, and the only place where their keys stand.
 */
public enum PoolMeterTag implements KeyName {

	/**
	 * The pool's name.
	 */
	POOL("pool"),

	/**
	 * The lane: {@code shared} or {@code exclusive}.
	 */
	LANE("lane"),

	/**
	 * The connection's state: {@code connected} or {@code disconnected} on the shared
	 * lane, {@code active} or {@code idle} on the exclusive lane.
	 */
	STATE("state"),

	/**
	 * Why a connection was closed: the {@linkplain CloseReason#id() id} of a
	 * {@link CloseReason}.
	 */
	REASON("reason");

	private final String key;

	PoolMeterTag(String key) {
		this.key = key;
	}

	@Override
	public String asString() {
		return this.key;
	}

}
