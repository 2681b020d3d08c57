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

import java.net.ServerSocket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClass.Predicates;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.runner.AbstractApplicationContextRunner;

import io.github.lettucepool.writes.RetryDelay;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that imports point downwards only: {@code autoconfigure} sees all rooms;
 * {@code endpoint} sees {@code advice}; that, {@code health}, {@code metrics} and
 * {@code endpoint} see the root package; that sees the lanes; and a lane sees what the
 * root package says about a pool, {@code writes} and {@code driven}, but neither the
 * factory that it is built into nor the other lane. The pool, at the bottom, knows no
 * library of connections.
 */
class ArchitectureTests {

	private static final String ROOT = "io.github.lettucepool";

	private static final DescribedPredicate<JavaClass> OURS = Predicates.resideInAPackage(ROOT + "..")
		.as("of this project");

	private static final DescribedPredicate<JavaClass> LIBRARIES_FOR_OBSERVERS = Predicates
		.resideInAnyPackage("org.springframework.boot..", "io.micrometer..");

	private static final JavaClasses CLASSES = new ClassFileImporter()
		.withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
		.importPackages(ROOT);

	private static final DescribedPredicate<JavaClass> ABOUT_A_POOL = Predicates
		.belongToAnyOf(PoolSettings.class, CommandTimeouts.class, PoolListener.class, PoolSnapshot.class,
				CloseReason.class)
		.or(Predicates.resideInAPackage(ROOT).and(Predicates.assignableTo(RuntimeException.class)));

	@ParameterizedTest
	@CsvSource({ "shared, writes", "exclusive, internal.pool" })
	void aLaneSeesWhatTheRootPackageSaysAboutAPoolAndNothingElseOfThisProject(String room, String below) {
		check(room(room),
				OURS.and(not(room(room).or(room(below)).or(room("writes")).or(room("driven")).or(ABOUT_A_POOL))));
	}

	@Test
	void thePoolKnowsNoLibraryOfConnections() {
		check(room("internal.pool"),
				Predicates.resideInAnyPackage("io.lettuce..", "io.netty..", "org.springframework.."));
		check(room("internal.pool"),
				OURS.and(not(room("internal.pool").or(Predicates.belongToAnyOf(RetryDelay.class)).or(ABOUT_A_POOL))));
	}

	@ParameterizedTest
	@ValueSource(strings = { "writes", "driven" })
	void theWayOfCommandsSeesNothingElseOfThisProject(String room) {
		check(room(room), OURS.and(not(room(room))));
	}

	@Test
	void theRootPackageSeesTheLanesAndWhatTheyAreMadeOf() {
		check(Predicates.resideInAPackage(ROOT),
				OURS.and(not(Predicates.resideInAPackage(ROOT)
					.or(room("shared"))
					.or(room("exclusive"))
					.or(room("internal"))
					.or(room("writes"))
					.or(room("driven")))));
	}

	@ParameterizedTest
	@ValueSource(strings = { "advice", "health", "metrics" })
	void anObserverSeesTheRootPackageAndNothingElseOfThisProject(String room) {
		check(room(room), OURS.and(not(room(room).or(Predicates.resideInAPackage(ROOT)))));
	}

	@Test
	void theEndpointSeesTheRootPackageAndTheAdviceAndNothingElseOfThisProject() {
		check(room("endpoint"),
				OURS.and(not(room("endpoint").or(room("advice")).or(Predicates.resideInAPackage(ROOT)))));
	}

	@Test
	void theRootPackageTheLanesAndTheAdviceImportNoSpringBootAndNoMicrometer() {
		check(Predicates.resideInAPackage(ROOT)
			.or(room("shared"))
			.or(room("exclusive"))
			.or(room("internal"))
			.or(room("writes"))
			.or(room("driven"))
			.or(room("advice")), LIBRARIES_FOR_OBSERVERS);
	}

	@ParameterizedTest
	@CsvSource({ "health, org.springframework.boot.health..", "metrics, io.micrometer..",
			"endpoint, org.springframework.boot.actuate.." })
	void anObserverImportsTheLibraryThatItServesAndNoOther(String room, String library) {
		check(room(room), LIBRARIES_FOR_OBSERVERS.and(not(Predicates.resideInAPackage(library))));
	}

