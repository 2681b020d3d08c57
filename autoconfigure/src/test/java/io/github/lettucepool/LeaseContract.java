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

import io.lettuce.core.api.StatefulConnection;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Who has which connection.
 */
interface LeaseContract extends PoolContract {

	@Test
	default void aLeaseTellsTheBorrowersThreadAndItsAge() throws Exception {
		TestedPool pool = start((settings) -> settings);
		Borrowed[] borrowed = new Borrowed[1];
		Thread borrower = new Thread(() -> borrowed[0] = pool.borrow(), "the-borrower");
		borrower.start();
		borrower.join();
		assertThat(pool.pool().snapshot().leases()).singleElement().satisfies((lease) -> {
			assertThat(lease.thread()).isEqualTo("the-borrower");
			assertThat(lease.age()).isPositive();
			assertThat(lease.stack()).isEmpty();
		});
		borrowed[0].giveBack();
		assertThat(pool.pool().snapshot().leases()).isEmpty();
	}

	@Test
	default void aLongLeaseIsReportedOnceWithTheBorrowersStackAndAgainWhenItComesBack(CapturedOutput output)
			throws Exception {
		TestedPool pool = start((settings) -> settings.leakDetectionThreshold(Duration.ofMillis(50)));
		Borrowed[] borrowed = new Borrowed[1];
		Thread borrower = new Thread(() -> borrowed[0] = borrowAndForget(pool), "the-leaker");
		borrower.start();
		borrower.join();
		String report = "Pool 'contract': thread 'the-leaker' has had a connection for";
		await().until(() -> !pool.events().leakingThreads().isEmpty());
		await().untilAsserted(() -> assertThat(output).contains(report).contains("borrowAndForget"));
		assertThat(pool.pool().snapshot().leases()).singleElement()
			.satisfies((lease) -> assertThat(lease.stack())
				.anySatisfy((frame) -> assertThat(frame).contains("borrowAndForget")));
		// Another one is found: so the first one was looked at again.
		Borrowed other = pool.borrow();
		await().until(() -> pool.events().leakingThreads().size() > 1);
		assertThat(pool.events().leakingThreads()).containsExactly("the-leaker", Thread.currentThread().getName());
		assertThat(output).containsOnlyOnce(report).doesNotContain("came back");
		borrowed[0].giveBack();
		await().untilAsserted(
				() -> assertThat(output).containsPattern("WARN.*'the-leaker' seemed to have leaked came back"));
		other.giveBack();
	}

	private static Borrowed borrowAndForget(TestedPool pool) {
		return pool.borrow();
	}

	@Test
	default void nothingIsReportedForLeasesThatEndInTime(CapturedOutput output) {
		TestedPool pool = start((settings) -> settings.leakDetectionThreshold(Duration.ofSeconds(30)));
		for (int i = 0; i < 100; i++) {
			pool.borrow().giveBack();
		}
		assertThat(pool.events().leakingThreads()).isEmpty();
		assertThat(output).doesNotContain("leaked");
	}

	@Test
	default void aConnectionThatIsReturnedTwiceIsRefusedAndTheCountsStayRight() {
		TestedPool pool = start((settings) -> settings.maxSize(2));
		StatefulConnection<?, ?> connection = pool.borrow().connection();
		Borrowed other = pool.borrow();
		pool.provider().release(connection);
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
			.isThrownBy(() -> pool.provider().release(connection))
			.withMessageContainingAll("'contract'", "returned before");
		assertThat(pool.provider().releaseAsync(connection)).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.withCauseInstanceOf(InvalidDataAccessApiUsageException.class);
		assertThat(pool.active()).isOne();
		assertThat(pool.idle()).isOne();
		other.giveBack();
		pool.borrow(2).forEach(Borrowed::giveBack);
		assertThat(pool.total()).isEqualTo(2);
	}

	@Test
	default void aConnectionThatIsReturnedToAnotherPoolIsRefusedAndTheCountsStayRight() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		TestedPool other = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
			.isThrownBy(() -> other.provider().release(borrowed.connection()))
			.withMessageContaining("belongs to another pool");
		assertThat(pool.active()).isOne();
		assertThat(other.total()).isZero();
		assertThat(borrowed.call("ECHO", "fine")).isEqualTo("fine");
		borrowed.giveBack();
		other.borrow().giveBack();
		assertThat(pool.idle()).isOne();
		assertThat(other.idle()).isOne();
	}

	@Test
	default void aConnectionThatItsBorrowerClosesComesBack() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		long id = borrowed.id();
		borrowed.connection().close();
		assertThat(pool.active()).isZero();
		Borrowed next = pool.borrow();
		assertThat(next.id()).isEqualTo(id);
		next.giveBack();
	}

}
