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

import java.util.List;
import java.util.Objects;
import java.util.Set;

import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.ZSetOperations.TypedTuple;
import org.springframework.stereotype.Service;

/**
 * Counts hits. These are ordinary commands: they go over the shared lane, where nobody
 * waits for a connection.
 */
@Service
class PageHits {

	private static final String COUNTER = "pages:hits:";

	private static final String LEADERBOARD = "pages:leaderboard";

	private final StringRedisTemplate redis;

	PageHits(StringRedisTemplate redis) {
		this.redis = redis;
	}

	Page hit(String page) {
		Long hits = this.redis.opsForValue().increment(COUNTER + page);
		this.redis.opsForZSet().incrementScore(LEADERBOARD, page, 1);
		return new Page(page, Objects.requireNonNull(hits));
	}

	Page get(String page) {
		String hits = this.redis.opsForValue().get(COUNTER + page);
		return new Page(page, (hits != null) ? Long.parseLong(hits) : 0);
	}

	List<Page> leaderboard(int size) {
		Set<TypedTuple<String>> top = this.redis.opsForZSet().reverseRangeWithScores(LEADERBOARD, 0, size - 1);
		return Objects.requireNonNull(top).stream().map(PageHits::page).toList();
	}

	private static Page page(TypedTuple<String> entry) {
		return new Page(Objects.requireNonNull(entry.getValue()), Objects.requireNonNull(entry.getScore()).longValue());
	}

	/**
	 * A page.
	 *
	 * @param page the page's name
	 * @param hits how often it was hit
	 */
	record Page(String page, long hits) {

	}

}
