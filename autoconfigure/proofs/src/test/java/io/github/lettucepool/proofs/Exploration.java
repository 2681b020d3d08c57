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

package io.github.lettucepool.proofs;

import org.jetbrains.lincheck.Lincheck;
import org.jetbrains.lincheck.LincheckAssertionError;

/**
 * Goes through orders in which the threads of a scenario can take their steps, with a
 * model checker: first those with few switches from one thread to another, then those
 * with more, chosen by a random generator that always begins with the same seed.
 */
public final class Exploration {

	private static final int ORDERS = Integer.getInteger("proof.orders", 600);

	private static final int ATTEMPTS = 5;

	private Exploration() {
	}

	/**
	 * Explores a scenario.
	 * @param scenario starts threads, waits for them, and throws an {@link Error} if a
	 * promise was broken; is run once for each order
	 */
	public static void of(Runnable scenario) {
		prepare(scenario);
		Lincheck.runConcurrentTest(ORDERS, scenario);
	}

	/**
	 * The first run has the model checker instrument all classes that it comes across.
	 * That counts to the 30 seconds after which it says that the scenario hangs.
	 */
	private static void prepare(Runnable scenario) {
		for (int i = 0; i < ATTEMPTS; i++) {
			try {
				Lincheck.runConcurrentTest(1, scenario);
				return;
			}
			catch (LincheckAssertionError ex) {
				// What it has instrumented by now, it need not instrument again.
			}
		}
	}

	/**
	 * Checks a promise.
	 * @param condition whether it was kept
	 * @param otherwise what has happened if not
	 */
	public static void check(boolean condition, String otherwise) {
		if (!condition) {
			throw new AssertionError(otherwise);
		}
	}

}
