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

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;

/**
 * A program for a JDK that has virtual threads: many of them use a small exclusive lane,
 * while the flight recorder writes down which of them pin their carrier thread.
 * <p>
 * Arguments: the server's port, the number of virtual threads, whether the lane is fair.
 * It prints figures, each as {@code name=number}, and each event that has this project's
 * main code in its stack; it ends with 0 if all threads have finished.
 */
public final class ManyCallers {

	private static final String EVENT = "jdk.VirtualThreadPinned";

	private static final int MAX_SIZE = 8;

	private static final int WARM_UP = 100;

	private static final Set<String> LOADING = Set.of("java.lang.ClassLoader", "java.lang.invoke.MethodHandleNatives");

	private final PooledLettuceConnectionFactory factory;

	private final StringRedisTemplate template;

	private final AtomicInteger finished = new AtomicInteger();

	private ManyCallers(PooledLettuceConnectionFactory factory) {
		this.factory = factory;
		this.template = new StringRedisTemplate(factory);
	}

	/**
	 * Runs the program.
	 * @param arguments the port, the number of threads, whether the lane is fair
	 * @throws Exception if something fails
	 */
	public static void main(String[] arguments) throws Exception {
		int callers = Integer.parseInt(arguments[1]);
		PoolSettings settings = PoolSettings.builder()
			.sharedConnections(0)
			.maxSize(MAX_SIZE)
			.maxWait(Duration.ofSeconds(90))
			.fair(Boolean.parseBoolean(arguments[2]))
			.leakDetectionThreshold(Duration.ofSeconds(30))
			.build();
		PooledLettuceConnectionFactory factory = new PooledLettuceConnectionFactory("virtual",
				new RedisStandaloneConfiguration("127.0.0.1", Integer.parseInt(arguments[0])),
				LettuceClientConfiguration.builder().shutdownTimeout(Duration.ofSeconds(5)).build(), settings);
		factory.afterPropertiesSet();
		factory.start();
		ManyCallers program = new ManyCallers(factory);
		Path file = Files.createTempFile("pinned", ".jfr");
		try (Recording recording = new Recording()) {
			// Initializing a class does pin: that is over and done with. The second time,
			// the connections have been idle for so long that they are PINGed.
			program.saturate(WARM_UP);
			TimeUnit.NANOSECONDS.sleep(2 * settings.getValidateAfterIdle().toNanos());
			program.saturate(WARM_UP);
			recording.enable(EVENT).withThreshold(Duration.ZERO).withStackTrace();
			recording.start();
			program.saturate(callers);
			pinDeliberately();
			recording.stop();
			recording.dump(file);
		}
		PoolSnapshot.Exclusive figures = factory.getPool().snapshot().exclusive();
		System.out.println("active=" + figures.active());
		System.out.println("pending=" + figures.pending());
		System.out.println("total=" + figures.total());
		report(RecordingFile.readAllEvents(file));
		Files.delete(file);
		factory.destroy();
		System.exit((program.finished.get() == 2 * WARM_UP + callers) ? 0 : 1);
	}

	/**
	 * Has virtual threads wait for a connection, until all do, and then use one.
	 */
	private void saturate(int callers) throws InterruptedException {
		int before = this.finished.get();
		RedisPool pool = this.factory.getPool();
		pool.suspend();
		VirtualThreadTaskExecutor executor = new VirtualThreadTaskExecutor();
		CountDownLatch running = new CountDownLatch(callers);
		for (int i = 0; i < callers; i++) {
			String key = "key" + i;
			executor.execute(() -> {
				try {
					use(key);
				}
				finally {
					running.countDown();
				}
			});
		}
		while (pool.snapshot().exclusive().pending() < callers && running.getCount() == callers) {
			LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
		}
		System.out.println("waited=" + pool.snapshot().exclusive().pending());
		pool.resume();
		if (!running.await(90, TimeUnit.SECONDS)) {
			System.out.println("hanging=" + running.getCount());
		}
		System.out.println("finished=" + (this.finished.get() - before));
	}

	private void use(String key) {
		this.template.opsForValue().set(key, key);
		List<Object> piped = this.template.executePipelined((RedisCallback<Object>) (connection) -> {
			connection.keyCommands().del(key.getBytes(StandardCharsets.UTF_8));
			return null;
		});
		if (piped.equals(List.of(1L)) && this.template.opsForValue().get(key) == null) {
			this.finished.incrementAndGet();
		}
	}

	/**
	 * Shows that the recording would tell.
	 */
	private static void pinDeliberately() throws InterruptedException {
		Thread pinned = new VirtualThreadTaskExecutor().getVirtualThreadFactory()
			.newThread(() -> System.out.println("deliberate=" + Pinning.DONE));
		pinned.start();
		pinned.join();
	}

	private static void report(List<RecordedEvent> events) {
		int deliberate = 0;
		int inProject = 0;
		for (RecordedEvent event : events) {
			if (event.getStackTrace() == null) {
				continue;
			}
			List<RecordedFrame> frames = event.getStackTrace().getFrames();
			deliberate += frames.stream().anyMatch((frame) -> className(frame).equals(Pinning.class.getName())) ? 1 : 0;
			// The first one that needs a class or a lambda has to wait until it is loaded
			// or linked, in any code.
			boolean loading = frames.stream().anyMatch((frame) -> LOADING.contains(className(frame)));
			if (!loading && frames.stream().anyMatch((frame) -> isOfProject(className(frame)))) {
				inProject++;
				System.out.println(event);
				frames.forEach((frame) -> System.out
					.println("  at %s.%s".formatted(className(frame), frame.getMethod().getName())));
			}
		}
		System.out.println("pinned=" + events.size());
		System.out.println("pinnedDeliberately=" + deliberate);
		System.out.println("pinnedInProject=" + inProject);
	}

	private static boolean isOfProject(String className) {
		return className.startsWith("io.github.lettucepool.") && !className.startsWith(ManyCallers.class.getName());
	}

	private static String className(RecordedFrame frame) {
		return frame.getMethod().getType().getName();
	}

	/**
	 * Sleeps while the virtual machine initializes it, which pins on each JDK.
	 */
	private static final class Pinning {

		private static final boolean DONE;

		static {
			LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
			DONE = Thread.currentThread().isDaemon();
		}

	}

}
