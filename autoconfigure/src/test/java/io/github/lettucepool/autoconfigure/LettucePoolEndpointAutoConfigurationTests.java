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

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import javax.management.MBeanException;
import javax.management.MBeanParameterInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.jackson.JacksonEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.jmx.JmxEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementContextAutoConfiguration;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.jmx.JmxAutoConfiguration;
import org.springframework.boot.http.converter.autoconfigure.HttpMessageConvertersAutoConfiguration;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginLookup;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.test.web.servlet.assertj.MvcTestResult;
import org.springframework.web.context.WebApplicationContext;

import io.github.lettucepool.FakeRedisPool;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.advice.PoolAdvisor;
import io.github.lettucepool.endpoint.RedisPoolsEndpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link LettucePoolEndpointAutoConfiguration}.
 */
class LettucePoolEndpointAutoConfigurationTests {

	private static final String EXPOSED = "management.endpoints.web.exposure.include=redispools";

	private static final String UNRESTRICTED = "management.endpoint.redispools.access=UNRESTRICTED";

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
			.withBean("own", RedisPoolsEndpoint.class,
					() -> new RedisPoolsEndpoint(List.of(), new PoolAdvisor(), (pool, setting, value) -> null,
							List.of(), Show.ALWAYS))
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

	@Test
	void nothingCanBeChangedUnlessAccessIsUnrestricted() {
		this.webContextRunner.run((context) -> {
			assertThat(post(context, "redis/retire", "{}")).hasStatus(HttpStatus.NOT_FOUND);
			assertThat(this.pool.changes()).isEmpty();
		});
	}

