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

package io.github.lettucepool.benchmarks;

import java.io.Serializable;
import java.time.Duration;

import io.github.lettucepool.benchmarks.client.Target;

/**
 * One round of one contestant.
 *
 * @param workload what the callers do
 * @param callers who calls
 * @param target the servers
 * @param number the round's number, different for each round of a run
 * @param time how long to call
 */
record Task(Workload workload, Callers callers, Target target, int number, Duration time) implements Serializable {

}
