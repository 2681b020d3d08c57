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

import java.io.IOException;
import java.io.Serializable;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.benchmarks.client.Contestant;
import io.github.lettucepool.benchmarks.report.Figures;

/**
 * Does one contestant's tasks, one after the other.
 */
interface Runner extends AutoCloseable {

	/**
	 * Does a task.
	 * @param task the task
	 * @return the figures, or why there are none
	 * @throws InterruptedException if the thread is interrupted
	 */
	Reply run(Task task) throws InterruptedException;

	@Override
	void close();

	/**
	 * Makes runners.
	 */
	interface Starter {

		/**
		 * Makes a runner.
		 * @param contestant whose
		 * @return the runner
		 * @throws IOException if it cannot be started
		 */
		Runner start(Contestant contestant) throws IOException;

	}

	/**
	 * The answer to a task.
	 *
	 * @param figures what was measured, or {@code null} if there was no round
	 * @param failure why there was none, or {@code null}
	 */
	record Reply(@Nullable Figures figures, @Nullable String failure) implements Serializable {

	}

}
