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

import java.util.Arrays;

import io.lettuce.core.api.StatefulRedisConnection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What is different in a cluster. Transactions, watched keys and databases belong to one
 * node, and Spring Data has none of them there: what a borrower does by itself is not put
 * back, its connection is closed. A cluster's replica redirects instead of answering
 * READONLY.
 */
interface ClusterContract extends BudgetContract, HygieneContract, BrokenConnectionContract {

	/**
	 * The topology is looked at once for all of them.
	 */
	@Override
	default int firstSockets(int connections) {
		return 1;
	}

	@ParameterizedTest
	@ValueSource(strings = { "MULTI", "WATCH key" })
	@Tag("quick")
	default void aConnectionWithStateOnOneOfItsNodesIsClosed(String command) {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		long id = borrowed.id();
		String[] words = command.split(" ", -1);
		borrowed.call(words[0], Arrays.copyOfRange(words, 1, words.length));
		borrowed.giveBack();
		Borrowed next = pool.borrow();
		assertThat(next.id()).isNotEqualTo(id);
		next.giveBack();
		assertThat(pool.events().closeReasons()).containsExactly(CloseReason.UNCLEAN);
	}

	@Test
	@Tag("quick")
	default void aConnectionToOneGivenNodeIsRefusedClearly() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		var provider = (LettuceConnectionProvider.TargetAware) pool.provider();
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
			.isThrownBy(() -> provider.getConnection(StatefulRedisConnection.class, node()))
			.withMessageContaining("not supported");
		assertThat(pool.total()).isZero();
	}

	@Override
	default void aConnectionToOneGivenNodeCanBeHadWithoutBlocking() {
	}

	@Override
	default void aConnectionToOneGivenNodeIsOpenedOnDemandAndClosedOnRelease() {
	}

	@Override
	default void allTypesOfConnectionsThatSpringDataAsksForCountTogether() {
	}

	@Override
	default void aReturnAfterACompleteTransactionSendsNothing() {
	}

	@Override
	default void anOpenTransactionIsDiscardedOnTheSameConnection() {
	}

	@Override
	default void watchedKeysAreUnwatchedOnTheSameConnection() {
	}

	@Override
	default void anotherDatabaseIsPutBackOnTheSameConnection() {
	}

	@Override
	default void allOfItTogetherIsPutBackOnTheSameConnection() {
	}

	@Override
	default void aTransactionThatWasOpenedWhileAnotherOneEndedIsDiscarded() {
	}

	@Override
	default void keysThatWereWatchedWhileATransactionEndedAreUnwatched() {
	}

	@Override
	default void aTransactionWhoseEndIsNotAnsweredYetDoesNotCountAsEnded() {
	}

	@Override
	default void aTransactionThatTheServerRefusesIsOver() {
	}

	@Override
	default void aConnectionThatCannotBePutInOrderSinceTheServerIsSilentHasAReplyOutstanding(String command) {
	}

	@Override
	default void aTransactionWhoseEndIsNeverAnsweredLeavesAReplyOutstanding() {
	}

	@Override
	default void aConnectionThatIsLostWhileItIsPutInOrderIsBroken(String command) {
	}

	@Override
	default void connectionsThatAnsweredReadonlyAreRetiredAtABoundedRate() {
	}

	@Override
	default void aReadonlyAnswerToAScriptCountsToo() {
	}

	/**
	 * In a cluster, a connection of the pool consists of several.
	 */
	@Override
	default int connections(PoolSnapshot snapshot) {
		return snapshot.connectionsByNode().values().stream().mapToInt(Integer::intValue).sum();
	}

}
