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

package io.github.lettucepool.topology;

import java.time.Duration;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of what the log says of a node of a cluster that is away for a while.
 */
@Tag("slow")
@ExtendWith(OutputCaptureExtension.class)
class NodeOutageTests {

	@Test
	void theNodeIsToldWhenItCannotBeReachedAndWhenItCanAgain(CapturedOutput output,
			@Redis(own = true, replicas = 0) RedisCluster cluster) {
		RedisServer node = cluster.masterOf("key");
		String address = node.host() + ":" + node.port();
		ClusterApplication.of(cluster).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			await().atMost(Duration.ofMinutes(1)).ignoreExceptions().until(() -> isWritten(template));
			node.kill();
			await().atMost(Duration.ofMinutes(1)).until(() -> {
				fail(template);
				return output.toString().contains("cannot reach " + address + ": ");
			});
			node.start();
			await().atMost(Duration.ofMinutes(1)).ignoreExceptions().until(() -> isWritten(template));
			await().atMost(Duration.ofMinutes(1))
				.untilAsserted(() -> assertThat(output).contains("reaches " + address + " again"));
		});
		assertThat(output).containsOnlyOnce("cannot reach").containsOnlyOnce("again, after");
	}

	private static boolean isWritten(StringRedisTemplate template) {
		template.opsForValue().set("key", "value");
		return true;
	}

	private static void fail(StringRedisTemplate template) {
		try {
			isWritten(template);
		}
		catch (RuntimeException ex) {
			// The node is away.
		}
	}

}
