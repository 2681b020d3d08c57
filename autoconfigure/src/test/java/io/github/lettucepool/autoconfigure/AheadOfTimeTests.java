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

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.masterreplica.StatefulRedisMasterReplicaConnection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.annotation.ReflectiveRuntimeHintsRegistrar;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.SpringApplicationAotProcessor;
import org.springframework.context.aot.AbstractAotProcessor.Settings;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.util.ReflectionUtils;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.endpoint.ErrorDescriptor;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that named pools work in an application that was made ahead of time: it has those
 * that are declared when it runs, and not those that were when it was made.
 */
@Timeout(300)
class AheadOfTimeTests {

	@TempDir
	private Path directory;

	@Test
	void namedPoolsAreThoseOfTheConfigurationAtRunTime() throws Exception {
		Path classes = build("--lettuce.pools.orders.redis.host=build.example");
		assertThat(run(classes, "--lettuce.pools.orders.redis.host=orders.example",
				"--lettuce.pools.user-sessions.redis.host=sessions.example"))
			.contains("orders is on orders.example")
			.contains("user-sessions is on sessions.example")
			.contains("a template has the qualifier orders");
	}

	@Test
	@Tag("slow")
	void thePrimaryPoolIsThatOfTheConfigurationAtRunTime() throws Exception {
		String[] orders = { "--lettuce.pools.orders.redis.host=orders.example", "--lettuce.primary-pool=orders" };
		Path classes = build(orders);
		assertThat(run(classes, orders)).contains("orders is on orders.example")
			.contains("redisConnectionFactory is also called ordersRedisConnectionFactory");
		assertThat(run(classes, "--lettuce.pools.orders.redis.host=orders.example",
				"--lettuce.pools.carts.redis.host=carts.example", "--lettuce.primary-pool=carts"))
			.contains("orders is on orders.example")
			.contains("carts is on carts.example")
			.contains("redisConnectionFactory is also called cartsRedisConnectionFactory")
			.doesNotContain("also called orders");
	}

	@Test
	void aNativeImageKnowsHowTheBeansAreMade() {
		RuntimeHints hints = new RuntimeHints();
		new NamedPoolsRuntimeHints().registerHints(hints, getClass().getClassLoader());
		Method create = ReflectionUtils.findMethod(NamedConnectionFactories.class, "create", NamedPool.class);
		assertThat(create).isNotNull();
		assertThat(RuntimeHintsPredicates.reflection()
			.onMethodInvocation(NamedPoolProperties.class, "setMaxSize")
			.and(RuntimeHintsPredicates.reflection().onMethodInvocation(create))
			.and(RuntimeHintsPredicates.reflection()
				.onMethodInvocation(PooledLettuceConnectionFactory.class, "getPool"))
			.and(RuntimeHintsPredicates.reflection().onType(StringRedisTemplate.class))).accepts(hints);
	}

	@Test
	void aNativeImageKnowsTheSettingsOfAPool() {
		RuntimeHints hints = new RuntimeHints();
		new ReflectiveRuntimeHintsRegistrar().registerRuntimeHints(hints, LettucePoolAutoConfiguration.class,
				LettucePoolEndpointAutoConfiguration.class);
		assertThat(RuntimeHintsPredicates.reflection()
			.onMethodInvocation(PoolSettings.Builder.class, "maxSize")
			.and(RuntimeHintsPredicates.reflection().onMethodInvocation(PoolSettings.class, "getMaxSize")))
			.accepts(hints);
	}

	@Test
	void aNativeImageKnowsTheReasonForWhichTheEndpointRefuses() {
		RuntimeHints hints = new RuntimeHints();
		new ReflectiveRuntimeHintsRegistrar().registerRuntimeHints(hints, LettucePoolEndpointAutoConfiguration.class);
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(ErrorDescriptor.class, "error"))
			.accepts(hints);
	}

	@Test
	void aNativeImageKnowsWhatStandsForBorrowedConnections() {
		RuntimeHints hints = new RuntimeHints();
		SpringFactoriesLoader.forResourceLocation("META-INF/spring/aot.factories")
			.load(RuntimeHintsRegistrar.class)
			.forEach((registrar) -> registrar.registerHints(hints, getClass().getClassLoader()));
		assertThat(RuntimeHintsPredicates.proxies()
			.forInterfaces(StatefulRedisConnection.class)
			.and(RuntimeHintsPredicates.proxies().forInterfaces(StatefulRedisClusterConnection.class))
			.and(RuntimeHintsPredicates.proxies().forInterfaces(StatefulRedisMasterReplicaConnection.class)))
			.accepts(hints);
	}

	private Path build(String... arguments) throws IOException {
		Path sources = Files.createDirectory(this.directory.resolve("sources"));
		Path classes = Files.createDirectory(this.directory.resolve("classes"));
		Settings settings = Settings.builder()
			.sourceOutput(sources)
			.classOutput(classes)
			.resourceOutput(classes)
			.groupId("example")
			.artifactId("application")
			.build();
		new SpringApplicationAotProcessor(AheadOfTimeApplication.class, settings, arguments).process();
		compile(sources, classes);
		return classes;
	}

	private static void compile(Path sources, Path classes) throws IOException {
		JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
		try (Stream<Path> files = Files.walk(sources);
				StandardJavaFileManager fileManager = compiler.getStandardFileManager(null, null, null)) {
			List<Path> javaFiles = files.filter((file) -> file.toString().endsWith(".java")).toList();
			List<String> options = List.of("-proc:none", "-nowarn", "-d", classes.toString(), "-classpath",
					classes + System.getProperty("path.separator") + System.getProperty("java.class.path"));
			assertThat(compiler
				.getTask(null, fileManager, null, options, null, fileManager.getJavaFileObjectsFromPaths(javaFiles))
				.call()).isTrue();
		}
	}

	private String run(Path classes, String... arguments) throws IOException, InterruptedException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
						"-Dspring.aot.enabled=true", "-cp",
						classes + System.getProperty("path.separator") + System.getProperty("java.class.path"),
						AheadOfTimeApplication.class.getName()));
		command.addAll(List.of(arguments));
		Path output = this.directory.resolve("output");
		Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
		try {
			assertThat(process.waitFor(4, TimeUnit.MINUTES)).isTrue();
		}
		finally {
			process.destroyForcibly();
		}
		return Files.readString(output, StandardCharsets.UTF_8);
	}

}
