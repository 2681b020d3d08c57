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

package io.github.lettucepool.benchmarks;

import java.lang.management.ManagementFactory;
import java.util.Arrays;

import javax.management.JMException;
import javax.management.ObjectName;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;

/**
 * What this process has used up so far.
 *
 * @param cpuNanos processor time, of all its threads
 * @param allocatedBytes heap allocated by the threads that are alive, or on JDK 21 and
 * later by all threads there ever were
 */
record Usage(long cpuNanos, long allocatedBytes) {

	static Usage now() {
		OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
		return new Usage(system.getProcessCpuTime(), allocated());
	}

	private static long allocated() {
		if (Runtime.version().feature() < 21) {
			ThreadMXBean threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
			long[] bytes = threads.getThreadAllocatedBytes(threads.getAllThreadIds());
			return Arrays.stream(bytes).filter((count) -> count > 0).sum();
		}
		// Has no method to call at the language level of Java 17.
		try {
			return (Long) ManagementFactory.getPlatformMBeanServer()
				.getAttribute(new ObjectName(ManagementFactory.THREAD_MXBEAN_NAME), "TotalThreadAllocatedBytes");
		}
		catch (JMException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
