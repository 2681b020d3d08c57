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

import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.cache.CacheManager;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Conventions;
import org.springframework.data.redis.cache.RedisCacheManager;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.session.SessionRepository;
import org.springframework.util.StringUtils;

import io.github.lettucepool.RedisPool;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that an application starts with each configuration of the README and of what it
 * links to, and that their Java compiles and does what it is there for. No server is
 * needed: the pools connect when they are used.
 */
class ReadmeTests {

	private static final String IMPORTS = """
			import java.time.*;
			import java.util.*;
			import java.util.function.*;
			import io.lettuce.authx.*;
			import io.lettuce.core.*;
			import io.lettuce.core.protocol.*;
			import io.github.lettucepool.*;
			import org.springframework.beans.factory.annotation.*;
			import org.springframework.context.annotation.*;
			import org.springframework.data.redis.cache.*;
			import org.springframework.data.redis.connection.*;
			import org.springframework.data.redis.core.*;
			import org.springframework.data.redis.listener.*;
			import org.springframework.session.data.redis.config.annotation.*;
			import org.springframework.stereotype.*;
			import reactor.core.publisher.*;
			import redis.clients.authentication.entraid.*;
			""";

	/** What the examples leave to the application. */
	private final WebApplicationContextRunner application = new WebApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues("SESSIONS_PASSWORD=secret", "lettuce.pools.orders.warm-up=none",
				"lettuce.pools.orders.min-idle=0",
				"spring.ssl.bundle.pem.orders.truststore.certificate=classpath:io/github/lettucepool/autoconfigure/ca.pem",
				"management.metrics.use-global-registry=false");

	@ParameterizedTest
	@MethodSource
	void anApplicationStartsWithTheConfiguration(String yaml) {
		// The group is of a pool that another example declares.
		boolean ofAGroup = yaml.contains("redisPool/user-sessions");
		this.application.withInitializer(new Yaml(yaml))
			.withPropertyValues("spring.data.redis.host=127.0.0.1", "lettuce.pools.orders.redis.host=127.0.0.1")
			.withPropertyValues(
					ofAGroup ? new String[] { "lettuce.pools.user-sessions.redis.host=127.0.0.1" } : new String[0])
			.run((context) -> {
				assertThat(context).hasNotFailed();
				Pattern.compile("(?m)^    ([a-z-]+):$")
					.matcher(yaml.contains("  pools:") ? yaml.substring(yaml.indexOf("  pools:")) : "")
					.results()
					.map((name) -> Conventions.attributeNameToPropertyName(name.group(1)))
					.forEach((name) -> assertThat(context).hasBean(name + "RedisPool"));
			});
	}

	static Stream<String> anApplicationStartsWithTheConfiguration() {
		return blocks("yaml")
			.filter((yaml) -> yaml.contains("spring:") || yaml.contains("lettuce:") || yaml.contains("management:"));
	}

	@Test
	void theJavaCompilesAndFitsTheConfigurationOfItsPools(@TempDir Path classes) throws Exception {
		compile(classes);
		String yaml = blocks("yaml").filter((block) -> block.contains("user-sessions:")).findFirst().orElseThrow();
		try (URLClassLoader classLoader = new URLClassLoader(new URL[] { classes.toUri().toURL() },
				getClass().getClassLoader())) {
			this.application.withInitializer(new Yaml(yaml))
				.withClassLoader(classLoader)
				.withUserConfiguration(classLoader.loadClass("OrderQueue"), classLoader.loadClass("CacheManagerRecipe"))
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(context.getBean(CacheManager.class)).isInstanceOf(RedisCacheManager.class);
					assertThat(context).hasSingleBean(SessionRepository.class);
					assertThat(context.getBean("sessionConnectionFactory", RedisConnectionFactory.class))
						.isSameAs(context.getBean("userSessionsRedisConnectionFactory"));
					assertThat(context.getBeansOfType(RedisPool.class)).hasSize(4);
				});
		}
	}

	private static void compile(Path classes) {
		List<JavaFileObject> sources = new ArrayList<>();
		blocks("java").forEach((java) -> sources.add(source(java)));
		assertThat(sources).hasSizeGreaterThanOrEqualTo(4);
		JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
		List<String> options = List.of("-proc:none", "-parameters", "-d", classes.toString(), "-classpath",
				System.getProperty("java.class.path"));
		assertThat(compiler.getTask(null, null, null, options, null, sources).call()).isTrue();
	}

	/**
	 * Makes a class of an excerpt.
	 */
	private static JavaFileObject source(String java) {
		String excerpt = java.replace("…", "System.out.println(message)");
		String name;
		if (excerpt.contains("class ")) {
			name = excerpt.replaceAll("(?s).*?class (\\w+).*", "$1");
		}
		else if (excerpt.stripTrailing().endsWith("{")) {
			name = excerpt.substring(0, excerpt.indexOf('('));
			excerpt = "class %s {\n%s } }".formatted(name, excerpt);
		}
		else {
			name = StringUtils.capitalize(excerpt.replaceAll("(?s).*? (\\w+)\\(.*", "$1")) + "Recipe";
			excerpt = "class %s {\n%s }".formatted(name, excerpt);
		}
		String text = IMPORTS + excerpt;
		return new SimpleJavaFileObject(URI.create("string:///%s.java".formatted(name)), JavaFileObject.Kind.SOURCE) {

			@Override
			public CharSequence getCharContent(boolean ignoreEncodingErrors) {
				return text;
			}

		};
	}

	private static Stream<String> blocks(String language) {
		Pattern block = Pattern.compile("(?ms)^```%s\\n(.*?)^```$".formatted(language));
		return Documents.all()
			.flatMap((document) -> block.matcher(Documents.text(document)).results())
			.map((found) -> found.group(1).replaceAll("[a-z0-9]+\\.example\\.org", "127.0.0.1"));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
