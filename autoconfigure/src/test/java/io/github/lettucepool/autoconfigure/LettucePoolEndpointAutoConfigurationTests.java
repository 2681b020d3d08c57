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

import java.util.List;

import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.jackson.JacksonEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementContextAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.converter.autoconfigure.HttpMessageConvertersAutoConfiguration;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.http.HttpStatus;
import org.springframework.test.web.servlet.assertj.MockMvcTester;

import io.github.lettucepool.FakeRedisPool;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.endpoint.RedisPoolsEndpoint;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LettucePoolEndpointAutoConfiguration}.
 */
class LettucePoolEndpointAutoConfigurationTests {

	private static final String EXPOSED = "management.endpoints.web.exposure.include=redispools";

	private final FakeRedisPool pool = new FakeRedisPool("redis");

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LettucePoolEndpointAutoConfiguration.class));

	private final ApplicationContextRunner withPool = this.contextRunner.withBean("redisPool", RedisPool.class,
			() -> this.pool);

	private final WebApplicationContextRunner webContextRunner = new WebApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LettucePoolEndpointAutoConfiguration.class,
				EndpointAutoConfiguration.class, JacksonEndpointAutoConfiguration.class,
				WebEndpointAutoConfiguration.class, ManagementContextAutoConfiguration.class,
				DispatcherServletAutoConfiguration.class, WebMvcAutoConfiguration.class, JacksonAutoConfiguration.class,
				HttpMessageConvertersAutoConfiguration.class))
		.withBean("redisPool", RedisPool.class, () -> this.pool)
		.withPropertyValues(EXPOSED);

	@Test
	void thereIsAnEndpointWhereItIsExposed() {
		this.withPool.withPropertyValues(EXPOSED)
			.run((context) -> assertThat(context).hasSingleBean(RedisPoolsEndpoint.class));
	}

	@Test
	void thereIsNoneWhereItIsNotExposed() {
		this.withPool.run((context) -> assertThat(context).doesNotHaveBean(RedisPoolsEndpoint.class));
	}

	@Test
	void thereIsNoneWithoutAccess() {
		this.withPool.withPropertyValues(EXPOSED, "management.endpoint.redispools.access=NONE")
			.run((context) -> assertThat(context).doesNotHaveBean(RedisPoolsEndpoint.class));
	}

	@Test
	void theApplicationsOwnIsUsed() {
		this.withPool.withPropertyValues(EXPOSED)
			.withBean("own", RedisPoolsEndpoint.class, () -> new RedisPoolsEndpoint(List.of()))
			.run((context) -> assertThat(context).hasSingleBean(RedisPoolsEndpoint.class).hasBean("own"));
	}

	@Test
	void withoutAPoolThereIsNone() {
		this.contextRunner.withPropertyValues(EXPOSED)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(RedisPoolsEndpoint.class));
	}

	@Test
	void allPoolsAreShownOverHttp() {
		this.webContextRunner
			.run((context) -> assertThat(MockMvcTester.from(context).get().uri("/actuator/redispools")).hasStatusOk()
				.bodyJson()
				.extractingPath("$.pools[*].name")
				.asArray()
				.containsExactly("redis"));
	}

	@Test
	void onePoolIsShownOverHttp() {
		this.webContextRunner
			.run((context) -> assertThat(MockMvcTester.from(context).get().uri("/actuator/redispools/{name}", "redis"))
				.hasStatusOk()
				.bodyJson()
				.extractingPath("$.exclusive.max")
				.isEqualTo(16));
	}

	@Test
	void durationsAreTextsWhateverTheApplicationsOwnJsonLooksLike() {
		this.webContextRunner
			.withPropertyValues("management.endpoints.jackson.isolated-json-mapper=false",
					"spring.jackson.datatype.datetime.write-durations-as-timestamps=true")
			.run((context) -> assertThat(MockMvcTester.from(context).get().uri("/actuator/redispools/redis"))
				.hasStatusOk()
				.bodyJson()
				.extractingPath("$.settings.max-wait.value")
				.isEqualTo("PT3S"));
	}

	@Test
	void anUnknownPoolIsNotFoundOverHttp() {
		this.webContextRunner
			.run((context) -> assertThat(MockMvcTester.from(context).get().uri("/actuator/redispools/unknown"))
				.hasStatus(HttpStatus.NOT_FOUND));
	}

}
