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

import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;

import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that a job which is finishing while the application stops still reaches Redis.
 */
class ShutdownOrderTests {

	@Redis
	private static RedisServer server;

	private final ApplicationContextRunner contextRunner = PooledApplication.on(server.port())
		.withBean(ThreadPoolTaskScheduler.class, ThreadPoolTaskScheduler::new);

	@Test
	void aJobThatEndsDuringShutdownReachesRedisOverBothLanes() {
		RedisPool[] pool = new RedisPool[1];
		this.contextRunner.run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			pool[0] = context.getBean(RedisPool.class);
			LateJob.start(context.getBean(ThreadPoolTaskScheduler.class), template);
		});
		assertThat(server.execute("GET", "shared")).isEqualTo("done");
		assertThat(server.execute("GET", "exclusive")).isEqualTo("done");
		assertThat(pool[0].snapshot().state()).isEqualTo(PoolSnapshot.State.STOPPED);
		assertThat(server.clients()).isEmpty();
	}

}
