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
package io.github.lettucepool.exclusive;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.lettuce.core.api.StatefulConnection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.Mockito;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link Leases}.
 */
@ExtendWith(OutputCaptureExtension.class)
@Tag("unit")
class LeasesTests {

	private static final Duration MOMENT = Duration.ofNanos(1);

	private static final PoolSettings SETTINGS = PoolSettings.builder().build();

	private final List<String> leaked = new ArrayList<>();

	private final List<Long> returned = new ArrayList<>();

	private final PoolListener listener = new PoolListener() {

		@Override
		public void leaked(String thread, Duration age) {
			assertThat(age).isPositive();
			LeasesTests.this.leaked.add(thread);
		}

		@Override
		public void returned(long usageNanos) {
			LeasesTests.this.returned.add(usageNanos);
		}

	};

	private final Leases leases = leases(Duration.ZERO);

	@Test
	void aConnectionIsLentUntilItsLeaseEnds() {
		PooledConnection connection = connection();
		assertThat(this.leases.active()).isZero();
		assertThat(this.leases.current(connection.connection())).isNull();
		Lease lease = start(this.leases, connection);
		assertThat(this.leases.active()).isOne();
		assertThat(this.leases.current(connection.connection())).isSameAs(lease);
		assertThat(this.leases.isCurrent(connection.connection(), lease)).isTrue();
		assertThat(this.leases.isCurrent(connection.connection(), new Lease(false))).isFalse();
		assertThat(this.leases.end(connection.connection(), System.nanoTime())).isSameAs(connection);
		assertThat(this.returned).hasSize(1).allSatisfy((age) -> assertThat(age).isNotNegative());
		assertThat(this.leases.active()).isZero();
		assertThat(this.leases.isCurrent(connection.connection(), lease)).isFalse();
		assertThat(connection.lease()).isNull();
	}

	@Test
	void whatIsNotLentHasNoLeaseToEnd(CapturedOutput output) {
		PooledConnection connection = connection();
		assertThat(this.leases.end(connection.connection(), System.nanoTime())).isNull();
		start(this.leases, connection);
		this.leases.end(connection.connection(), System.nanoTime());
		assertThat(this.leases.end(connection.connection(), System.nanoTime())).isNull();
		assertThat(this.returned).hasSize(1);
		assertThat(output).doesNotContain("came back");
	}

	@Test
	void aLeaseThatLastsTooLongIsReportedOnceWithItsBorrower(CapturedOutput output) {
		Leases watched = leases(MOMENT);
		PooledConnection connection = connection();
		start(watched, connection);
		pause();
		watched.reportLong();
		watched.reportLong();
		String thread = Thread.currentThread().getName();
		assertThat(this.leaked).containsExactly(thread);
		assertThat(output).containsOnlyOnce("Pool 'leases': thread '" + thread + "' has had a connection for ")
			.containsOnlyOnce("Borrowed here")
			.contains("aLeaseThatLastsTooLongIsReportedOnceWithItsBorrower");
		watched.end(connection.connection(), System.nanoTime());
		assertThat(output).containsOnlyOnce("seemed to have leaked came back after ");
	}

	@Test
	void aLeaseThatLastsNotTooLongIsNotReported(CapturedOutput output) {
		Leases watched = leases(Duration.ofHours(1));
		PooledConnection connection = connection();
		start(watched, connection);
		watched.reportLong();
		watched.end(connection.connection(), System.nanoTime());
		assertThat(this.leaked).isEmpty();
		assertThat(output).doesNotContain("Pool 'leases'");
	}

	@Test
	void noLeaseIsReportedIfNobodyLooksForLeaks() {
		start(this.leases, connection());
		pause();
		this.leases.reportLong();
		assertThat(this.leaked).isEmpty();
	}