	/**
	 * A class that becomes public joins this list on purpose, and is then kept from one
	 * version to the next. The lanes' classes are public for the root package alone.
	 */
	@Test
	void theseClassesAndNoOthersArePublicApi() {
		DescribedPredicate<JavaClass> internal = room("shared").or(room("exclusive"))
			.or(room("internal"))
			.or(room("writes"))
			.or(room("driven"));
		// The servers that the tests start are of another module.
		assertThat(CLASSES.that(not(internal.or(room("embedded")))))
			.filteredOn((type) -> type.isTopLevelClass() && type.getModifiers().contains(JavaModifier.PUBLIC))
			.extracting((type) -> type.getName().substring(ROOT.length() + 1))
			.containsExactlyInAnyOrder("CloseReason", "CommandTimeouts", "InvalidPoolSettingException",
					"PoolConnectException", "PoolExhaustedException", "PoolListener", "PoolServer", "PoolSettings",
					"PoolSnapshot", "PooledLettuceConnectionFactory", "RedisPool", "RedisPoolCustomizer",
					"advice.Advice", "advice.PoolAdvisor", "autoconfigure.LettucePoolAutoConfiguration",
					"autoconfigure.LettucePoolEndpointAutoConfiguration",
					"autoconfigure.LettucePoolHealthContributorAutoConfiguration",
					"autoconfigure.LettucePoolMetricsAutoConfiguration",
					"autoconfigure.LettucePoolObservationAutoConfiguration", "autoconfigure.LettucePoolProperties",
					"autoconfigure.LettucePoolServerHealthContributorAutoConfiguration",
					"autoconfigure.LettucePoolsAutoConfiguration", "autoconfigure.LettuceProperties",
					"autoconfigure.NamedPoolProperties", "autoconfigure.RedisPoolsEndpointProperties",
					"endpoint.ErrorDescriptor", "endpoint.RedisPoolDescriptor", "endpoint.RedisPoolsEndpoint",
					"endpoint.RedisPoolsEndpointInvokerAdvisor", "endpoint.RedisPoolsEndpointJmxExtension",
					"endpoint.RedisPoolsEndpointWebExtension", "endpoint.SettingDescriptor", "endpoint.SettingOrigins",
					"health.ReactiveRedisPoolHealthIndicator", "health.RedisPoolHealthIndicator",
					"health.UnpooledRedisHealthIndicator", "metrics.AnnotationUnitFilter", "metrics.MeterConvention",
					"metrics.PoolMeter", "metrics.PoolMeterTag", "metrics.PoolObservation", "metrics.RedisPoolMetrics",
					"metrics.RedisPoolObservations");
	}

	/**
	 * PIT changes the code and runs the unit tests on it.
	 */
	@Test
	void aTestOfOneClassThatNeedsNeitherServerNorApplicationIsTaggedAsUnit() {
		DescribedPredicate<JavaClass> surroundings = room("embedded")
			.or(Predicates.assignableTo(AbstractApplicationContextRunner.class))
			.or(Predicates.assignableTo(ServerSocket.class));
		JavaClasses classes = new ClassFileImporter().importPackages(ROOT);
		List<JavaClass> tests = classes.stream().filter((type) -> type.getSimpleName().endsWith("Tests")).toList();
		assertThat(tests).filteredOn((test) -> isTagged(test, "unit"))
			.isNotEmpty()
			.noneMatch((test) -> needs(surroundings, test));
		assertThat(tests).filteredOn((test) -> CLASSES.contain(test.getName().replaceAll("Tests$", "")))
			.filteredOn((test) -> !needs(surroundings, test))
			.allMatch((test) -> isTagged(test, "unit"));
	}

	private static boolean isTagged(JavaClass type, String tag) {
		return type.tryGetAnnotationOfType(Tag.class).filter((found) -> found.value().equals(tag)).isPresent();
	}

	/**
	 * Whether a class uses another, itself or through classes of this project.
	 */
	private static boolean needs(DescribedPredicate<JavaClass> what, JavaClass type) {
		Set<JavaClass> seen = new HashSet<>(Set.of(type));
		Deque<JavaClass> left = new ArrayDeque<>(seen);
		while (!left.isEmpty()) {
			for (Dependency dependency : left.remove().getDirectDependenciesFromSelf()) {
				JavaClass target = dependency.getTargetClass();
				if (what.test(target)) {
					return true;
				}
				if (OURS.test(target) && seen.add(target)) {
					left.add(target);
				}
			}
		}
		return false;
	}

	private static DescribedPredicate<JavaClass> room(String name) {
		return Predicates.resideInAPackage(ROOT + "." + name + "..");
	}

	private static DescribedPredicate<JavaClass> not(DescribedPredicate<? super JavaClass> predicate) {
		return DescribedPredicate.not(predicate).forSubtype();
	}

	private static void check(DescribedPredicate<JavaClass> room, DescribedPredicate<JavaClass> unseen) {
		noClasses().that(room).should().dependOnClassesThat(unseen).check(CLASSES);
	}

}
