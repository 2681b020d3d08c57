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

package io.github.lettucepool.sample.lab.experiments;

import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.advice.PoolAdvisor;
import io.github.lettucepool.metrics.RedisPoolMetrics;
import io.github.lettucepool.sample.lab.Calls;
import io.github.lettucepool.sample.lab.PoolEvents;
import io.github.lettucepool.sample.lab.Watched;

/**
 * A pool for an experiment, with its meters and all that watches it.
 */
final class Bench implements AutoCloseable {

	private final PooledLettuceConnectionFactory connectionFactory;

	private final StringRedisTemplate redis;

	private final RedisPoolMetrics metrics;

	private final Watched watched;

	Bench(RedisConfiguration server, LettuceClientConfiguration client, PoolSettings settings, MeterRegistry registry) {
		this.connectionFactory = new PooledLettuceConnectionFactory("experiment", server, client, settings);
		this.metrics = new RedisPoolMetrics(this.connectionFactory.getPool());
		this.metrics.bindTo(registry);
		PoolAdvisor advisor = new PoolAdvisor();
		this.watched = new Watched(this.connectionFactory.getPool(), new PoolEvents(), new Calls(), advisor);
		this.connectionFactory.getPool().addListener(this.watched.events());
		this.connectionFactory.afterPropertiesSet();
		this.connectionFactory.start();
		this.redis = new StringRedisTemplate(this.connectionFactory);
		advisor.watch(this.connectionFactory.getPool());
	}

	PooledLettuceConnectionFactory connectionFactory() {
		return this.connectionFactory;
	}

	StringRedisTemplate redis() {
		return this.redis;
	}

	RedisPool pool() {
		return this.connectionFactory.getPool();
	}

	Watched watched() {
		return this.watched;
	}

	PoolEvents events() {
		return this.watched.events();
	}

	Calls calls() {
		return this.watched.calls();
	}

	@Override
	public void close() {
		this.watched.advisor().close();
		this.connectionFactory.destroy();
		this.metrics.close();
	}

}
