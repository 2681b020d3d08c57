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

package io.github.lettucepool.endpoint;

import org.jspecify.annotations.Nullable;

/**
 * Knows where a setting of a pool came from.
 */
@FunctionalInterface
public interface SettingOrigins {

	/**
	 * The origin of a setting.
	 * @param pool the pool's name
	 * @param setting the setting's name under {@code lettuce.pool}
	 * @param value the value in force
	 * @return the key with the place where it is written, or {@code null} if no key gives
	 * this value: it is the default, or was changed while the application runs
	 */
	@Nullable String originOf(String pool, String setting, Object value);

}
