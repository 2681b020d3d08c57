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

package io.github.lettucepool.sample.lab;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

import io.github.lettucepool.embedded.RedisServer;

/**
 * The server behind the application's pool, which can be disturbed if it is the embedded
 * one. Thread-safe.
 */
@Component
class LabServer {

	private final @Nullable RedisServer server;

	private boolean paused;

	LabServer(ObjectProvider<RedisServer> server) {
		this.server = server.getIfAvailable();
	}

	synchronized State state() {
		if (this.server == null) {
			return State.FOREIGN;
		}
		if (!this.server.isRunning()) {
			return State.DOWN;
		}
		return this.paused ? State.PAUSED : State.RUNNING;
	}

	/**
	 * Disturbs the server, or ends the disturbance.
	 * @param action what to do
	 * @throws IllegalStateException if the server is not the embedded one
	 */
	synchronized void perform(Action action) {
		if (this.server == null) {
			throw new IllegalStateException("This Redis was not started by the application: the lab does not touch it");
		}
		switch (action) {
			case PAUSE -> this.server.pause();
			case RESUME -> this.server.resume();
			case KILL -> this.server.kill();
			case START -> this.server.start();
		}
		// One that is paused runs, and to start it does not wake it.
		if (action != Action.START) {
			this.paused = action == Action.PAUSE && this.server.isRunning();
		}
	}

	/**
	 * Leaves the server running.
	 */
	synchronized void restore() {
		if (this.paused && this.server != null) {
			perform(Action.RESUME);
		}
	}

	/**
	 * What can be done to the server.
	 */
	enum Action {

		PAUSE, RESUME, KILL, START

	}

	/**
	 * How the server is.
	 */
	enum State {

		RUNNING, PAUSED, DOWN,

		/**
		 * It is none of the application's own.
		 */
		FOREIGN

	}

}
