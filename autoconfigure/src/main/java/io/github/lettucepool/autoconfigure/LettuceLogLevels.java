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

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Keeps Lettuce from telling of each attempt to connect again: the pool tells of an
 * outage, once. The levels are properties, behind all of the application's, which may
 * thus set others, for these loggers or for all of Lettuce.
 */
class LettuceLogLevels implements EnvironmentPostProcessor {

	private static final String PREFIX = "logging.level.";

	/**
	 * They warn at each attempt to connect to a server, a sentinel or a node. The first
	 * warns of each connection that is closed twice, as at the end of an application.
	 */
	private static final List<String> LOGGERS = List.of("io.lettuce.core.RedisChannelHandler",
			"io.lettuce.core.RedisClient", "io.lettuce.core.protocol.ConnectionWatchdog",
			"io.lettuce.core.protocol.ReconnectionHandler",
			"io.lettuce.core.cluster.topology.DefaultClusterTopologyRefresh",
			"io.lettuce.core.masterreplica.MasterReplicaTopologyRefresh",
			"io.lettuce.core.masterreplica.StaticMasterReplicaTopologyProvider");

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		if (!PoolKeys.isAnyPoolWanted(environment)) {
			return;
		}
		Map<String, String> chosen = Binder.get(environment)
			.bind("logging.level", Bindable.mapOf(String.class, String.class))
			.orElse(Map.of());
		Map<String, Object> levels = new TreeMap<>();
		for (String logger : LOGGERS) {
			if (chosen.keySet().stream().noneMatch((name) -> (logger + ".").startsWith(name + "."))) {
				levels.put(PREFIX + logger, "error");
			}
		}
		environment.getPropertySources().addLast(new MapPropertySource("lettucePoolLogLevels", levels));
	}

}
