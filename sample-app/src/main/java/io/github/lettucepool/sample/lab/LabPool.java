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
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.advice.PoolAdvisor;

/**
 * The application's pool, steered by the API that the starter has for that.
 */
@Component
class LabPool implements DisposableBean {

	static final int MAX_SIZE = 64;

	private final RedisPool pool;

	private final PoolSettings configured;

	private final PoolAdvisor advisor;

	private final PoolEvents events = new PoolEvents();

	private @Nullable Watched watched;

	LabPool(PooledLettuceConnectionFactory connectionFactory, PoolAdvisor advisor) {
		this.pool = connectionFactory.getPool();
		this.configured = this.pool.getSettings();
		this.advisor = advisor;
		this.pool.addListener(this.events);
	}

	synchronized Watched watched(Calls calls) {
		if (this.watched == null) {
			this.watched = new Watched(this.pool, this.events, calls, this.advisor);
		}
		return this.watched;
	}

	void resize(int maxSize) {
		this.pool.resize(maxSize, Math.min(maxSize, this.configured.getMinIdle()));
	}

	void perform(Action action) {
		switch (action) {
			case SUSPEND -> this.pool.suspend();
			case RESUME -> this.pool.resume();
			case RETIRE -> this.pool.retireAll();
			case RESET -> {
				this.pool.resume();
				this.pool.resize(this.configured.getMaxSize(), this.configured.getMinIdle());
			}
		}
	}

	@Override
	public void destroy() {
		this.pool.removeListener(this.events);
	}

	/**
	 * What can be done to the pool.
	 */
	enum Action {

		SUSPEND, RESUME, RETIRE,

		/**
		 * Back to what {@code application.yml} says.
		 */
		RESET

	}

}
