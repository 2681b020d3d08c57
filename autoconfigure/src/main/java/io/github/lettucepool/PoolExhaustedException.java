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

import org.springframework.data.redis.RedisConnectionFailureException;

/**
 * No exclusive connection became free for a borrower in time. The message gives the
 * pool's figures and who has held connections for longest.
 */
public class PoolExhaustedException extends RedisConnectionFailureException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the exception.
	 * @param message the pool's name, what the borrower waited for, and the figures
	 */
	public PoolExhaustedException(String message) {
		super(message);
	}

}
