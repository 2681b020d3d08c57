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
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.asm.ClassReader;
import org.springframework.asm.ClassVisitor;
import org.springframework.asm.MethodVisitor;
import org.springframework.asm.SpringAsmInfo;
import org.springframework.asm.Type;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/**
 * The classes, methods and fields of Lettuce that the pool uses according to its class
 * files, and those that the Lettuce on the class path lacks. The search takes up to a
 * second.
 */
class LettuceParts {

	private static final String USERS = "classpath*:io/github/lettucepool/**/*.class";

	private static final String LETTUCE = "io/lettuce/";

	private final @Nullable ClassLoader classLoader;

	private final Set<String> seen = new TreeSet<>();

	private final Set<String> missing = new TreeSet<>();

	LettuceParts(@Nullable ClassLoader classLoader) {
		this.classLoader = classLoader;
	}

	/**
	 * Finds the parts that are missing.
	 * @return their names, for people; empty if all are there
	 */
	List<String> findMissing() {
		try {
			for (Resource file : new PathMatchingResourcePatternResolver(this.classLoader).getResources(USERS)) {
				try (InputStream bytes = file.getInputStream()) {
					new ClassReader(bytes).accept(new Uses(), ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
				}
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return List.copyOf(this.missing);
	}

	private void look(String owner, String name, String descriptor) {
		if (!owner.startsWith(LETTUCE) || !this.seen.add(owner + "." + name + descriptor)) {
			return;
		}
		Class<?> type = load(owner);
		if (type != null && !has(type, name, descriptor)) {
			this.missing.add("%s.%s".formatted(type.getName(), name));
		}
	}

	private @Nullable Class<?> load(String internalName) {
		String name = internalName.replace('/', '.');
		try {
			return Class.forName(name, false, this.classLoader);
		}
		catch (ClassNotFoundException | LinkageError ex) {
			this.missing.add(name);
			return null;
		}
	}

	private static boolean has(Class<?> type, String name, String descriptor) {
		try {
			return name.equals("<init>")
					? any(type.getDeclaredConstructors(),
							(constructor) -> Type.getConstructorDescriptor(constructor).equals(descriptor))
					: inherits(type, name, descriptor);
		}
		catch (LinkageError ex) {
			// A signature has a type of a library that the application does without.
			return true;
		}
	}

	private static boolean inherits(@Nullable Class<?> type, String name, String descriptor) {
		return type != null && (declares(type, name, descriptor) || inherits(type.getSuperclass(), name, descriptor)
				|| any(type.getInterfaces(), (parent) -> inherits(parent, name, descriptor))
				|| (type.isInterface() && declares(Object.class, name, descriptor)));
	}

	private static boolean declares(Class<?> type, String name, String descriptor) {
		return descriptor.startsWith("(")
				? any(type.getDeclaredMethods(),
						(Method method) -> method.getName().equals(name) && !Modifier.isPrivate(method.getModifiers())
								&& Type.getMethodDescriptor(method).equals(descriptor))
				: any(type.getDeclaredFields(), (Field field) -> field.getName().equals(name)
						&& Type.getDescriptor(field.getType()).equals(descriptor));
	}

	private static <T> boolean any(T[] members, Predicate<T> condition) {
		return Arrays.stream(members).anyMatch(condition);
	}

	/**
	 * The uses of Lettuce in one class file.
	 */
	private final class Uses extends ClassVisitor {

		private Uses() {
			super(SpringAsmInfo.ASM_VERSION);
		}

		@Override
		public void visit(int version, int access, String name, String signature, String superName,
				String[] interfaces) {
			Stream.concat(Stream.of(superName), Arrays.stream(interfaces))
				.filter((parent) -> parent.startsWith(LETTUCE))
				.forEach(LettuceParts.this::load);
		}

		@Override
		public MethodVisitor visitMethod(int access, String name, String descriptor, String signature,
				String[] exceptions) {
			return new MethodVisitor(SpringAsmInfo.ASM_VERSION) {

				@Override
				public void visitMethodInsn(int opcode, String owner, String name, String descriptor,
						boolean isInterface) {
					look(owner, name, descriptor);
				}

				@Override
				public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
					look(owner, name, descriptor);
				}

			};
		}

	}

}
