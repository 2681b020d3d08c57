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

package io.github.lettucepool.sample.web;

import java.net.ConnectException;

import org.junit.jupiter.api.Test;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolExhaustedException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ProblemDetails}: who is told to try again.
 */
class ProblemDetailsTests {

	private final ProblemDetails problems = new ProblemDetails();

	@Test
	void whatCanBeRepeatedMayBeTriedAgain() {
		for (HttpMethod method : new HttpMethod[] { HttpMethod.GET, HttpMethod.HEAD, HttpMethod.PUT }) {
			assertThatMayBeTriedAgain(this.problems.redisAway(new QueryTimeoutException("no reply"), method));
			assertThatMayBeTriedAgain(this.problems.redisAway(new RedisConnectionFailureException("reset"), method));
		}
	}

	@Test
	void whatMayHaveTakenEffectIsNotToBeTriedAgain() {
		assertThatIsUnknown(this.problems.redisAway(new QueryTimeoutException("no reply"), HttpMethod.POST));
		assertThatIsUnknown(this.problems.redisAway(new RedisConnectionFailureException("reset"), HttpMethod.POST));
	}

	@Test
	void whatWasNeverSentMayBeTriedAgain() {
		assertThatMayBeTriedAgain(this.problems
			.redisAway(new PoolConnectException("redis", new ConnectException("refused")), HttpMethod.POST));
		assertThatMayBeTriedAgain(this.problems.poolExhausted(new PoolExhaustedException("8 of 8 are lent")));
	}

	private static void assertThatMayBeTriedAgain(ResponseEntity<ProblemDetail> answer) {
		assertThat(detail(answer)).endsWith("Try again in some seconds.");
		assertThat(answer.getHeaders().getFirst(HttpHeaders.RETRY_AFTER)).isEqualTo("5");
	}

	private static void assertThatIsUnknown(ResponseEntity<ProblemDetail> answer) {
		assertThat(detail(answer)).endsWith("It is not known whether the request took effect.");
		assertThat(answer.getHeaders().containsHeader(HttpHeaders.RETRY_AFTER)).isFalse();
	}

	private static String detail(ResponseEntity<ProblemDetail> answer) {
		assertThat(answer.getStatusCode().value()).isEqualTo(503);
		ProblemDetail problem = answer.getBody();
		assertThat(problem).isNotNull();
		assertThat(problem.getDetail()).isNotNull();
		return problem.getDetail();
	}

}
