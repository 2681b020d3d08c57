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
import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.Test;

import io.github.lettucepool.PoolSizing;
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
	void aPoolTooLargeIsCalledWhatItsFiguresSay() {
		Measured small = tooLarge(1000, 8, 7, 1200);
		Measured limited = FAILURES.with(PoolTooLarge.REFUSED, 10, "");
		Findings same = PoolTooLarge.findings(small, tooLarge(1500, 8, 0.02, 1210), limited);
		assertThat(same.sentences()).containsExactly(
				"With 32 connections instead of 8, the same callers got 1,500 calls a second instead of 1,000. A second of "
						+ "the server's processor was enough for 1,210 calls instead of 1,200: larger was not "
						+ "faster by more than chance.",
				"Half of the callers waited 7.00 ms or more for one of 8 connections, and 0.02 ms for one of 32; half of "
						+ "the calls took 8.00 ms or more with the few, and 8.00 ms with the many.",
				"A server that takes 16 clients refused 10 connections of the large pool, and 12 calls failed.");
		assertThat(same.remember()).contains("do not make a busy server faster", "maxclients");
		Measured none = BEFORE.with(PoolTooLarge.REFUSED, 0, "");
		assertThat(PoolTooLarge.findings(small, tooLarge(700, 9, 0.02, 800), none)).satisfies(
				(findings) -> assertThat(findings.sentences().get(0)).endsWith("larger was slower."),
				(findings) -> assertThat(findings.remember()).doesNotContain("maxclients"));
		Measured faster = tooLarge(2000, 4, 0.02, 2400);
		assertThat(PoolTooLarge.findings(small, faster, none)).satisfies(
				(findings) -> assertThat(findings.sentences().get(0)).endsWith("larger was faster this time."),
				(findings) -> assertThat(findings.remember()).isEqualTo(Findings.UNCLEAR));
		assertThat(PoolTooLarge.findings(small, faster, limited).remember())
			.isEqualTo("Multiply max-size by your instances, and stay below the server's maxclients.");
	}

	private static Measured tooLarge(double calls, double median, double wait, double worked) {
		return Measured.of(calls, median, 9, 0)
			.with(PoolTooLarge.WAIT, wait, "ms")
			.with(PoolTooLarge.WORKED, worked, "");
	}

	@Test
	void nothingIsToBeRememberedOfFiguresThatDoNotShowIt() {
		Measured same = Measured.of(1100, 1.1, 5, 0);
		assertThat(Pipelining.findings(BEFORE, same).remember()).isEqualTo(Findings.UNCLEAR);
		assertThat(Pipelining.findings(BEFORE, Measured.of(9000, 0.1, 1, 0)).remember())
			.startsWith("Commands that do not need each other's replies go together.");
		assertThat(Handshake.findings(BEFORE.with(Handshake.COMMAND, 0.2, "ms"), same, List.of("HELLO 3"))).satisfies(
				(findings) -> assertThat(findings.remember()).isEqualTo(Findings.UNCLEAR),
				(findings) -> assertThat(findings.sentences().get(0)).contains("with HELLO 3.",
						"took 1.00 ms (median)"));
		assertThat(NoPool
			.findings(Measured.of(10, 1, 2, 0).with(NoPool.CONNECTIONS, 1, ""),
					Measured.of(10, 0.5, 2, 0).with(NoPool.CONNECTIONS, 3, ""))
			.sentences()
			.get(1)).isEqualTo("In a second, the pool saved this caller 5.00 ms, with 3 connections instead of 1.");
		assertThat(NoPool
			.findings(Measured.of(1000, 1, 2, 0).with(NoPool.CONNECTIONS, 1, ""),
					Measured.of(2000, 0.5, 2, 0).with(NoPool.CONNECTIONS, 3, ""))
			.remember()).isEqualTo(Findings.UNCLEAR);
	}

	@Test
	void aSideWithoutCallsIsNotCompared() {
		Measured none = Measured.of(0, 0, 0, 0);
		assertThat(Pipelining.findings(none, BEFORE)).isEqualTo(new Findings(List.of(none, BEFORE),
				List.of("No call ended in the time of 1 of the 2 sides: there is nothing to compare."),
				Findings.UNCLEAR));
		assertThat(SlowCommand.findings(none, BEFORE)).satisfies(
				(findings) -> assertThat(findings.sentences().get(0))
					.endsWith("behind a BLPOP of 1 s, no GET was answered."),
				(findings) -> assertThat(findings.remember()).startsWith("A command that blocks"));
		assertThat(SlowCommand.findings(none, none).remember()).isEqualTo(Findings.UNCLEAR);
	}

	@Test
	void thePeersAreOnlySaidToDifferIfTheyDo() {
		Measured slow = Measured.of(800, 2, 9, 0).with(Peers.CONNECTIONS, 8, "");
		Measured fast = Measured.of(2000, 1, 5, 0).with(Peers.CONNECTIONS, 1, "");
		assertThat(Peers.findings(slow, slow, slow).remember())
			.startsWith("At this load and on this machine, the three");
		assertThat(Peers.findings(slow, fast, slow).remember()).startsWith("Pools with the same limit differ");
		assertThat(Peers.findings(slow, fast, slow).sentences().get(0))
			.startsWith("The same load got 800 calls a second from this pool, 2,000 from Spring Boot's and 800");
	}

	@Test
	void aDistanceThatTheFiguresDoNotShowIsNoLesson() {
		Measured near = Measured.of(1000, 1, 2, 0).with(Distance.OPENED, 0, "");
		assertThat(Distance.findings(near, near)).satisfies(
				(findings) -> assertThat(findings.remember()).isEqualTo(Findings.UNCLEAR),
				(findings) -> assertThat(findings.sentences().get(0)).endsWith("10 ms away it was 1.00 ms, no more."));
		Measured far = Measured.of(100, 11.5, 12, 0).with(Distance.OPENED, 0, "");
		assertThat(Distance.findings(near, far)).satisfies(
				(findings) -> assertThat(findings.remember()).startsWith("A pool saves handshakes and turns"),
				(findings) -> assertThat(findings.sentences().get(0)).endsWith("it was 12 ms, 11 ms more."));
	}

	@Test
	void theFirstCallersWaitOnlyIfTheirFiguresSaySo() {
		Measured lazy = BEFORE.with(LazyCreation.READY, 0, "").with(LazyCreation.FIRST, 90.0, "ms");
		Measured ready = BEFORE.with(LazyCreation.READY, 8, "").with(LazyCreation.FIRST, 40.0, "ms");
		assertThat(LazyCreation.findings(lazy, ready).remember()).startsWith("A pool opens a connection when");
		assertThat(LazyCreation.findings(ready, lazy).remember()).isEqualTo(Findings.UNCLEAR);
		assertThat(LazyCreation.findings(lazy, ready).sentences().get(1))
			.isEqualTo("With min-idle 8, 8 connections were open before the first borrow; the slowest of the first 8 "
					+ "transactions took 40 ms, and later half of them no more than 1.00 ms.");
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

	@Test
	void theSizeIsFoundOnlyIfItsFiguresSaySo() {
		PoolSizing.Change change = new PoolSizing.Change(Instant.now(), 16, 32, "Borrowers wait (9 now).");
		PoolSizing sizing = new PoolSizing(32, 1, 64, true, "Growing has paid.", List.of(change));
		Measured fixed = sized(180, 190, 4, 4);
		Findings findings = SelfSizing.findings(fixed, sized(360, 1300, 8, 32), sizing);
		assertThat(findings.sentences()).containsExactly(
				"A max-size of 4 let 8 callers run 180 transactions a second, and 32 callers 190.",
				"The pool that sizes itself had a max-size of 8 at the end of the first load, and of 32 at the end of "
						+ "the second. Its callers ran 360 transactions a second, and then 1,300 (6.8 times as many "
						+ "as with 4), the search included.",
				"The last change went from 16 to 32. Its reason: Borrowers wait (9 now).");
		assertThat(findings.remember()).startsWith("Let the pool find its size").contains("ten minutes a step");
		PoolSizing unchanged = new PoolSizing(2, 1, 64, true, "Nobody has waited yet.", List.of());
		assertThat(SelfSizing.findings(fixed, sized(360, 1300, 8, 32), unchanged).sentences().get(2))
			.isEqualTo("The size stayed at 2. Its reason: Nobody has waited yet.");
		assertThat(SelfSizing.findings(fixed, sized(360, 1300, 8, 32), null).sentences()).hasSize(2);
		assertThat(List.of(sized(360, 1300, 8, 8), sized(200, 1300, 8, 32), sized(360, 200, 8, 32)))
			.allSatisfy((after) -> assertThat(SelfSizing.findings(fixed, after, sizing).remember())
				.isEqualTo(Findings.UNCLEAR));
	}

	private static Measured sized(double few, double many, int fewSize, int manySize) {
		return Measured.of((few + many) / 2, 20, 40, 0)
			.with(SelfSizing.FEW_CALLS, few, "/s")
			.with(SelfSizing.MANY_CALLS, many, "/s")
			.with(SelfSizing.FEW_SIZE, fewSize, "")
			.with(SelfSizing.MANY_SIZE, manySize, "");
	}

	private static Measured recovered(Measured measured) {
		return measured.with(BrokenConnections.OPENED, 9, "")
			.with(Recovery.SHARED, 20.0, "ms")
			.with(Recovery.EXCLUSIVE, 4.0, "ms");
	}

}
