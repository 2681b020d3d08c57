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

package io.github.lettucepool.internal.driven;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.FastThreadLocalThread;
import org.jspecify.annotations.Nullable;

/**
 * Tells which threads may drive a connection.
 */
public final class Drivers {

	private static final @Nullable MethodHandle IS_VIRTUAL = isVirtualHandle();

	private Drivers() {
	}

	/**
	 * Returns whether the current thread may drive. An event loop has connections of its
	 * own to serve. A virtual thread holds on to its carrier while it waits for a
	 * selector, before Java 24; since then the JDK's poller waits in its place, which was
	 * measured (Java 25): driving costs more processor time then than an event loop.
	 * @return {@code true} for a platform thread that is no event loop
	 */
	public static boolean isCurrentThreadOne() {
		Thread thread = Thread.currentThread();
		return !isVirtual(thread) && !(thread instanceof FastThreadLocalThread);
	}

	/**
	 * Returns whether connections of a kind can be driven by their callers.
	 * @param channelType the kind of connection
	 * @return {@code true} for NIO's, {@code false} for those of native transports
	 */
	public static boolean canDrive(Class<?> channelType) {
		return channelType == NioSocketChannel.class;
	}

	private static boolean isVirtual(Thread thread) {
		if (IS_VIRTUAL == null) {
			return false;
		}
		try {
			return (boolean) IS_VIRTUAL.invokeExact(thread);
		}
		catch (Throwable ex) {
			throw new IllegalStateException("Thread.isVirtual() failed", ex);
		}
	}

	/**
	 * The method is newer than Java 17.
	 */
	private static @Nullable MethodHandle isVirtualHandle() {
		try {
			return MethodHandles.publicLookup()
				.findVirtual(Thread.class, "isVirtual", MethodType.methodType(boolean.class));
		}
		catch (NoSuchMethodException | IllegalAccessException ex) {
			return null;
		}
	}

}
