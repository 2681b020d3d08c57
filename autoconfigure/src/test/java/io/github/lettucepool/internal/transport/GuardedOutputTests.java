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
package io.github.lettucepool.internal.transport;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.Stream;

import io.lettuce.core.output.CommandOutput;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mockito.Mockito;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link GuardedOutput}.
 */
@Tag("unit")
class GuardedOutputTests {

	private final GuardedOutput output = new GuardedOutput();

	private final CommandOutput<?, ?, ?> target = Mockito.mock(CommandOutput.class);

	static Stream<Method> parts() {
		return Arrays.stream(CommandOutput.class.getDeclaredMethods())
			.filter((method) -> Modifier.isPublic(method.getModifiers()) && method.getReturnType() == void.class);
	}

	@ParameterizedTest
	@MethodSource("parts")
	void eachPartOfAReplyIsPassedOnAndItsFailureKept(Method part) throws Exception {
		Object argument = argument(part);
		part.invoke(this.output.guard(this.target, false), argument);
		part.invoke(Mockito.verify(this.target), argument);
		assertThat(this.output.end()).isNull();
		StackOverflowError failure = new StackOverflowError();
		part.invoke(Mockito.doThrow(failure).when(this.target), argument);
		part.invoke(this.output.guard(this.target, false), argument);
		assertThat(this.output.end()).isSameAs(failure);
		assertThat(this.output.end()).isNull();
		// Belongs to no command.
		part.invoke(this.output, argument);
	}

	private static Object argument(Method part) {
		Class<?> type = part.getParameterTypes()[0];
		if (type == ByteBuffer.class) {
			return ByteBuffer.allocate(1);
		}
		if (type == boolean.class) {
			return true;
		}
		if (type == double.class) {
			return 1.5;
		}
		if (type == String.class) {
			return "text";
		}
		return (type == long.class) ? (Object) 1L : (Object) 1;
	}

	@Test
	void anOutputThatFailedGetsTheRestOfTheReply() {
		Mockito.doThrow(new IllegalStateException("first"), new IllegalStateException("second"))
			.when(this.target)
			.set(1L);
		this.output.guard(this.target, false).set(1L);
		this.output.guard(this.target, false).set(1L);
		this.output.complete(0);
		Mockito.verify(this.target).complete(0);
		assertThat(this.output.end()).hasMessage("first");
	}

	@Test
	void anOutputThatFailedAtTheEndOfAnElementGetsNothingMore() {
		Mockito.doThrow(new IllegalStateException("lost")).when(this.target).complete(1);
		this.output.guard(this.target, false).complete(1);
		this.output.guard(this.target, false).set(2L);
		Mockito.verify(this.target, Mockito.never()).set(2L);
		assertThat(this.output.end()).hasMessage("lost");
	}

	@Test
	void aSubscriberGetsNoElementAfterOneThatIsMissing() {
		Mockito.doThrow(new IllegalStateException("lost")).when(this.target).set(1L);
		this.output.guard(this.target, true).set(1L);
		this.output.guard(this.target, true).set(2L);
		Mockito.verify(this.target, Mockito.never()).set(2L);
		assertThat(this.output.end()).hasMessage("lost");
	}

}
