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

/**
 * A setting of a pool has a value that cannot work.
 */
public class InvalidPoolSettingException extends IllegalArgumentException {

	private static final long serialVersionUID = 1L;

	/**
	 * The name of the setting, as in the keys.
	 */
	private final String setting;

	/**
	 * The value that it is set to.
	 */
	private final String value;

	/**
	 * The values that it may be set to.
	 */
	private final String allowed;

	/**
	 * Creates the exception.
	 * @param setting the setting's name as in {@code lettuce.pool.*}, for example
	 * {@code max-size}
	 * @param value its value
	 * @param allowed what is allowed, to stand after "must be"
	 */
	public InvalidPoolSettingException(String setting, Object value, String allowed) {
		super("%s is %s but must be %s".formatted(setting, value.toString().isBlank() ? "empty" : value, allowed));
		this.setting = setting;
		this.value = value.toString();
		this.allowed = allowed;
	}

	/**
	 * The setting's name.
	 * @return the name as in {@code lettuce.pool.*}
	 */
	public String getSetting() {
		return this.setting;
	}

	/**
	 * The value that was refused.
	 * @return the value
	 */
	public String getValue() {
		return this.value;
	}

	/**
	 * The values that are allowed.
	 * @return a phrase to stand after "must be"
	 */
	public String getAllowed() {
		return this.allowed;
	}

}
