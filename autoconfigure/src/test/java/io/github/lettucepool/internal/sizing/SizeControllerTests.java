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

package io.github.lettucepool.internal.sizing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SizeController}.
 */
@Tag("unit")
class SizeControllerTests {

	private static final long TICK = Duration.ofMillis(200).toNanos();

	private SizeController controller = new SizeController(1, 64, 2, () -> 0.5);

	private int size = 2;

	private long now = Duration.ofDays(1).toNanos();

	// The load: how many callers there are, how many connections the server serves at
	// once, how long it takes, in milliseconds, and how many times as long while callers
	// wait and there are too few connections.

	private int callers = 40;

	private int served = 8;

	private double lease = 10;

	private double slower = 1;

	private int enough = Integer.MAX_VALUE;

	private double returned;

	private double leaseNanos;

	private double waitNanos;

	private boolean serving = true;

	private boolean connecting;

	private Sample.@Nullable Server server = new Sample.Server(0, 0, 0, 0);

	private boolean answers = true;

	private int connected;

	private int max;

	private int changes;

	private String last = "";

	private final List<String> reasons = new ArrayList<>();

	@Test
	void aPoolGrowsAsLongAsThatPays() {
		run(30);
		assertThat(this.size).isEqualTo(8);
		assertThat(this.controller.reason()).contains("are needed");
		assertThat(this.controller.mayGrow()).isFalse();
		int before = this.changes;
		run(3600);
		assertThat(this.changes - before).isLessThanOrEqualTo(6);
		assertThat(this.size).isEqualTo(8);
	}

	@Test
	void aPoolWithoutWaitsStaysAndSaysSo() {
		this.callers = 2;
		run(60);
		assertThat(this.changes).isZero();
		assertThat(this.controller.reason()).isEqualTo("Nobody has waited yet.");
		assertThat(this.controller.mayGrow()).isTrue();
	}

	@Test
	void aPoolGrowsToItsLimitAndNotBeyond() {
		this.served = 1000;
		this.callers = 500;
		run(9);
		assertThat(this.size).isEqualTo(64);
		assertThat(this.controller.mayGrow()).isFalse();
		assertThat(this.controller.reason()).contains("limit");
	}

	@Test
	void aChangedLoadIsTriedAgain() {
		run(60);
		assertThat(this.size).isEqualTo(8);
		this.served = 32;
		this.lease = 30;
		run(20);
		assertThat(this.size).isEqualTo(32);
	}

	@Test
	void aSizeAtWhichNobodyWaitsIsTriedBeforeThePoolGoesBack() {
		this.slower = 1.2;
		run(60);
		assertThat(this.size).isEqualTo(40);
		int before = this.changes;
		run(3600);
		assertThat(this.changes - before).isLessThanOrEqualTo(6);
		assertThat(this.size).isEqualTo(40);
	}

	@Test
	void aSizeAtWhichNobodyWaitsIsTriedOnce() {
		run(11);
		assertThat(this.reasons).filteredOn((reason) -> reason.contains("nobody waits")).hasSize(1);
		run(3600);
		assertThat(this.reasons).filteredOn((reason) -> reason.contains("nobody waits")).hasSize(1);
		this.callers = 60;
		run(3600);
		assertThat(this.reasons).filteredOn((reason) -> reason.contains("nobody waits")).hasSize(2);
	}

	@ParameterizedTest(name = "{0}")
	@CsvSource({ "100, 40", "200, 8" })
	void aSizeAtWhichNobodyWaitsIsTriedOnlyWhereTheServerHasRoomForAll(int connected, int size) {
		this.slower = 1.2;
		this.max = 1000;
		this.connected = connected;
		run(60);
		assertThat(this.size).isEqualTo(size);
	}

	@Test
	void theLimitIsTriedWhereMoreThanThatWait() {
		this.slower = 1.2;
		this.callers = 256;
		this.enough = 64;
		run(60);
		assertThat(this.size).isEqualTo(64);
	}

	@Test
	void aSizeAboveTheLimitIsNotTried() {
		this.slower = 1.2;
		this.callers = 65;
		run(60);
		assertThat(this.size).isEqualTo(8);
	}

	@Test
	void aPoolDoesNotGrowWhileConnectionsAreBeingOpened() {
		this.connecting = true;
		run(10);
		assertThat(this.changes).isZero();
		assertThat(this.controller.reason()).contains("being opened");
	}

	@Test
	void aPoolDoesNotGrowWhileTheServerDoesNotAnswer() {
		this.answers = false;
		run(10);
		assertThat(this.changes).isZero();
		assertThat(this.controller.reason()).contains("slow to answer");
	}

	@Test
	void aTrialEndsWithAnOutage() {
		run(1.4);
		assertThat(this.size).isEqualTo(4);
		this.serving = false;
		run(1);
		assertThat(this.size).isEqualTo(2);
		assertThat(this.last).contains("cannot be reached");
		assertThat(this.controller.mayGrow()).isFalse();
		run(60);
		assertThat(this.size).isEqualTo(2);
		this.serving = true;
		run(30);
		assertThat(this.size).isEqualTo(8);
	}

	@Test
	void aTrialThatWasInterruptedIsNotRepeatedAtOnce() {
		run(30);
		this.serving = false;
		run(120);
		this.serving = true;
		int before = this.changes;
		run(9);
		assertThat(this.changes).isEqualTo(before);
		assertThat(this.size).isEqualTo(8);
	}

