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
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.lettuce.core.LettuceVersion;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringBootVersion;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.NativeDetector;
import org.springframework.core.Ordered;
import org.springframework.util.ClassUtils;

/**
 * Ends the start of an application whose Spring Boot or Lettuce the pool does not work
 * with. Otherwise the JVM would find out, with an error that names a method and no
 * version, perhaps not before the first command.
 * <p>
 * A version that is too old is told by its number. The pool builds on parts of Lettuce
 * that may change in any release, so with one that was not tried it looks whether these
 * parts are there. This class runs on Spring Boot 3 too.
 */
class VersionCheck implements ApplicationContextInitializer<ConfigurableApplicationContext>, Ordered {

	/**
	 * The minor versions of Lettuce that the tests ran with.
	 */
	static final Set<String> TRIED_LETTUCES = Set.of("7.5", "7.6", "7.7");

	private static final String FITTING = "It works with Spring Boot 4.1 or newer and Lettuce 7.5 to 7.7";

	private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)\\b.*");

	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

	@Override
	public void initialize(ConfigurableApplicationContext context) {
		ClassLoader classLoader = context.getClassLoader();
		if (ClassUtils.isPresent("io.lettuce.core.LettuceVersion", classLoader)
				&& PoolKeys.isAnyPoolWanted(context.getEnvironment())) {
			check(SpringBootVersion.getVersion(), lettuce(),
					() -> NativeDetector.inNativeImage() ? List.of() : new LettuceParts(classLoader).findMissing());
		}
	}

	/**
	 * The version of Lettuce on the class path.
	 * @return the version without the name of the commit that follows it, or {@code null}
	 * if its archive does not have one
	 */
	static @Nullable String lettuce() {
		String version = LettuceVersion.getVersion();
		return (version != null) ? version.replaceAll("(\\.RELEASE)?(/.*)?$", "") : null;
	}

	/**
	 * Throws an exception unless the versions fit.
	 * @param boot the version of Spring Boot
	 * @param lettuce the version of Lettuce, or {@code null} if its archive does not have
	 * it
	 * @param missing finds the parts of Lettuce that are not there
	 * @throws UnusablePoolException if the pool cannot work
	 */
	static void check(String boot, @Nullable String lettuce, Supplier<List<String>> missing) {
		if (isBefore(4, 1, boot)) {
			throw new UnusablePoolException(
					"Lettuce Pool does not work with Spring Boot %s. %s.".formatted(boot, FITTING),
					"Use Spring Boot 4.1 or newer, or remove the dependency 'lettuce-pool-spring-boot-starter'.");
		}
		String found = (lettuce != null) ? "Lettuce " + lettuce : "this Lettuce, whose version is not known";
		String action = "Remove the version of Lettuce from the build, such as the property 'lettuce.version': Spring "
				+ "Boot %s brings one that fits. Or set it to one of these.".formatted(boot);
		if (lettuce != null && isBefore(7, 5, lettuce)) {
			throw new UnusablePoolException("Lettuce Pool does not work with %s. %s.".formatted(found, FITTING),
					action);
		}
		List<String> absent = isTried(lettuce) ? List.of() : missing.get();
		if (!absent.isEmpty()) {
			throw new UnusablePoolException("Lettuce Pool does not work with %s, which lacks %s. %s.".formatted(found,
					String.join(", ", absent), FITTING), action);
		}
	}

	private static boolean isTried(@Nullable String lettuce) {
		return lettuce != null && TRIED_LETTUCES.stream().anyMatch((minor) -> lettuce.startsWith(minor + "."));
	}

	private static boolean isBefore(int major, int minor, String version) {
		Matcher matcher = VERSION.matcher(version);
		if (!matcher.matches()) {
			return false;
		}
		int foundMajor = Integer.parseInt(matcher.group(1));
		return foundMajor < major || (foundMajor == major && Integer.parseInt(matcher.group(2)) < minor);
	}

}
