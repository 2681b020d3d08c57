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

package io.github.lettucepool.autoconfigure;

import io.github.lettucepool.InvalidPoolSettingException;

/**
 * A pool refused a setting, and it is known which configuration key the setting came
 * from.
 */
class InvalidPoolPropertyException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String key;

	private final String ownKey;

	/**
	 * Creates the exception.
	 * @param key the full key that the user wrote: of this pool, or Spring Boot's twin of
	 * it
	 * @param ownKey the full key of this pool, the same as {@code key} unless that is a
	 * twin
	 * @param cause what the pool said
	 */
	InvalidPoolPropertyException(String key, String ownKey, InvalidPoolSettingException cause) {
		super("%s is %s but must be %s".formatted(key, cause.getValue(), cause.getAllowed()), cause);
		this.key = key;
		this.ownKey = ownKey;
	}

	String getKey() {
		return this.key;
	}

	String getOwnKey() {
		return this.ownKey;
	}

}
