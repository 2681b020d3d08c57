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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClass.Predicates;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.runner.AbstractApplicationContextRunner;

import io.github.lettucepool.internal.transport.Addresses;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that imports point downwards only. {@code autoconfigure} sees all rooms,
 * {@code endpoint} sees {@code advice}, and all observers see the root package. Only the
 * factory there puts a pool together. The internals have no cycles; the pool, at their
 * bottom, knows no library of connections.
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

	/**
	 * What each class uses, which takes long to find out.
	 */
	private static final Map<JavaClass, Set<JavaClass>> USED = new HashMap<>();

	@Test
	void noTwoRoomsOfTheInternalsSeeEachOther() {
		SlicesRuleDefinition.slices().matching(ROOT + ".internal.(*)..").should().beFreeOfCycles().check(CLASSES);
	}

	@ParameterizedTest
	@ValueSource(strings = { "pool", "sizing", "driven", "transport" })
	void theLowestRoomsSeeNoOther(String room) {
		check(room("internal." + room), room("internal").and(not(room("internal." + room))));
	}

	@Test
	void thePoolKnowsNoLibraryOfConnections() {
		check(room("internal.pool"),
				Predicates.resideInAnyPackage("io.lettuce..", "io.netty..", "org.springframework.."));
	}

	@Test
	void whatSpringDataIsGivenDoesNotKnowWhoPutsThePoolTogether() {
		check(room("internal.springdata"), room("internal.engine"));
	}

	@Test
	void onlyTheFactorySeesTheInternalsAndOnlyWhatPutsThemTogether() {
		DescribedPredicate<JavaClass> factory = Predicates.belongToAnyOf(PooledLettuceConnectionFactory.class);
		check(factory, room("internal").and(not(room("internal.engine"))));
		// An exception writes addresses as all messages do.
		check(Predicates.resideInAPackage(ROOT).and(not(factory)),
				room("internal").and(not(Predicates.type(Addresses.class))));
	}

	@Test
	void theInternalsSeeOnlyTheRootPackage() {
		check(room("internal"), OURS.and(not(room("internal").or(Predicates.resideInAPackage(ROOT)))));
	}

	@Test
	void theInternalsDoNotSeeTheFactory() {
		check(room("internal"), Predicates.type(PooledLettuceConnectionFactory.class));
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
	void theRootPackageTheInternalsAndTheAdviceImportNoSpringBootAndNoMicrometer() {
		check(Predicates.resideInAPackage(ROOT).or(room("internal")).or(room("advice")), LIBRARIES_FOR_OBSERVERS);
	}

	@ParameterizedTest
	@CsvSource({ "health, org.springframework.boot.health..", "metrics, io.micrometer..",
			"endpoint, org.springframework.boot.actuate.." })
	void anObserverImportsTheLibraryThatItServesAndNoOther(String room, String library) {
		check(room(room), LIBRARIES_FOR_OBSERVERS.and(not(Predicates.resideInAPackage(library))));
	}

	/**
	 * What is public and not internal is kept from one version to the next, so it must
	 * not hand out what is not.
	 */
	@Test
	void thePublicApiNamesNothingInternal() {
		DescribedPredicate<JavaClass> internal = room("internal");
		assertThat(CLASSES)
			.filteredOn((type) -> !internal.test(type) && type.getModifiers().contains(JavaModifier.PUBLIC))
			.flatExtracting(JavaClass::getMembers)
			.filteredOn((member) -> member.getModifiers().contains(JavaModifier.PUBLIC)
					|| member.getModifiers().contains(JavaModifier.PROTECTED))
			.noneMatch((member) -> member.getAllInvolvedRawTypes().stream().anyMatch(internal));
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

	/**
	 * It takes part in what the others share.
	 */
	@Test
	void noTestStartsAServerThatItCouldAskFor() throws IOException {
		Pattern start = Pattern
			.compile("RedisServer\\.builder\\(\\)\\s*\\.start\\(|RedisCluster\\.start\\(|RedisSentinelSet\\.start\\(");
		try (Stream<Path> sources = Files.walk(Path.of("src/test/java"))) {
			assertThat(sources.filter((file) -> file.toString().endsWith(".java"))).isNotEmpty()
				.noneMatch((file) -> start.matcher(read(file)).find());
		}
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
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
			for (JavaClass target : USED.computeIfAbsent(left.remove(), ArchitectureTests::used)) {
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

	private static Set<JavaClass> used(JavaClass type) {
		return type.getDirectDependenciesFromSelf()
			.stream()
			.map(Dependency::getTargetClass)
			.collect(Collectors.toSet());
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
