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
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.stereotype.Component;
import org.springframework.util.backoff.BackOffExecution;
import org.springframework.util.backoff.ExponentialBackOff;

/**
 * Takes jobs from the queue and works on them, one after the other, in a thread of its
 * own. It starts last and stops first, with the job in hand finished. While Redis is away
 * it tries again at growing intervals, and says so once.
 */
@Component
class JobConsumer implements SmartLifecycle {

	private static final Logger logger = LoggerFactory.getLogger(JobConsumer.class);

	private static final Duration WAIT = Duration.ofSeconds(1);

	private final ExponentialBackOff backOff = new ExponentialBackOff(250, 2);

	private final JobQueue queue;

	private CountDownLatch stopRequest = new CountDownLatch(1);

	private @Nullable Thread thread;

	JobConsumer(JobQueue queue) {
		this.queue = queue;
		this.backOff.setMaxInterval(4000);
	}

	@Override
	public synchronized void start() {
		CountDownLatch stopRequest = new CountDownLatch(1);
		this.stopRequest = stopRequest;
		this.thread = new Thread(() -> consume(stopRequest), "job-consumer");
		this.thread.start();
	}

	@Override
	public synchronized void stop() {
		this.stopRequest.countDown();
		try {
			if (this.thread != null) {
				this.thread.join();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		this.thread = null;
	}

	@Override
	public synchronized boolean isRunning() {
		return this.thread != null;
	}

	private void consume(CountDownLatch stopRequest) {
		BackOffExecution outage = null;
		long pause = 0;
		try {
			while (!stopRequest.await(pause, TimeUnit.MILLISECONDS)) {
				try {
					Optional<Job> job = this.queue.take(WAIT);
					if (outage != null) {
						logger.info("The job consumer reaches Redis again");
					}
					outage = null;
					pause = 0;
					job.ifPresent(this::work);
				}
				catch (RuntimeException ex) {
					if (outage == null) {
						logger.warn(
								"The job consumer cannot reach Redis and keeps trying, with spring.data.redis.* as it is: {}",
								NestedExceptionUtils.getMostSpecificCause(ex).toString());
						outage = this.backOff.start();
					}
					pause = outage.nextBackOff();
				}
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void work(Job job) {
		try {
			this.queue.finish(job, job.text().strip().split("\\s+").length);
		}
		catch (RuntimeException ex) {
			logger.warn("The job '{}' failed", job.id(), ex);
		}
	}

}
