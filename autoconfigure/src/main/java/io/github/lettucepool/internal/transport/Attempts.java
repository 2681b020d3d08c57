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

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Begins what ends later. Lettuce throws some of its errors at once, such as that it
 * knows no node for a command.
 */
public final class Attempts {

	private Attempts() {
	}

	/**
	 * Begins.
	 * @param <T> the type of the result
	 * @param beginning begins, or throws
	 * @return completes with the result, or with either error: also with one such as that
	 * no thread can be started
	 */
	public static <T> CompletableFuture<T> begin(Supplier<? extends CompletionStage<T>> beginning) {
		try {
			return beginning.get().toCompletableFuture();
		}
		catch (RuntimeException | Error ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

}
