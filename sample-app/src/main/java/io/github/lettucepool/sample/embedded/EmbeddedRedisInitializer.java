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

package io.github.lettucepool.sample.embedded;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.aot.AbstractAotProcessor;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

import io.github.lettucepool.embedded.RedisServer;

/**
 * Starts a Redis server for the application, unless a key says where one is or how to log
 * in there, or the application is only made ahead of time. Registered in
 * {@code META-INF/spring.factories}, so that it holds however the application is started,
 * in tests too.
 */
class EmbeddedRedisInitializer implements ApplicationContextInitializer<GenericApplicationContext> {

	private static final Logger logger = LoggerFactory.getLogger(EmbeddedRedisInitializer.class);

	/**
	 * When the virtual machine ends, the application gets this time to end first.
	 */
	private static final Duration SHUTDOWN_GRACE = Duration.ofSeconds(10);

	private static final List<ConfigurationPropertyName> OWN_SERVER = List
		.of("url", "host", "port", "username", "password", "ssl", "sentinel", "cluster", "masterreplica")
		.stream()
		.map(ConfigurationPropertyName.of("spring.data.redis")::append)
		.toList();

	@Override
	public void initialize(GenericApplicationContext context) {
		ConfigurableEnvironment environment = context.getEnvironment();
		if (Boolean.getBoolean(AbstractAotProcessor.AOT_PROCESSING) || namesOwnServer(environment)) {
			return;
		}
		RedisServer server = RedisServer.builder().shutdownGrace(SHUTDOWN_GRACE).start();
		environment.getPropertySources()
			.addFirst(new MapPropertySource("embeddedRedis",
					Map.of("spring.data.redis.host", server.host(), "spring.data.redis.port", server.port())));
		// Registered before any other bean, it is destroyed after all others: those that
		// talk to Redis can do so to the end.
		DefaultListableBeanFactory beans = context.getDefaultListableBeanFactory();
		beans.registerSingleton("embeddedRedis", server);
		beans.registerDisposableBean("embeddedRedis", server::close);
		logger.info("Started an embedded Redis at {}:{}; name your own by spring.data.redis.host or .url",
				server.host(), server.port());
	}

	private static boolean namesOwnServer(ConfigurableEnvironment environment) {
		return StreamSupport.stream(ConfigurationPropertySources.get(environment).spliterator(), false)
			.anyMatch((source) -> OWN_SERVER.stream().anyMatch((name) -> has(source, name)));
	}

	private static boolean has(ConfigurationPropertySource source, ConfigurationPropertyName name) {
		return source.getConfigurationProperty(name) != null
				|| source.containsDescendantOf(name) == ConfigurationPropertyState.PRESENT;
	}

}
