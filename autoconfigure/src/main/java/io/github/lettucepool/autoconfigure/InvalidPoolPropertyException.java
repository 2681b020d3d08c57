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
 * A configuration key of a pool has a value that cannot work.
 */
class InvalidPoolPropertyException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String key;

	private final String ownKey;

	private final boolean asWritten;

	/**
	 * Creates the exception for a setting of the pool.
	 * @param key the full key that the user wrote: of this pool, or Spring Boot's twin of
	 * it
	 * @param ownKey the full key of this pool, the same as {@code key} unless that is a
	 * twin
	 * @param cause what the pool said
	 */
	InvalidPoolPropertyException(String key, String ownKey, InvalidPoolSettingException cause) {
		this(key, ownKey, true, cause);
	}

	/**
	 * Creates the exception for any other key.
	 * @param key the full key
	 * @param value its value, as far as it may be shown
	 * @param allowed what is allowed, to stand after "must be"
	 */
	InvalidPoolPropertyException(String key, String value, String allowed) {
		this(key, key, false, new InvalidPoolSettingException(key, value, allowed));
	}

	private InvalidPoolPropertyException(String key, String ownKey, boolean asWritten,
			InvalidPoolSettingException cause) {
		super("%s is %s but must be %s".formatted(key, cause.getValue().isBlank() ? "empty" : cause.getValue(),
				cause.getAllowed()), cause);
		this.key = key;
		this.ownKey = ownKey;
		this.asWritten = asWritten;
	}

	String getKey() {
		return this.key;
	}

	String getOwnKey() {
		return this.ownKey;
	}

	/**
	 * Returns whether the value may be shown as it was written, which reads better than
	 * as it was understood.
	 * @return {@code false} if it may hold a password
	 */
	boolean isShownAsWritten() {
		return this.asWritten;
	}

}