	@Test
	void theStackIsOnlyRememberedWhereLeaksAreLookedFor() {
		start(this.leases, connection());
		assertThat(this.leases.snapshot()).singleElement()
			.satisfies((lease) -> assertThat(lease.stack()).isEmpty())
			.extracting(PoolSnapshot.Lease::thread)
			.isEqualTo(Thread.currentThread().getName());
		Leases watched = leases(Duration.ofHours(1));
		start(watched, connection());
		assertThat(watched.snapshot()).singleElement().satisfies((lease) -> {
			assertThat(lease.stack()).isNotEmpty();
			assertThat(lease.stack().get(0)).doesNotContain(Leases.class.getPackageName());
		});
	}

	@Test
	void theLongestLeasesAreNamedFirst() throws Exception {
		assertThat(this.leases.describeLongest()).isEqualTo("nobody has a connection");
		for (String name : List.of("first", "second", "third", "fourth")) {
			Thread thread = new Thread(() -> start(this.leases, connection()), name);
			thread.start();
			thread.join();
			pause();
		}
		assertThat(this.leases.snapshot()).extracting(PoolSnapshot.Lease::thread)
			.containsExactly("first", "second", "third", "fourth");
		assertThat(this.leases.describeLongest()).matches("held longest by thread 'first' for \\d+\\.\\d{3} s, "
				+ "thread 'second' for \\d+\\.\\d{3} s, thread 'third' for \\d+\\.\\d{3} s");
	}

	@Test
	@SuppressWarnings("deprecation") // Thread.threadId() is newer than Java 17.
	void aThreadWithoutANameIsToldByItsNumber() throws Exception {
		Thread thread = new Thread(() -> start(this.leases, connection()), "");
		thread.start();
		thread.join();
		assertThat(this.leases.snapshot()).extracting(PoolSnapshot.Lease::thread).containsExactly("#" + thread.getId());
	}

	@Test
	void aLeaseEndsOnceItsUserIsGarbage(CapturedOutput output) {
		Object[] kept = { new Object() };
		PooledConnection connection = connection();
		start(this.leases, connection).usedThrough(kept[0], () -> true);
		PooledConnection other = connection();
		start(this.leases, other);
		System.gc();
		assertThat(this.leases.endForgotten()).isEmpty();
		kept[0] = null;
		List<PooledConnection> forgotten = new ArrayList<>();
		await().until(() -> {
			System.gc();
			return forgotten.addAll(this.leases.endForgotten());
		});
		assertThat(forgotten).containsExactly(connection);
		assertThat(connection.lease()).isNull();
		assertThat(this.leases.active()).isOne();
		assertThat(this.returned).hasSize(1);
		assertThat(this.leases.end(connection.connection(), System.nanoTime())).isNull();
		assertThat(output).containsOnlyOnce("Pool 'leases': the connection that thread '");
	}

	@Test
	void aLeaseWhoseUserHasNotUsedItEndsWithoutAWarning(CapturedOutput output) {
		PooledConnection connection = connection();
		start(this.leases, connection).usedThrough(new Object(), () -> false);
		await().until(() -> {
			System.gc();
			return !this.leases.endForgotten().isEmpty();
		});
		assertThat(this.leases.active()).isZero();
		assertThat(this.returned).hasSize(1);
		assertThat(output).doesNotContain("WARN");
	}

	private static Lease start(Leases leases, PooledConnection connection) {
		Lease lease = leases.prepare();
		leases.start(connection, lease, System.nanoTime());
		return lease;
	}

	/**
	 * Until the clock has moved.
	 */
	private static void pause() {
		long now = System.nanoTime();
		await().until(() -> System.nanoTime() - now > Duration.ofMillis(1).toNanos());
	}

	private Leases leases(Duration threshold) {
		return new Leases("leases", threshold, this.listener);
	}

	private static PooledConnection connection() {
		return new PooledConnection(Mockito.mock(StatefulConnection.class), new ConnectionStore(CompletableFuture::new),
				0, SETTINGS);
	}

}
