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

package io.github.lettucepool;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

/**
 * A server that answers what a test wants, and counts how often it is asked.
 */
public final class FakePoolServer implements PoolServer {

	private Duration timeout = Duration.ofSeconds(2);

	private @Nullable Clients clients;

	private List<Node> nodes = List.of();

	private int questions;

	public FakePoolServer timeout(Duration timeout) {
		this.timeout = timeout;
		return this;
	}

	public FakePoolServer clients(String server, int connected, int max) {
		this.clients = new Clients(server, connected, max);
		return this;
	}

	public FakePoolServer nodes(Node... nodes) {
		this.nodes = List.of(nodes);
		return this;
	}

	public int questions() {
		return this.questions;
	}

	@Override
	public String describe() {
		return "redis.example.org:6379";
	}

	@Override
	public Duration getTimeout() {
		return this.timeout;
	}

	@Override
	public List<Node> nodes() {
		return this.nodes;
	}

	@Override
	public CompletionStage<String> info() {
		return CompletableFuture.completedFuture("redis_version:7.0.15\r\n");
	}

	@Override
	public CompletionStage<@Nullable Clients> askForClients() {
		this.questions++;
		return CompletableFuture.completedFuture(this.clients);
	}

}
