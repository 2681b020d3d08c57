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

package io.github.lettucepool;

/**
 * Ways through {@code RedisTemplate} that keep a connection, in a cluster: Spring Data
 * has no transactions there.
 */
interface ClusterSpringDataContract extends SpringDataContract {

	@Override
	default void transactionsOfSessionsGiveTheirConnectionBack(int sharedConnections) {
	}

	@Override
	default void transactionsOfSessionsThatFailGiveTheirConnectionBack(int sharedConnections) {
	}

	@Override
	default void transactionalMethodsGiveTheirConnectionBack(int sharedConnections) {
	}

	@Override
	default void transactionalMethodsThatFailGiveTheirConnectionBack(int sharedConnections) {
	}

}
