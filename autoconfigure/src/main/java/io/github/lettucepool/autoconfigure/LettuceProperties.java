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

import java.util.Map;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The keys about several pools. This type is what an IDE is told about them;
 * {@link NamedPools} reads them.
 *
 * @param primaryPool Name of the pool that is injected where no pool is named. It then
 * takes the place of the pool that "spring.data.redis" describes, which is not made.
 * @param pools Further pools, each under its name.
 */
@ConfigurationProperties(LettuceProperties.PREFIX)
public record LettuceProperties(@DefaultValue("redis") String primaryPool,
		@DefaultValue Map<String, NamedPoolProperties> pools) {

	static final String PREFIX = "lettuce";

	static final String POOLS = PREFIX + ".pools";

	static final String PRIMARY_POOL = PREFIX + ".primary-pool";

}
