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

package io.github.lettucepool.sample.lab.experiments;

import java.util.List;

/**
 * An experiment. It works on servers and pools of its own, which the stage gives it and
 * takes away.
 */
public interface Experiment {

	/**
	 * What it is about.
	 * @return a description
	 */
	About about();

	/**
	 * Runs it.
	 * @param stage gives servers, pools and measurements
	 * @return what came out
	 * @throws Exception if it cannot be run
	 */
	Findings run(Stage stage) throws Exception;

	/**
	 * A description of an experiment.
	 *
	 * @param id what it is called in addresses: lower case with hyphens
	 * @param title its title
	 * @param question what it is about, in a sentence or two
	 * @param sides what is compared, a few words each
	 * @param key the key to set in an application
	 * @param document where to read on, from the root of the repository
	 */
	record About(String id, String title, String question, List<String> sides, String key, String document) {

	}

}
