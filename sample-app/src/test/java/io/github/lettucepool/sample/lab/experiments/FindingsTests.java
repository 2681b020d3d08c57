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

package io.github.lettucepool.sample.lab.experiments;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import io.github.lettucepool.sample.lab.Latencies;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the sentences of the experiments: they say what the figures say, also where
 * these are not as expected.
 */
class FindingsTests {

	private static final Measured BEFORE = Measured.of(1000, 1, 5, 0);

	private static final Measured FAILURES = Measured.of(900, 1, 7, 12);

	@Test
	void brokenConnectionsThatAreReplacedNeedNobody() {
		assertThat(BrokenConnections.findings(BEFORE, recovered(FAILURES), 11).sentences()).containsExactly(
				"The server closed 11 connections under a load of 8 callers, and 12 of their calls failed: those whose "
						+ "reply was lost, and those before a connection was open again.",
				"Then ordinary commands worked again after 20 ms and transactions after 4.00 ms, with 9 connections "
						+ "opened in place of others; no restart, nothing to do by hand.");
	}

	@Test
	void oneConnectionIsNotMany() {
		assertThat(Findings.text("%d connections, %.0f calls, %d connections, %.1f calls", 1, 1.0, 11, 0.1))
			.isEqualTo("1 connection, 1 call, 11 connections, 0.1 calls");
	}

	@Test
	void brokenConnectionsMayFailNoCall() {
		assertThat(BrokenConnections.findings(BEFORE, recovered(BEFORE), 11).sentences().get(0))
			.isEqualTo("The server closed 11 connections under a load of 8 callers, and no call failed.");
	}

	@Test
	void aLaneThatDoesNotRecoverIsNotPraisedAndHasNoFigure() {
		Measured after = FAILURES.with(BrokenConnections.OPENED, 0, "").with(Recovery.SHARED, 20.0, "ms");
		assertThat(BrokenConnections.findings(BEFORE, after, 11).sentences().get(1))
			.isEqualTo("Then ordinary commands worked again after 20 ms and transactions not while this experiment "
					+ "lasted, with 0 connections opened in place of others.");
		assertThat(ServerRestart
			.findings(BEFORE, FAILURES, Duration.ofSeconds(3), new Latencies.Distribution(12, 0.1, 4900))
			.sentences())
			.containsExactly(
					"The server was down for 3.0 s, and until it was found again 12 calls failed, half of them within "
							+ "0.10 ms and 99 % within 4.9 s.",
					"Once it was back, neither ordinary commands nor transactions worked again while this "
							+ "experiment lasted.");
	}

	@Test
	void aLaneIsLeftOutOfTheFiguresUntilItWorksAgain() {
		Recovery recovery = new Recovery(null);
		recovery.count();
		Measured after = recovery.addTo(FAILURES);
		assertThat(after.has(Recovery.SHARED)).isFalse();
		assertThat(after.has(Recovery.EXCLUSIVE)).isFalse();
	}

	@Test
	void aRestartThatFailsFastHangsNobody() {
		assertThat(ServerRestart
			.findings(BEFORE, recovered(FAILURES), Duration.ofMillis(3456), new Latencies.Distribution(12, 0.1, 30))
			.sentences())
			.containsExactly(
					"The server was down for 3.5 s, and until it was found again 12 calls failed, half of them within "
							+ "0.10 ms and 99 % within 30 ms: callers did not hang until a timeout.",
					"Once it was back, ordinary commands worked again after 20 ms and transactions after 4.00 ms.");
	}

	@Test
	void aRestartMayFailNoCall() {
		assertThat(ServerRestart
			.findings(BEFORE, recovered(BEFORE), Duration.ofSeconds(3), new Latencies.Distribution(0, 0, 0))
			.sentences()
			.get(0)).isEqualTo("The server was down for 3.0 s, and until it was found again no call failed.");
	}

	@Test
	void allFitOnlyIfNoneWasRefused() {
		Measured before = FAILURES.with(PoolTooLarge.REFUSED, 10, "");
		assertThat(PoolTooLarge.findings(before, BEFORE.with(PoolTooLarge.REFUSED, 0, "")).sentences().get(1))
			.isEqualTo(
					"With max-size 14, one shared connection and low-latency-callers 0, all fit and 32 callers took turns: no call failed, "
							+ "and 1,000 a second succeeded; with the too large pool it was 900.");
		assertThat(PoolTooLarge.findings(before, FAILURES.with(PoolTooLarge.REFUSED, 2, "")).sentences().get(1))
			.isEqualTo(
					"With max-size 14, one shared connection and low-latency-callers 0, 2 connections were refused and 32 callers took turns: "
							+ "12 calls failed, and 900 a second succeeded; with the too large pool it was 900.");
	}

	@Test
	void theSizeIsTheAdvisorsOnlyIfItHasSeenEnough() {
		Measured before = BEFORE.with(PoolTooSmall.WAIT, 30.0, "ms").with(PoolTooSmall.SIZE, 2, "");
		Measured after = FAILURES.with(PoolTooSmall.WAIT, 2.0, "ms").with(PoolTooSmall.SIZE, 12, "");
		assertThat(PoolTooSmall.findings(before, after, 12).sentences()).containsExactly(
				"With 2 connections for 12 callers, 1,000 transactions a second got through, and one borrower in a "
						+ "hundred waited for more than 30 ms.",
				"With 12, which the advisor had worked out from the demand, it was 900 transactions a second (0.9 times as "
						+ "many), and that wait was 2.00 ms.");
		assertThat(PoolTooSmall.findings(before, after, null).sentences().get(1)).startsWith(
				"With 12, one for each caller since the advisor had not seen enough yet, it was 900 transactions a second");
	}

	private static Measured recovered(Measured measured) {
		return measured.with(BrokenConnections.OPENED, 9, "")
			.with(Recovery.SHARED, 20.0, "ms")
			.with(Recovery.EXCLUSIVE, 4.0, "ms");
	}

}
