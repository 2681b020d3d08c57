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

package io.github.lettucepool.benchmarks;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.github.lettucepool.benchmarks.client.Client;
import io.github.lettucepool.benchmarks.report.Figures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link Round}: above all, that it notices a client that lies.
 */
@Timeout(60)
class RoundTests {

	private final Map<String, String> data = new ConcurrentHashMap<>();

	private final Client client = mock();

	RoundTests() {
		given(this.client.get(anyString())).willAnswer((call) -> this.data.get(call.<String>getArgument(0)));
		willAnswer((call) -> this.data.put(call.getArgument(0), call.getArgument(1))).given(this.client)
			.set(anyString(), anyString());
	}

	@Test
	void allCallersAreMeasured() throws InterruptedException {
		Figures figures = runUntil(3, Workload.GET_SET, (round) -> round.cpu() > 0);
		assertThat(figures.operations()).isPositive();
		assertThat(figures.throughput()).isPositive();
		assertThat(figures.p50()).isPositive().isLessThanOrEqualTo(figures.p99());
		assertThat(figures.p99()).isLessThanOrEqualTo(figures.p999());
		assertThat(figures.cpu()).isPositive();
		assertThat(figures.allocated()).isPositive();
		assertThat(figures.errors()).isZero();
		assertThat(figures.wrong()).isZero();
		assertThat(this.data).hasSize(3 * 4);
	}

	@Test
	void aValueThatWasNotWrittenIsCounted() throws InterruptedException {
		given(this.client.get(anyString())).willReturn("somebody else's");
		Figures figures = run(1, Workload.GET_SET);
		assertThat(figures.wrong()).isPositive();
		assertThat(figures.message()).contains("somebody else's");
	}

	@Test
	void aStaleValueIsCounted() throws InterruptedException {
		willAnswer((call) -> this.data.putIfAbsent(call.getArgument(0), call.getArgument(1))).given(this.client)
			.set(anyString(), anyString());
		assertThat(runUntil(1, Workload.GET_SET, (round) -> round.wrong() > 0).wrong()).isPositive();
	}

	@Test
	void anIncrementThatHappenedTwiceIsCounted() throws InterruptedException {
		AtomicInteger counter = new AtomicInteger();
		willAnswer((call) -> {
			counter.set(0);
			return null;
		}).given(this.client).set(anyString(), anyString());
		given(this.client.increment(anyString())).willAnswer((call) -> (long) counter.addAndGet(2));
		Figures figures = run(1, Workload.INCREMENT);
		assertThat(figures.wrong()).isPositive();
		assertThat(figures.operations()).isZero();
	}

	@Test
	void anErrorIsCountedAndItsMessageKept() throws InterruptedException {
		given(this.client.increment(anyString())).willThrow(new IllegalStateException("no connection"));
		Figures figures = run(2, Workload.INCREMENT);
		assertThat(figures.errors()).isPositive();
		assertThat(figures.message()).contains("no connection");
		assertThat(figures.operations()).isZero();
	}

	@Test
	void whoFailsWithAnErrorHoldsNobodyUp() throws InterruptedException {
		given(this.client.increment(anyString())).willThrow(new StackOverflowError("too deep"));
		Figures figures = run(2, Workload.INCREMENT);
		assertThat(figures.errors()).isGreaterThanOrEqualTo(2);
		assertThat(figures.message()).contains("too deep");
	}

	/**
	 * A round may be over before anything is noticed.
	 */
	private Figures runUntil(int callers, Workload workload, Predicate<Figures> noticed) throws InterruptedException {
		Figures figures;
		do {
			this.data.clear();
			figures = run(callers, workload);
		}
		while (!noticed.test(figures));
		return figures;
	}

	private Figures run(int callers, Workload workload) throws InterruptedException {
		return Round.run(Callers.platform(callers), Duration.ofMillis(50).toNanos(),
				(caller) -> workload.prepare(this.client, caller, "key" + caller));
	}

}
