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

package io.github.lettucepool.sample.jobs;

import java.net.URI;
import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.test.web.servlet.client.ExchangeResult;

import io.github.lettucepool.sample.HttpTests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the work queue, over HTTP.
 */
@ExtendWith(OutputCaptureExtension.class)
class JobTests extends HttpTests {

	@Autowired
	private JobConsumer consumer;

	@Autowired
	private StringRedisTemplate redis;

	@Test
	void jobIsWorkedOn() {
		String job = submit("to be or not to be");
		await().atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> get(job).expectStatus()
				.isOk()
				.expectBody()
				.json("{'text': 'to be or not to be', 'words': 6}"));
	}

	@Test
	void jobWaitsWhileNobodyConsumes() {
		this.consumer.stop();
		try {
			assertThat(this.consumer.isRunning()).isFalse();
			String job = submit("later");
			get(job).expectStatus().isOk().expectBody().json("{'text': 'later', 'words': null}");
			this.consumer.start();
			await().atMost(Duration.ofSeconds(30))
				.untilAsserted(() -> get(job).expectBody().json("{'text': 'later', 'words': 1}"));
		}
		finally {
			if (!this.consumer.isRunning()) {
				this.consumer.start();
			}
		}
	}

	@Test
	void unknownJobIsNotFound() {
		assertProblem(get("/jobs/unknown"), 404, "There is no job 'unknown'");
	}

	@Test
	void emptyTextIsRefused() {
		assertProblem(post("/jobs", "{\"text\": \" \"}"), 400, "text: must not be blank");
	}

	@Test
	void missingBodyIsRefused() {
		assertProblem(post("/jobs"), 400, "A body in JSON is required");
	}

	@Test
	void bodyThatIsNotJsonIsRefused() {
		assertProblem(post("/jobs", "{\"text\": 1"), 400, "A body in JSON is required");
	}

	@Test
	void jobThatFailsIsLoggedAndTheNextIsWorkedOn(CapturedOutput output) {
		JobQueue failsOnce = new JobQueue(this.redis) {

			private boolean failed;

			@Override
			void finish(Job job, int words) {
				if (!this.failed) {
					this.failed = true;
					throw new IllegalStateException("Cannot count");
				}
				super.finish(job, words);
			}

		};
		this.consumer.stop();
		JobConsumer other = new JobConsumer(failsOnce);
		try {
			String fails = submit("fails");
			String succeeds = submit("succeeds");
			other.start();
			await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> get(succeeds).expectBody().json("{'words': 1}"));
			get(fails).expectStatus().isOk().expectBody().json("{'words': null}");
			assertThat(output).contains("The job '%s' failed".formatted(fails.substring("/jobs/".length())))
				.doesNotContain("cannot reach Redis");
		}
		finally {
			other.stop();
			this.consumer.start();
		}
	}

	@Test
	void jobThatExpiredMeanwhileDoesNotStayForEver() {
		new JobQueue(this.redis).finish(new Job("expired", "too late", null), 2);
		assertThat(this.redis.getExpire("jobs:job:expired")).isPositive();
	}

	private String submit(String text) {
		ExchangeResult result = post("/jobs", "{\"text\": \"%s\"}".formatted(text)).expectStatus()
			.isAccepted()
			.returnResult();
		URI location = result.getResponseHeaders().getLocation();
		assertThat(location).isNotNull();
		return location.toString();
	}

}
