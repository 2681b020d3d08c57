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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * What can be seen and changed while a pool runs.
 */
interface RunTimeContract extends PoolContract {

	@Test
	default void theSnapshotTellsTheFigures() {
		TestedPool pool = start((settings) -> settings.maxSize(3));
		pool.borrow(3).subList(0, 1).forEach(Borrowed::giveBack);
		PoolSnapshot snapshot = pool.pool().snapshot();
		assertThat(snapshot.name()).isEqualTo("contract");
		assertThat(snapshot.state()).isEqualTo(PoolSnapshot.State.RUNNING);
		assertThat(snapshot.reachable()).isTrue();
		assertThat(snapshot.connectError()).isNull();
		assertThat(snapshot.exclusive()).isEqualTo(new PoolSnapshot.Exclusive(3, 0, 2, 1, 3, 0));
		assertThat(snapshot.exclusive().saturated()).isFalse();
		assertThat(snapshot.leases()).hasSize(2);
		Borrowed third = pool.borrow();
		CompletableFuture<Borrowed> waiting = pool.borrowLaterAndWait();
		assertThat(pool.figures()).isEqualTo(new PoolSnapshot.Exclusive(3, 0, 3, 0, 3, 1));
		assertThat(pool.figures().saturated()).isTrue();
		third.giveBack();
		Borrowed.reply(waiting).giveBack();
	}

