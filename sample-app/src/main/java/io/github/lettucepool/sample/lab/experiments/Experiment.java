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

/**
 * An experiment. It works on servers and pools of its own, which the stage gives it and
 * takes away.
 */
public interface Experiment {

	/**
	 * What it is called in addresses.
	 * @return lower case with hyphens
	 */
	String id();

	/**
	 * Its title.
	 * @return a few words
	 */
	String title();

	/**
	 * What it is about.
	 * @return a sentence
	 */
	String question();

	/**
	 * What is seen first.
	 * @return a few words
	 */
	String before();

	/**
	 * What is seen then.
	 * @return a few words
	 */
	String after();

	/**
	 * Runs it.
	 * @param stage gives servers, pools and measurements
	 * @return what came out
	 * @throws Exception if it cannot be run
	 */
	Findings run(Stage stage) throws Exception;

}
