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

package io.github.lettucepool.sample.lab;

import java.util.List;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.advice.Advice;
import io.github.lettucepool.advice.PoolAdvisor;

/**
 * What the charts show: a pool, what happens in it, and the calls that are made.
 *
 * @param pool the pool
 * @param events what happens in the pool
 * @param calls the calls
 * @param advisor watches the pool
 */
public record Watched(RedisPool pool, PoolEvents events, Calls calls, PoolAdvisor advisor) {

	List<Advice> advice() {
		return this.advisor.advice(this.pool);
	}

}
