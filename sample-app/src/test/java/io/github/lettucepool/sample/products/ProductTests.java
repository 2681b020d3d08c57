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

package io.github.lettucepool.sample.products;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import io.github.lettucepool.sample.HttpTests;

/**
 * Tests for the bulk import, over HTTP.
 */
class ProductTests extends HttpTests {

	@Test
	void importWritesEachProduct() {
		post("/products/import", products(2500)).expectStatus().isOk().expectBody().json("{'imported': 2500}");
		for (int i : new int[] { 0, 999, 1000, 2499 }) {
			get("/products/p-{i}", i).expectStatus()
				.isOk()
				.expectBody()
				.json("{'id': 'p-%1$d', 'name': 'Product %1$d', 'price': %1$d.5}".formatted(i));
		}
		get("/products/p-2500").expectStatus().isNotFound();
	}

	@Test
	void importReplacesWhatWasThere() {
		post("/products/import", """
				[{"id": "tea", "name": "Tea", "price": 2.50}]""").expectStatus().isOk();
		post("/products/import", """
				[{"id": "tea", "name": "Green tea", "price": 3}]""").expectStatus().isOk();
		get("/products/tea").expectBody().json("{'id': 'tea', 'name': 'Green tea', 'price': 3}");
	}

	@Test
	void unknownProductIsNotFound() {
		assertProblem(get("/products/unknown"), 404, "There is no product 'unknown'");
	}

	@Test
	void importWithABadProductIsRefusedAsAWhole() {
		assertProblem(post("/products/import", """
				[{"id": "milk", "name": "Milk", "price": 1.20}, {"id": "salt", "name": "", "price": -1}]"""), 400,
				"products[1].name: must not be blank; products[1].price: must be greater than or equal to 0");
		get("/products/milk").expectStatus().isNotFound();
	}

	@Test
	void importOfNothingIsRefused() {
		assertProblem(post("/products/import", "[]"), 400, "products: size must be between 1 and 10000");
	}

	@Test
	void importOfTooMuchIsRefused() {
		assertProblem(post("/products/import", products(10_001)), 400, "products: size must be between 1 and 10000");
	}

	private static String products(int number) {
		return IntStream.range(0, number)
			.mapToObj("{\"id\": \"p-%1$d\", \"name\": \"Product %1$d\", \"price\": %1$d.50}"::formatted)
			.collect(Collectors.joining(",", "[", "]"));
	}

}