	@Test
	void aVerdictThatWasWrongIsFoundOut() {
		// Too short to be a change: other programs took the processors.
		this.served = 2;
		run(6);
		assertThat(this.size).isLessThan(8);
		this.served = 8;
		run(60);
		assertThat(this.size).isEqualTo(8);
	}

	@Test
	void aLoadThatChangesDuringATrialIsNoVerdict() {
		run(6);
		assertThat(this.controller.reason()).contains("nothing tells against");
		this.served = 64;
		this.lease = 100;
		run(30);
		assertThat(this.size).isGreaterThanOrEqualTo(32);
	}

	@Test
	void aPoolGivesBackWhatIsNotNeededButNotAtOnce() {
		run(30);
		this.callers = 1;
		run(500);
		assertThat(this.size).isEqualTo(8);
		run(200);
		assertThat(this.size).isEqualTo(4);
		assertThat(this.last).isEqualTo("At most 1 were needed in the last 600 s.");
		run(1300);
		assertThat(this.size).isEqualTo(2);
	}

	@Test
	void aPoolGivesBackSoonWhereTheServerHasLittleRoom() {
		run(30);
		this.max = 1000;
		this.connected = 850;
		this.callers = 1;
		run(130);
		assertThat(this.size).isEqualTo(2);
	}

	@Test
	void aPoolDoesNotGrowOnAFullServer() {
		this.max = 1000;
		this.connected = 800;
		run(60);
		assertThat(this.changes).isZero();
		assertThat(this.controller.reason()).contains("800 of 1000 clients");
		assertThat(this.controller.mayGrow()).isFalse();
	}

	@Test
	void aPoolGrowsSlowlyOnAServerThatIsHalfFull() {
		this.max = 1000;
		this.connected = 600;
		run(29);
		assertThat(this.changes).isZero();
		run(10);
		assertThat(this.size).isEqualTo(3);
	}

	@Test
	void aPoolGrowsByAsMuchAsAllMayGrow() {
		this.max = 1000;
		this.connected = 400;
		run(1.4);
		// Half as much again is 60 %.
		assertThat(this.size).isEqualTo(3);
	}

	@Test
	void theBoundsHoldAtOnce() {
		run(30);
		SizeController.Decision smaller = this.controller.bounds(1, 5);
		assertThat(smaller.size()).isEqualTo(5);
		assertThat(smaller.reason()).isEqualTo("The bounds are 1 and 5 now.");
		assertThat(this.controller.bounds(1, 10).reason()).isNull();
		assertThat(this.controller.bounds(7, 10).size()).isEqualTo(7);
	}

	@Test
	void newBoundsEndATrial() {
		run(1.4);
		assertThat(this.size).isEqualTo(4);
		this.size = this.controller.bounds(1, 2).size();
		assertThat(this.size).isEqualTo(2);
		run(10);
		assertThat(this.size).isEqualTo(2);
		assertThat(this.reasons).noneMatch((reason) -> reason.contains("as well as"));
		this.controller.bounds(1, 64);
		run(5);
		assertThat(this.size).isGreaterThanOrEqualTo(8);
	}

	@Test
	void boundsThatStayDoNotEndATrial() {
		run(1.4);
		assertThat(this.size).isEqualTo(4);
		assertThat(this.controller.bounds(1, 64).size()).isEqualTo(4);
	}

	@Test
	void aJumpThatAnOutageEndsIsTriedAgain() {
		this.slower = 1.2;
		while (this.size < 40) {
			tick();
		}
		this.serving = false;
		run(1);
		assertThat(this.size).isLessThan(40);
		this.serving = true;
		run(60);
		assertThat(this.size).isEqualTo(40);
	}

	@Test
	void aTrialThatFailsDoesNotLeaveTheNewBounds() {
		this.served = 2;
		run(1.4);
		assertThat(this.size).isEqualTo(4);
		this.size = this.controller.bounds(3, 64).size();
		assertThat(this.size).isEqualTo(3);
		run(60);
		assertThat(this.size).isGreaterThanOrEqualTo(3);
	}

	@Test
	void fewLongLeasesAreNoSignOfABusyServer() {
		this.lease = 5000;
		this.served = 1000;
		run(10);
		assertThat(this.size).isGreaterThanOrEqualTo(32);
	}

	private void run(double seconds) {
		for (int i = 0; i < seconds * 5; i++) {
			tick();
		}
	}

	private void tick() {
		this.now += TICK;
		int active = Math.min(this.size, this.callers);
		int pending = this.callers - active;
		double took = this.lease * Math.max(1, (double) active / this.served)
				* ((pending > 0 && active < this.enough) ? this.slower : 1);
		double ended = this.serving ? active * 200 / took : 0;
		this.returned += ended;
		this.leaseNanos += ended * took * 1e6;
		this.waitNanos += ended * took * 1e6 * pending / active;
		Sample.Counts counts = new Sample.Counts((long) this.returned, (pending > 0) ? (long) this.returned : 0,
				(long) this.waitNanos, (long) this.returned, (long) this.leaseNanos);
		SizeController.Decision decision = this.controller
			.take(new Sample(this.now, this.serving, this.connecting, active, pending, counts, this.server));
		if (decision.size() != this.size) {
			this.changes++;
			this.last = String.valueOf(decision.reason());
			this.reasons.add(this.last);
		}
		this.size = decision.size();
		if (decision.ask() || this.max > 0) {
			this.server = new Sample.Server(this.now, this.answers ? this.now + 1_000_000 : this.now - 1,
					this.connected, this.max);
		}
	}

}
