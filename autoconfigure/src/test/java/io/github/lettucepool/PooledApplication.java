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

package io.github.lettucepool;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import io.github.lettucepool.autoconfigure.LettucePoolAutoConfiguration;

/**
 * Applications that use Redis through a pool, and have no settings but where it is.
 */
public final class PooledApplication {

	private PooledApplication() {
	}

	/**
	 * An application that is not told where Redis is.
	 * @param more the auto-configurations that it has besides the pool's and Spring
	 * Data's
	 * @return the application
	 */
	public static ApplicationContextRunner runner(Class<?>... more) {
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(LettucePoolAutoConfiguration.class, DataRedisAutoConfiguration.class))
			.withConfiguration(AutoConfigurations.of(more));
	}

	/**
	 * An application with Redis on a port of this machine.
	 * @param port the port
	 * @param more the auto-configurations that it has besides the pool's and Spring
	 * Data's
	 * @return the application
	 */
	public static ApplicationContextRunner on(int port, Class<?>... more) {
		return runner(more).withPropertyValues("spring.data.redis.host=127.0.0.1", "spring.data.redis.port=" + port);
	}

}
