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

package io.github.lettucepool.autoconfigure;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A job that is still at work when its application closes, and writes over both lanes
 * then: the keys "shared" and "exclusive" are "done" afterwards.
 */
final class LateJob {

	private LateJob() {
	}

	/**
	 * Starts the job.
	 * @param scheduler runs it
	 * @param template leads to the server
	 * @throws InterruptedException if the thread is interrupted
	 */
	static void start(ThreadPoolTaskScheduler scheduler, StringRedisTemplate template) throws InterruptedException {
		CountDownLatch started = new CountDownLatch(1);
		scheduler.execute(() -> {
			started.countDown();
			// Until the context closes: the wait ends with the list still empty.
			template.opsForList().leftPop("nothing", Duration.ofSeconds(1));
			template.opsForValue().set("shared", "done");
			template.executePipelined((RedisCallback<Object>) (connection) -> {
				connection.stringCommands()
					.set("exclusive".getBytes(StandardCharsets.UTF_8), "done".getBytes(StandardCharsets.UTF_8));
				return null;
			});
		});
		assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
	}

}
