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

import java.util.Set;

import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The keys of the endpoint {@code redispools}, as far as they are not those of every
 * endpoint.
 *
 * @param showValues When to show the values of settings. None of them is a secret.
 * @param roles Roles of the users that values are shown to when authorized. When empty,
 * all authenticated users are authorized.
 */
@ConfigurationProperties("management.endpoint.redispools")
public record RedisPoolsEndpointProperties(@DefaultValue("always") Show showValues, @DefaultValue Set<String> roles) {
}
