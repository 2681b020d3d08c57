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

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What is different with a static master and replicas: Spring Data has neither
 * subscriptions nor connections to one given node there.
 */
interface MasterReplicaContract extends BudgetContract {

	@Override
	default void aConnectionToOneGivenNodeCanBeHadWithoutBlocking() {
	}

	@Test
	@Override
	@Tag("quick")
	default void aConnectionToOneGivenNodeIsOpenedOnDemandAndClosedOnRelease() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		var provider = (LettuceConnectionProvider.TargetAware) pool.provider();
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
			.isThrownBy(() -> provider.getConnection(StatefulRedisConnection.class, node()))
			.withMessageContaining("not supported");
		assertThat(pool.total()).isZero();
	}

	@Test
	@Override
	@Tag("quick")
	default void subscriptionsAreOutsideOfTheBudgetAndCounted() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		assertThatExceptionOfType(UnsupportedOperationException.class)
			.isThrownBy(() -> pool.provider().getConnection(StatefulRedisPubSubConnection.class))
			.withMessageContaining("not supported");
		assertThat(pool.pool().snapshot().subscriptions()).isZero();
	}

}
