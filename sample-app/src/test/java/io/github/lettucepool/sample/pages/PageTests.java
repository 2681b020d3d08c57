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

package io.github.lettucepool.sample.pages;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.sample.HttpTests;

/**
 * Tests for the page hits, over HTTP.
 */
class PageTests extends HttpTests {

	@Autowired
	private StringRedisTemplate redis;

	@Test
	void countsEachHit() {
		post("/pages/counted/hits").expectStatus().isOk().expectBody().json("{'page': 'counted', 'hits': 1}");
		post("/pages/counted/hits").expectStatus().isOk().expectBody().json("{'page': 'counted', 'hits': 2}");
		get("/pages/counted/hits").expectStatus().isOk().expectBody().json("{'page': 'counted', 'hits': 2}");
	}

	@Test
	void pageThatNobodyHitHasNoHits() {
		get("/pages/nobody/hits").expectStatus().isOk().expectBody().json("{'page': 'nobody', 'hits': 0}");
	}

	@Test
	void leaderboardHasThePagesWithMostHitsFirst() {
		this.redis.delete("pages:leaderboard");
		hit("third", 1);
		hit("first", 3);
		hit("second", 2);
		get("/pages/leaderboard?size=2").expectStatus()
			.isOk()
			.expectBody()
			.json("[{'page': 'first', 'hits': 3}, {'page': 'second', 'hits': 2}]");
	}

	@Test
	void nameThatCannotBeInAKeyIsRefused() {
		assertProblem(post("/pages/A:B/hits"), 400, "page: must be 1 to 64 lower-case letters, digits or hyphens");
	}

	@Test
	void leaderboardWithoutPlacesIsRefused() {
		assertProblem(get("/pages/leaderboard?size=0"), 400, "size: must be greater than or equal to 1");
	}

	private void hit(String page, int times) {
		for (int i = 0; i < times; i++) {
			post("/pages/" + page + "/hits").expectStatus().isOk();
		}
	}

}
