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

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.core.HashOperations;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Service;

/**
 * Jobs: a list holds the identifiers of those that wait, a hash each job. A job is
 * delivered at most once: one that fails, or whose consumer dies, is lost; where that
 * must not be, use a stream with a consumer group (XREADGROUP, XACK, XAUTOCLAIM).
 */
@Service
class JobQueue {

	private static final String WAITING = "jobs:waiting";

	private static final String JOB = "jobs:job:";

	private static final Duration KEEP = Duration.ofHours(1);

	private final StringRedisTemplate redis;

	private final HashOperations<String, String, String> jobs;

	JobQueue(StringRedisTemplate redis) {
		this.redis = redis;
		this.jobs = redis.opsForHash();
	}

	Job submit(String text) {
		String id = UUID.randomUUID().toString();
		this.jobs.put(JOB + id, "text", text);
		this.redis.expire(JOB + id, KEEP);
		this.redis.opsForList().rightPush(WAITING, id);
		return new Job(id, text, null);
	}

	Optional<Job> find(String id) {
		Map<String, String> job = this.jobs.entries(JOB + id);
		String text = job.get("text");
		return (text != null) ? Optional.of(new Job(id, text, words(job))) : Optional.empty();
	}

	/**
	 * Waits for a job and takes it. BLPOP blocks its connection: it borrows an exclusive
	 * one for as long as it waits.
	 * @param timeout how long to wait; shorter than {@code spring.data.redis.timeout}, or
	 * the command itself times out
	 * @return the job, if one came in time
	 */
	Optional<Job> take(Duration timeout) {
		String id = this.redis.opsForList().leftPop(WAITING, timeout);
		return (id != null) ? find(id) : Optional.empty();
	}

	void finish(Job job, int words) {
		this.jobs.put(JOB + job.id(), "words", Integer.toString(words));
		// It may have expired meanwhile, and is new then.
		this.redis.expire(JOB + job.id(), KEEP);
	}

	private static @Nullable Integer words(Map<String, String> job) {
		String words = job.get("words");
		return (words != null) ? Integer.valueOf(words) : null;
	}

}