	@Test
	default void aGreaterSizeLetsWaitingBorrowersInAtOnce() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed first = pool.borrow();
		List<CompletableFuture<Borrowed>> waiting = List.of(pool.borrowLaterAndWait(), pool.borrowLaterAndWait());
		pool.pool().resize(3, 0);
		List<Borrowed> others = waiting.stream().map(Borrowed::reply).toList();
		assertThat(pool.pool().getSettings().getMaxSize()).isEqualTo(3);
		assertThat(pool.figures()).isEqualTo(new PoolSnapshot.Exclusive(3, 0, 3, 0, 3, 0));
		others.forEach(Borrowed::giveBack);
		first.giveBack();
		assertThat(pool.idle()).isEqualTo(3);
	}

	@Test
	default void aSmallerSizeClosesNoMoreIdleConnectionsThanNecessary() {
		TestedPool pool = start((settings) -> settings.maxSize(8));
		pool.open(8);
		pool.pool().resize(6, 0);
		await().until(() -> connections() == 6);
		assertThat(pool.total()).isEqualTo(6);
		assertThat(pool.events().closeReasons()).containsExactly(CloseReason.RETIRED, CloseReason.RETIRED);
	}

	@Test
	@Tag("slow")
	default void aSmallerSizeClosesLentConnectionsWhenTheyComeBackAndNotBefore() {
		TestedPool pool = start((settings) -> settings.maxSize(4).maxWait(Duration.ofSeconds(3)));
		List<Borrowed> borrowed = pool.borrow(4);
		pool.pool().resize(1, 0);
		assertThat(borrowed).allSatisfy((one) -> assertThat(one.call("ECHO", "alive")).isEqualTo("alive"));
		borrowed.subList(0, 3).forEach(Borrowed::giveBack);
		await().until(() -> pool.total() == 1);
		assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(pool::borrow)
			.withMessageContaining("max-size=1");
		borrowed.get(3).giveBack();
		pool.borrow().giveBack();
		assertThat(connections()).isOne();
		assertThat(pool.events().closeReasons()).hasSize(3).containsOnly(CloseReason.RETIRED);
	}

	@Test
	default void minIdleCanBeChanged() {
		TestedPool pool = start((settings) -> settings.maxSize(4));
		pool.pool().resize(4, 2);
		await().until(() -> pool.idle() == 2 && connections() == 2);
	}

	@Test
	default void aSizeThatCannotBeIsRefusedAndChangesNothing() {
		TestedPool pool = start((settings) -> settings.maxSize(2));
		assertThatIllegalArgumentException().isThrownBy(() -> pool.pool().resize(0, 0))
			.withMessageContaining("max-size is 0");
		assertThatIllegalArgumentException().isThrownBy(() -> pool.pool().resize(2, 3))
			.withMessageContaining("min-idle is 3");
		assertThat(pool.figures().maxSize()).isEqualTo(2);
		pool.borrow(2).forEach(Borrowed::giveBack);
	}

	@Test
	@Tag("slow")
	default void theSizeCanBeChangedUnderLoad() throws Exception {
		TestedPool pool = start((settings) -> settings.maxSize(2));
		AtomicBoolean stopped = new AtomicBoolean();
		List<Future<?>> borrowers = new ArrayList<>();
		for (int i = 0; i < 12; i++) {
			borrowers.add(pool.threads().submit(() -> {
				while (!stopped.get()) {
					Borrowed borrowed = pool.borrow();
					assertThat(borrowed.call("ECHO", "fine")).isEqualTo("fine");
					borrowed.giveBack();
				}
			}));
		}
		int served = 0;
		for (int i = 0; i < 40; i++) {
			pool.pool().resize((i % 2 == 0) ? 8 : 1, (i % 4 == 0) ? 1 : 0);
			if (i % 10 == 5) {
				pool.pool().retireAll();
			}
			int before = served;
			await().until(() -> pool.events().borrowedCount() > before + 20);
			served = pool.events().borrowedCount();
		}
		pool.pool().resize(3, 0);
		stopped.set(true);
		for (Future<?> borrower : borrowers) {
			borrower.get();
		}
		await().until(() -> pool.active() == 0 && pool.total() <= 3 && connections() == pool.total());
		List<Borrowed> all = pool.borrow(3);
		assertThat(connections()).isEqualTo(3);
		all.forEach(Borrowed::giveBack);
	}

	@Test
	default void retiringReplacesIdleConnectionsAtOnceAndLentOnesWhenTheyComeBack() {
		TestedPool pool = start((settings) -> settings.maxSize(2));
		List<Borrowed> borrowed = pool.borrow(2);
		long lent = borrowed.get(0).id();
		borrowed.get(1).giveBack();
		pool.pool().retireAll();
		await().until(() -> connections() == 1);
		assertThat(borrowed.get(0).call("ECHO", "alive")).isEqualTo("alive");
		borrowed.get(0).giveBack();
		await().until(() -> connections() == 0);
		Borrowed next = pool.borrow();
		assertThat(next.id()).isGreaterThan(lent);
		next.giveBack();
		assertThat(pool.idle()).isOne();
		assertThat(pool.events().closeReasons()).containsExactly(CloseReason.RETIRED, CloseReason.RETIRED);
	}

	@Test
	default void aSuspendedPoolLendsNothingUntilItIsResumed() {
		TestedPool pool = start((settings) -> settings.maxSize(2));
		Borrowed lent = pool.borrow();
		pool.open(1);
		pool.pool().suspend();
		pool.pool().suspend();
		assertThat(pool.pool().snapshot().state()).isEqualTo(PoolSnapshot.State.SUSPENDED);
		List<CompletableFuture<Borrowed>> waiting = List.of(pool.borrowLaterAndWait(), pool.borrowLaterAndWait());
		assertThat(lent.call("ECHO", "alive")).isEqualTo("alive");
		lent.giveBack();
		assertThat(pool.pending()).isEqualTo(2);
		assertThat(pool.idle()).isEqualTo(2);
		pool.pool().resume();
		pool.pool().resume();
		waiting.forEach((borrower) -> Borrowed.reply(borrower).giveBack());
		assertThat(pool.pool().snapshot().state()).isEqualTo(PoolSnapshot.State.RUNNING);
	}

	@Test
	default void aBorrowerThatWaitedForASuspendedPoolIsToldSo() {
		TestedPool pool = start((settings) -> settings.maxSize(1).maxWait(Duration.ofMillis(500)));
		pool.pool().suspend();
		assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(pool::borrow)
			.withMessageContaining("(suspended)")
			.withMessageContaining("nobody has a connection");
	}

	@Test
	default void aListenerThatWasRemovedHearsNothing() {
		TestedPool pool = start((settings) -> settings);
		pool.borrow().giveBack();
		pool.pool().removeListener(pool.events());
		pool.borrow().giveBack();
		assertThat(pool.events().borrowedCount()).isOne();
		assertThat(pool.events().openedCount()).isOne();
	}

}
