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

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import io.github.lettucepool.sample.pages.PageHits.Page;
import io.github.lettucepool.sample.web.Name;

@RestController
@RequestMapping("/pages")
class PageController {

	private final PageHits hits;

	PageController(PageHits hits) {
		this.hits = hits;
	}

	@PostMapping("/{page}/hits")
	Page hit(@PathVariable @Name String page) {
		return this.hits.hit(page);
	}

	@GetMapping("/{page}/hits")
	Page get(@PathVariable @Name String page) {
		return this.hits.get(page);
	}

	@GetMapping("/leaderboard")
	List<Page> leaderboard(@RequestParam(defaultValue = "10") @Min(1) @Max(100) int size) {
		return this.hits.leaderboard(size);
	}

}
