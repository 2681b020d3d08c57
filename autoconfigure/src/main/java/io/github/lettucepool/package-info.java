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

/**
 * The connection pool that applications see: its factory, settings, figures and events.
 * <p>
 * The packages beside it, from the top:
 * <ul>
 * <li>{@code autoconfigure}: beans from {@code application.yml}, named pools, failure
 * analyses</li>
 * <li>{@code endpoint}, {@code health}, {@code metrics}: the pool in Actuator</li>
 * <li>{@code advice}: settings that would fit the load</li>
 * </ul>
 * The rooms of {@code internal}, which nobody but the factory uses, from the top:
 * <ul>
 * <li>{@code engine}: the pool put together, from a start to the next stop</li>
 * <li>{@code springdata}: the connections and the provider that Spring Data is given</li>
 * <li>{@code shared}: the shared lane, a few connections for the ordinary commands of
 * all</li>
 * <li>{@code lowlatency}: ordinary commands of few callers, each over a connection that
 * its caller drives</li>
 * <li>{@code cluster}: connections to a cluster, with a socket for each node</li>
 * <li>{@code lettuce}: connections to one server, or to a master with replicas, as the
 * pool lends them</li>
 * <li>{@code pool}: permits, borrowing, leases, idle connections, housekeeping; knows no
 * Redis</li>
 * <li>{@code sizing}: finds the size of a pool that sizes itself</li>
 * <li>{@code transport}: the way of commands to the network, common to all
 * connections</li>
 * <li>{@code driven}: event loops without a thread</li>
 * </ul>
 */
@NullMarked
package io.github.lettucepool;

import org.jspecify.annotations.NullMarked;
