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
package io.github.lettucepool.virtualthreads;

import java.io.IOException;
import java.io.InputStream;
import java.lang.Runtime.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;

import org.w3c.dom.NodeList;

/**
 * The newest JDK of the machine: the one that runs, one that an environment variable like
 * {@code JAVA_HOME_25_X64} names, one of Maven's {@code toolchains.xml}, or one that lies
 * beside any of these.
 *
 * @param home its folder
 * @param version its version
 */
record NewestJdk(Path home, Version version) {

	/**
	 * Looks for it.
	 * @return the JDK
	 */
	static NewestJdk find() {
		List<Path> homes = new ArrayList<>();
		homes.add(Path.of(System.getProperty("java.home")));
		System.getenv().forEach((name, value) -> {
			if (name.startsWith("JAVA_HOME") || name.startsWith("JDK")) {
				homes.add(Path.of(value));
			}
		});
		homes.addAll(toolchains(Path.of(System.getProperty("user.home"), ".m2", "toolchains.xml")));
		return homes.stream()
			.flatMap((home) -> Stream.concat(Stream.of(home), siblings(home)))
			.distinct()
			.flatMap((home) -> version(home).map((version) -> new NewestJdk(home, version)).stream())
			.max(Comparator.comparing(NewestJdk::version))
			.orElseThrow();
	}

	/**
	 * The program that starts a virtual machine.
	 * @return the path
	 */
	Path java() {
		return java(this.home).orElseThrow();
	}

	private static Optional<Path> java(Path home) {
		return Stream.of("java", "java.exe")
			.map((name) -> home.resolve("bin").resolve(name))
			.filter(Files::isExecutable)
			.findFirst();
	}

	private static Stream<Path> siblings(Path home) {
		Path parent = home.toAbsolutePath().getParent();
		if (parent == null) {
			return Stream.empty();
		}
		try (Stream<Path> siblings = Files.list(parent)) {
			return siblings.toList().stream();
		}
		catch (IOException ex) {
			return Stream.empty();
		}
	}

	/**
	 * The version that a JDK says of itself.
	 */
	private static Optional<Version> version(Path home) {
		Path release = home.resolve("release");
		if (java(home).isEmpty() || !Files.isRegularFile(release)) {
			return Optional.empty();
		}
		try (InputStream in = Files.newInputStream(release)) {
			Properties properties = new Properties();
			properties.load(in);
			return Optional.of(Version.parse(properties.getProperty("JAVA_VERSION", "").replace("\"", "")));
		}
		catch (IOException | IllegalArgumentException ex) {
			return Optional.empty();
		}
	}

	private static List<Path> toolchains(Path file) {
		if (!Files.isRegularFile(file)) {
			return List.of();
		}
		try {
			DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
			factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
			NodeList homes = factory.newDocumentBuilder().parse(file.toFile()).getElementsByTagName("jdkHome");
			List<Path> paths = new ArrayList<>();
			for (int i = 0; i < homes.getLength(); i++) {
				paths.add(Path.of(homes.item(i).getTextContent().trim()));
			}
			return paths;
		}
		catch (Exception ex) {
			// A file that Maven cannot read either.
			return List.of();
		}
	}

}
