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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PooledLettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of first commands while event loops do not get to run, as on a starved machine
 * and while classes are loaded.
 */
@Tag("slow")
@Timeout(300)
class StarvedStartTests {

	private static final Duration CONNECT_TIMEOUT = Duration.ofMillis(500);

	private static final Duration STARVATION = CONNECT_TIMEOUT.multipliedBy(2);

	@ParameterizedTest
	@EnumSource(Topology.class)
	void aLateEventLoopIsNotTakenForASilentServer(Topology topology) {
		setAndGet(starved(topology));
	}

	@ParameterizedTest
	@EnumSource(Topology.class)
	void aBorrowerDoesNotTakeItForOneEither(Topology topology) {
		setAndGet(starved(topology).withPropertyValues("lettuce.pool.shared-connections=0",
				"lettuce.pool.max-wait=" + CONNECT_TIMEOUT.toMillis()));
	}

	@ParameterizedTest
	@ValueSource(strings = { "background", "required" })
	void norDoesAWarmUp(String warmUp) {
		setAndGet(starved(Topology.STANDALONE).withPropertyValues("lettuce.pool.warm-up=" + warmUp,
				"lettuce.pool.min-idle=2"));
	}

	private static void setAndGet(ApplicationContextRunner application) {
		application.run((context) -> {
			context.getBean(StringRedisTemplate.class).opsForValue().set("starved", "value");
			ReactiveStringRedisTemplate template = new ReactiveStringRedisTemplate(
					context.getBean(PooledLettuceConnectionFactory.class));
			assertThat(template.opsForValue().get("starved").block()).isEqualTo("value");
		});
	}

	private static ApplicationContextRunner starved(Topology topology) {
		return topology.application()
			.withPropertyValues("spring.data.redis.connect-timeout=" + CONNECT_TIMEOUT.toMillis())
			.withBean(ClientResourcesBuilderCustomizer.class,
					() -> (builder) -> builder.nettyCustomizer(new Starvation()));
	}

	/**
	 * Keeps the first event loops from running for a while.
	 */
	private static final class Starvation implements NettyCustomizer {

		private final AtomicInteger channels = new AtomicInteger();

		@Override
		public void afterChannelInitialized(Channel channel) {
			if (this.channels.getAndIncrement() < 2) {
				long end = System.nanoTime() + STARVATION.toNanos();
				while (System.nanoTime() < end) {
					LockSupport.parkNanos(end - System.nanoTime());
				}
			}
		}

	}

}
