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

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Supplier;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that an application starts and has its pool, whatever is missing of the modules
 * that would show it. The application runs in a class loader that has not got their jars.
 */
class OptionalPartsTests {

	private static final String POOL = "redisPool";

	private static final String HEALTH = "redisPoolHealthContributor";

	private static final String METERS = "redisPoolsMeterBinder";

	private static final String OBSERVER = "redisPoolsObserver";

	private static final String ENDPOINT = "redisPoolsEndpoint";

	@Test
	@Tag("slow")
	void withoutTheHealthModuleTheRestIsThere() throws Exception {
		assertThat(beansWithout("spring-boot-health")).contains(POOL, METERS, ENDPOINT).doesNotContain(HEALTH);
	}

	@Test
	@Tag("slow")
	void withoutMicrometerTheRestIsThere() throws Exception {
		assertThat(beansWithout("micrometer-core", "spring-boot-micrometer-metrics")).contains(POOL, HEALTH, ENDPOINT)
			.doesNotContain(METERS);
	}

	@Test
	@Tag("slow")
	void withoutActuatorTheRestIsThere() throws Exception {
		assertThat(beansWithout("spring-boot-actuator", "spring-boot-actuator-autoconfigure"))
			.contains(POOL, HEALTH, METERS)
			.doesNotContain(ENDPOINT);
	}

	@Test
	@Tag("slow")
	void withoutTheWebTheRestIsThere() throws Exception {
		assertThat(beansWithout("spring-web", "spring-webmvc", "spring-boot-webmvc", "spring-boot-servlet",
				"jakarta.servlet-api", "spring-boot-http-converter"))
			.contains(POOL, HEALTH, METERS, OBSERVER, ENDPOINT);
	}

	@Test
	void withNoneOfThemThePoolIsThere() throws Exception {
		assertThat(beansWithout("spring-boot-health", "micrometer-core", "spring-boot-micrometer-metrics",
				"spring-boot-actuator", "spring-boot-actuator-autoconfigure"))
			.contains(POOL)
			.doesNotContain(HEALTH, METERS, ENDPOINT);
	}

	private static String[] beansWithout(String... artifacts) throws Exception {
		Thread thread = Thread.currentThread();
		ClassLoader original = thread.getContextClassLoader();
		try (URLClassLoader classLoader = classLoaderWithout(artifacts)) {
			thread.setContextClassLoader(classLoader);
			Object application = classLoader.loadClass(BeanNames.class.getName())
				.getDeclaredConstructor()
				.newInstance();
			return (String[]) ((Supplier<?>) application).get();
		}
		finally {
			thread.setContextClassLoader(original);
		}
	}

	private static URLClassLoader classLoaderWithout(String... artifacts) {
		URL[] urls = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
			.map(Path::of)
			.filter((path) -> Arrays.stream(artifacts)
				.noneMatch((artifact) -> path.getFileName().toString().matches(artifact + "-\\d.*")))
			.map(OptionalPartsTests::url)
			.toArray(URL[]::new);
		return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
	}

	private static URL url(Path path) {
		try {
			return path.toUri().toURL();
		}
		catch (MalformedURLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Starts an application, stops it, and gives the names of the beans that it had.
	 */
	public static final class BeanNames implements Supplier<String[]> {

		@Override
		public String[] get() {
			SpringApplication application = new SpringApplication(Application.class);
			application.setWebApplicationType(WebApplicationType.NONE);
			try (ConfigurableApplicationContext context = application
				.run("--management.endpoints.web.exposure.include=*")) {
				return context.getBeanDefinitionNames();
			}
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
