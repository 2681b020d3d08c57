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

package io.github.lettucepool.internal.shared;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

import io.lettuce.core.api.StatefulConnection;

import io.github.lettucepool.internal.transport.Attempts;
import io.github.lettucepool.internal.transport.ConnectTimeout;
import io.github.lettucepool.internal.transport.FailedCommands;

/**
 * Opens connections in the background, each within some time. Thread-safe.
 *
 * @param opener opens one
 * @param executor where opening begins
 * @param timeout how long it may take
 */
record SharedOpener(Supplier<CompletionStage<StatefulConnection<?, ?>>> opener, Executor executor,
		ConnectTimeout timeout) {

	/**
	 * Opens a connection. One that comes after the timeout is closed.
	 * @param wanted whether it is still wanted when opening begins: a client that has
	 * been shut down since would have Netty log that its event loops are gone
	 * @param onEnd is called when nothing is being opened any more, which may be long
	 * after the timeout
	 * @return completes with the connection, or with the error
	 */
	CompletableFuture<StatefulConnection<?, ?>> open(BooleanSupplier wanted, Runnable onEnd) {
		CompletableFuture<StatefulConnection<?, ?>> opened = new CompletableFuture<>();
		Attempts
			.begin(() -> CompletableFuture.supplyAsync(() -> begin(opened, wanted), this.executor)
				.thenCompose(Function.identity()))
			.whenComplete((connection, ex) -> {
				ConnectTimeout.complete(opened, connection, (ex != null) ? FailedCommands.unwrap(ex) : null);
				onEnd.run();
			});
		return this.timeout.translated(opened);
	}

	private CompletionStage<StatefulConnection<?, ?>> begin(CompletableFuture<?> opened, BooleanSupplier wanted) {
		if (!wanted.getAsBoolean()) {
			throw new IllegalStateException("the pool was reset or stopped");
		}
		CompletionStage<StatefulConnection<?, ?>> opening = this.opener.get();
		// What connecting needs for the first time has been loaded.
		this.timeout.bound(opened);
		return opening;
	}

}
