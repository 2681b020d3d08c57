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

package io.github.lettucepool.topology;

import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * Commands for which a pool needs a connection of a certain lane.
 */
final class BothLanes {

	private BothLanes() {
	}

	/**
	 * Leaves one connection of each lane.
	 * @param template the template to use
	 */
	static void use(StringRedisTemplate template) {
		template.opsForValue().set("key", "value");
		useExclusive(template);
	}

	/**
	 * Runs a pipeline, which needs an exclusive connection.
	 * @param template the template to use
	 */
	static void useExclusive(StringRedisTemplate template) {
		template.executePipelined((RedisCallback<Object>) (connection) -> {
			connection.keyCommands().randomKey();
			return null;
		});
	}

}
