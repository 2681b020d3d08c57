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

import io.lettuce.core.protocol.DefaultEndpoint;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.asm.MemberRemoval;
import net.bytebuddy.matcher.ElementMatchers;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.FilteredClassLoader;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that {@link LettuceParts} finds what a Lettuce lacks.
 */
class MissingLettucePartsTests {

	private final ClassLoader classLoader = MissingLettucePartsTests.class.getClassLoader();

	@Test
	void thisLettuceWasTriedAndLacksNothing() {
		assertThat(VersionCheck.TRIED_LETTUCES).anyMatch((minor) -> VersionCheck.lettuce().startsWith(minor + "."));
		assertThat(new LettuceParts(this.classLoader).findMissing()).isEmpty();
	}

	@Test
	void aClassThatIsMissingIsFound() {
		assertThat(new LettuceParts(new FilteredClassLoader(DefaultEndpoint.class)).findMissing())
			.contains(DefaultEndpoint.class.getName());
	}

	@Test
	void aMethodThatIsMissingIsFound() {
		byte[] changed = new ByteBuddy().redefine(DefaultEndpoint.class)
			.visit(new MemberRemoval().stripMethods(ElementMatchers.named("drainCommands")))
			.make()
			.getBytes();
		ClassLoader withoutMethod = new ClassLoader(this.classLoader) {

			@Override
			protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
				Class<?> loaded = findLoadedClass(name);
				if (loaded == null && name.equals(DefaultEndpoint.class.getName())) {
					loaded = defineClass(name, changed, 0, changed.length);
				}
				return (loaded != null) ? loaded : super.loadClass(name, resolve);
			}

		};
		assertThat(new LettuceParts(withoutMethod).findMissing())
			.containsExactly(DefaultEndpoint.class.getName() + ".drainCommands");
	}

}