	@Test
	void accessThatIsLimitedForAllEndpointsIsLimitedHereToo() {
		this.webContextRunner.withPropertyValues(UNRESTRICTED, "management.endpoints.access.max-permitted=READ_ONLY")
			.run((context) -> {
				assertThat(post(context, "redis/retire", "{}")).hasStatus(HttpStatus.NOT_FOUND);
				assertThat(this.pool.changes()).isEmpty();
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "retire", "suspend", "resume" })
	void aPoolIsChangedOverHttp(String action) {
		this.webContextRunner.withPropertyValues(UNRESTRICTED).run((context) -> {
			assertThat(post(context, "redis/" + action, "{}")).hasStatusOk()
				.bodyJson()
				.extractingPath("$.state")
				.isEqualTo(action.equals("suspend") ? "SUSPENDED" : "RUNNING");
			assertThat(this.pool.changes()).containsExactly(action);
		});
	}

	@Test
	void aPoolIsResizedOverHttp() {
		this.webContextRunner.withPropertyValues(UNRESTRICTED).run((context) -> {
			assertThat(post(context, "redis/resize", "{\"maxSize\": 20, \"minIdle\": 3}")).hasStatusOk()
				.bodyJson()
				.extractingPath("$.settings.max-size.value")
				.isEqualTo(20);
			assertThat(post(context, "redis/resize", "{\"minIdle\": 4}")).hasStatusOk();
			assertThat(this.pool.getSettings().getMaxSize()).isEqualTo(20);
			assertThat(this.pool.getSettings().getMinIdle()).isEqualTo(4);
		});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~',
			textBlock = """
					resize  | {"maxSize": 0}              | 'maxSize' must be a whole number from 1 to 2147483647, not '0'.
					resize  | {"maxSize": 2147483648}     | 'maxSize' must be a whole number from 1 to 2147483647, not '2147483648'.
					resize  | {"minIdle": -1}             | 'minIdle' must be a whole number from 0 to 2147483647, not '-1'.
					resize  | {"minIdle": -2147483649}    | 'minIdle' must be a whole number from 0 to 2147483647, not '-2147483649'.
					resize  | {"maxSize": 99999999999999999999} | 'maxSize' must be a whole number from 1 to 2147483647, not '99999999999999999999'.
					resize  | {"minIdle": 17}             | min-idle is 17 but must be
					resize  | {"maxSize": "many"}         | 'maxSize' must be a whole number from 1 to 2147483647, not 'many'.
					resize  | {"maxSize": 1.9}            | 'maxSize' must be a whole number from 1 to 2147483647, not '1.9'.
					resize  | {"maxSize": 8.0}            | 'maxSize' must be a whole number from 1 to 2147483647, not '8.0'.
					resize  | {"maxSize": 1e1}            | 'maxSize' must be a whole number from 1 to 2147483647, not '1e1'.
					resize  | {"maxSize": true}           | 'maxSize' must be a whole number from 1 to 2147483647, not 'true'.
					resize  | {"maxSize": ""}             | 'maxSize' must be a whole number from 1 to 2147483647, not ''.
					resize  | {"maxSize": " 8"}           | 'maxSize' must be a whole number from 1 to 2147483647, not ' 8'.
					resize  | {"maxSize": "\\u0668"}     | 'maxSize' must be a whole number from 1 to 2147483647, not
					resize  | {"maxSize": "8\\n\\u202eX"} | 'maxSize' must be a whole number from 1 to 2147483647, not '8\\u000a\\u202eX'.
					resize  | {"maxSize": null}           | 'resize' needs 'maxSize', 'minIdle' or both.
					resize  | {}                          | 'resize' needs 'maxSize', 'minIdle' or both.
					destroy | {}                          | There is no action 'destroy', but these: resize, retire, suspend, resume.
					resize  | {"action": "retire"}        | 'action' is not allowed: the path names pool and action
					resize  | {"action": "resize", "maxSize": 8} | 'action' is not allowed: the path names pool and action
					resize  | {"action": null, "maxSize": 8} | 'action' is not allowed: the path names pool and action
					retire  | {"name": "other"}           | 'name' is not allowed: the path names pool and action
					retire  | {"name": "redis"}           | 'name' is not allowed: the path names pool and action
					retire  | {"name": "a", "name": "b"}  | 'name' is not allowed: the path names pool and action
					retire  | {"pool": "other"}           | 'pool' is not allowed: the path names pool and action
					resize  | {"path": "redis,retire"}    | 'path' is not allowed: the path names pool and action
					resize  | {"path": null}              | 'path' is not allowed: the path names pool and action
					resize  | {"maxSize": 8, "minidle": 2} | 'minidle' is not allowed: the path names pool and action, and body and query only 'maxSize' and 'minIdle'.
					resize?action=retire | {"maxSize": 8} | 'action' is not allowed: the path names pool and action
					resize?path=redis&path=retire | {"maxSize": 8} | 'path' is not allowed: the path names pool and action
					""")
	void aChangeThatCannotBeDoneIsRefusedWithTheReason(String action, String body, String reason) {
		this.webContextRunner.withPropertyValues(UNRESTRICTED).run((context) -> {
			assertThat(post(context, "redis/" + action, body)).hasStatus(HttpStatus.BAD_REQUEST)
				.bodyJson()
				.extractingPath("$.error")
				.asString()
				.startsWith(reason);
			assertThat(this.pool.changes()).isEmpty();
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "[1]", "[null]", "7", "true", "\"text\"", "{\"maxSize\": [8]}",
			"{\"maxSize\": {\"a\": 8}}", "{\"name\": {\"name\": \"redis\"}}", "{\"maxSize\": 8", "{\"maxSize\": NaN}" })
	void jsonThatIsNoObjectOfSimpleValuesIsABadRequest(String body) {
		this.webContextRunner.withPropertyValues(UNRESTRICTED).run((context) -> {
			assertThat(post(context, "redis/resize", body)).hasStatus(HttpStatus.BAD_REQUEST);
			assertThat(this.pool.changes()).isEmpty();
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"maxSize\": 20}", "{\"maxSize\": \"20\"}", "{\"maxSize\": 20, \"minIdle\": null}" })
	void aNumberMayBeWrittenAsAText(String body) {
		this.webContextRunner.withPropertyValues(UNRESTRICTED).run((context) -> {
			assertThat(post(context, "redis/resize", body)).hasStatusOk();
			assertThat(this.pool.getSettings().getMaxSize()).isEqualTo(20);
		});
	}

	@Test
	void aLongValueIsCutInTheReason() {
		String longValue = "x".repeat(100_000);
		this.webContextRunner.withPropertyValues(UNRESTRICTED).run((context) -> {
			for (MvcTestResult answer : List.of(post(context, "redis/resize", "{\"maxSize\": \"" + longValue + "\"}"),
					post(context, "redis/" + longValue, "{}"), post(context, longValue + "/retire", "{}"),
					post(context, "redis/retire", "{\"" + longValue.substring(0, 40_000) + "\": 1}"))) {
				assertThat(answer).hasStatus4xxClientError()
					.bodyText()
					.contains("x".repeat(64) + "...'")
					.hasSizeLessThan(300);
			}
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "redis", "redis/resize/now", "" })
	void aPathThatDoesNotNamePoolAndActionIsNotFound(String path) {
		this.webContextRunner.withPropertyValues(UNRESTRICTED)
			.run((context) -> assertThat(post(context, path, "{\"maxSize\": 8}")).hasStatus(HttpStatus.NOT_FOUND));
	}

	@Test
	void anUnknownPoolCannotBeChanged() {
		this.webContextRunner.withPropertyValues(UNRESTRICTED)
			.run((context) -> assertThat(post(context, "unknown/retire", "{}")).hasStatus(HttpStatus.NOT_FOUND)
				.bodyJson()
				.extractingPath("$.error")
				.isEqualTo("There is no pool 'unknown', but these: redis."));
	}

	@Test
	void poolsAreShownAndChangedOverJmx() {
		this.withPool
			.withConfiguration(AutoConfigurations.of(EndpointAutoConfiguration.class, JmxAutoConfiguration.class,
					JmxEndpointAutoConfiguration.class))
			.withPropertyValues("management.endpoints.jmx.exposure.include=redispools", "spring.jmx.enabled=true",
					UNRESTRICTED)
			.run((context) -> {
				MBeanServer server = context.getBean(MBeanServer.class);
				ObjectName name = new ObjectName("org.springframework.boot:type=Endpoint,name=Redispools");
				String[] oneText = { String.class.getName() };
				assertThat(server.invoke(name, "pools", new Object[0], new String[0]).toString())
					.contains("name=redis");
				assertThat(server.invoke(name, "pool", new Object[] { "redis" }, oneText)).isNotNull();
				assertThat(server.invoke(name, "pool", new Object[] { "unknown" }, oneText)).isNull();
				String[] signature = Arrays.stream(server.getMBeanInfo(name).getOperations())
					.filter((operation) -> operation.getName().equals("change"))
					.flatMap((operation) -> Arrays.stream(operation.getSignature()))
					.map(MBeanParameterInfo::getType)
					.toArray(String[]::new);
				server.invoke(name, "change", new Object[] { "redis", "resize", 20, null }, signature);
				assertThat(this.pool.getSettings().getMaxSize()).isEqualTo(20);
				assertThatExceptionOfType(MBeanException.class)
					.isThrownBy(
							() -> server.invoke(name, "change", new Object[] { "redis", "resize", 0, null }, signature))
					.havingCause()
					.withMessage("'maxSize' must be a whole number from 1 to 2147483647, not '0'.");
			});
	}

	@ParameterizedTest
	@MethodSource("valuesThatAreNoSize")
	void aValueThatIsNoSizeIsRefusedOverJmxToo(Object value) {
		this.withPool
			.withConfiguration(AutoConfigurations.of(EndpointAutoConfiguration.class, JmxAutoConfiguration.class,
					JmxEndpointAutoConfiguration.class))
			.withPropertyValues("management.endpoints.jmx.exposure.include=redispools", "spring.jmx.enabled=true",
					UNRESTRICTED)
			.run((context) -> {
				MBeanServer server = context.getBean(MBeanServer.class);
				ObjectName name = new ObjectName("org.springframework.boot:type=Endpoint,name=Redispools");
				String[] signature = Collections.nCopies(4, String.class.getName()).toArray(String[]::new);
				assertThatExceptionOfType(MBeanException.class).isThrownBy(
						() -> server.invoke(name, "change", new Object[] { "redis", "resize", value, null }, signature))
					.havingCause()
					.withMessage("'maxSize' must be a whole number from 1 to 2147483647, not '%s'.".formatted(value));
				assertThat(this.pool.changes()).isEmpty();
			});
	}

	static Stream<Object> valuesThatAreNoSize() {
		return Stream.of(2_147_483_648L, 1.9, true, -1, "many");
	}

	@Test
	void aSettingTellsItsKeyAndWhereThatIsWritten() {
		this.webContextRunner
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(OriginTrackedSource.of("lettuce.pool.max-wait", "3s", "application.yml - 12:15")))
			.withPropertyValues("spring.data.redis.lettuce.pool.max-active=16")
			.run((context) -> {
				assertThat(MockMvcTester.from(context).get().uri("/actuator/redispools/redis")).bodyJson()
					.extractingPath("$.settings.max-wait.origin")
					.isEqualTo("lettuce.pool.max-wait from application.yml - 12:15");
				assertThat(MockMvcTester.from(context).get().uri("/actuator/redispools/redis")).bodyJson()
					.extractingPath("$.settings.max-size.origin")
					.asString()
					.startsWith("spring.data.redis.lettuce.pool.max-active");
				assertThat(MockMvcTester.from(context).get().uri("/actuator/redispools/redis")).bodyJson()
					.doesNotHavePath("$.settings.fair.origin");
			});
	}

	@Test
	void aSizeThatWasChangedAtRunTimeHasNoOrigin() {
		this.webContextRunner.withPropertyValues("lettuce.pool.max-size=16").run((context) -> {
			this.pool.resize(20, 0);
			assertThat(MockMvcTester.from(context).get().uri("/actuator/redispools/redis")).bodyJson()
				.doesNotHavePath("$.settings.max-size.origin");
		});
	}

	@Test
	void aSettingThatIsWrittenWithAPlaceholderHasAnOriginAndOneThatACustomizerChangedHasNone() {
		this.webContextRunner.withPropertyValues("lettuce.pool.max-size=${SIZE:16}", "lettuce.pool.max-wait=5s")
			.run((context) -> assertThat(MockMvcTester.from(context).get().uri("/actuator/redispools/redis")).bodyJson()
				.hasPath("$.settings.max-size.origin")
				.doesNotHavePath("$.settings.max-wait.origin"));
	}

	@Test
	void valuesAreSanitisedAsTheApplicationSays() {
		this.webContextRunner
			.withBean(SanitizingFunction.class,
					() -> (data) -> data.getKey().equals("max-wait") ? data.withSanitizedValue() : data)
			.run((context) -> {
				MvcTestResult result = MockMvcTester.from(context).get().uri("/actuator/redispools/redis").exchange();
				assertThat(result).bodyJson().extractingPath("$.settings.max-wait.value").isEqualTo("******");
				assertThat(result).bodyJson().extractingPath("$.settings.max-size.value").isEqualTo(16);
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "never", "when-authorized" })
	void valuesAreHiddenWhereTheApplicationWantsThat(String showValues) {
		this.webContextRunner.withPropertyValues("management.endpoint.redispools.show-values=" + showValues)
			.run((context) -> assertThat(MockMvcTester.from(context).get().uri("/actuator/redispools")).bodyJson()
				.extractingPath("$.pools[0].settings.max-size.value")
				.isEqualTo("******"));
	}

	private static MvcTestResult post(WebApplicationContext context, String path, String body) {
		return MockMvcTester.from(context)
			.post()
			.uri("/actuator/redispools/" + path)
			.contentType(MediaType.APPLICATION_JSON)
			.content(body)
			.exchange();
	}

	/**
	 * A property that knows where it is written.
	 */
	private static final class OriginTrackedSource extends MapPropertySource implements OriginLookup<String> {

		private final Origin origin;

		private OriginTrackedSource(Map<String, Object> source, Origin origin) {
			super("tracked", source);
			this.origin = origin;
		}

		static OriginTrackedSource of(String key, String value, String place) {
			return new OriginTrackedSource(Map.of(key, value), new Origin() {

				@Override
				public String toString() {
					return place;
				}

			});
		}

		@Override
		public Origin getOrigin(String key) {
			return containsProperty(key) ? this.origin : null;
		}

	}

}
