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
package io.github.lettucepool.sample.web;

import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.http.MediaType;
import org.springframework.util.StringUtils;

import io.github.lettucepool.sample.HttpTests;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that a body or parameter that is not what is meant gets an answer of 4xx that
 * says why, wherever there is one.
 */
class OddRequestTests extends HttpTests {

	private static final String LOAD = """
			{"callers": %s, "virtual": %s, "mix": %s, "payload": 10, "thinkMillis": 5}""";

	@ParameterizedTest
	@MethodSource("oddBodies")
	void anOddBodyIsRefusedWithAReason(String method, String path, String body) {
		var response = method.equals("PUT") ? put(path, body) : post(path, body);
		response.expectStatus()
			.value((status) -> assertThat(status).isIn(400, 413))
			.expectHeader()
			.contentType(MediaType.APPLICATION_PROBLEM_JSON)
			.expectBody()
			.jsonPath("$.detail")
			.isNotEmpty();
	}

	static Stream<Arguments> oddBodies() {
		List<String> odd = List.of("", " ", "null", "[]", "[null]", "[[]]", "[{}]", "{}", "7", "1.9", "true",
				"\"text\"", "{", "{\"a\": 1} x", "[".repeat(2000), "\u0000", "{\"quantity\": {}}",
				"{\"quantity\": []}");
		Stream<Arguments> everywhere = Stream
			.of("POST /products/import", "PUT /stock/tea/berlin", "POST /stock/transfers", "POST /jobs",
					"PUT /lab/load")
			.flatMap((request) -> odd.stream()
				.map((body) -> Arguments.of(StringUtils.split(request, " ")[0], StringUtils.split(request, " ")[1],
						body)));
		Stream<String> quantities = Stream.of("null", "1.9", "2.0", "1e0", "-1", "1000001", "99999999999", "1e400",
				"\"5\"", "\"\"", "true", "[1]", "5, \"quantity\": 6");
		Stream<String> products = Stream.of("{\"id\": \"tea\", \"name\": \" \", \"price\": 1}",
				"{\"id\": \"\", \"name\": \"Tea\", \"price\": 1}", "{\"id\": null, \"name\": \"Tea\", \"price\": 1}",
				"{\"id\": \"tea\", \"name\": null, \"price\": 1}",
				"{\"id\": \"tea\", \"name\": \"Tea\", \"price\": null}",
				"{\"id\": \"tea\", \"name\": \"Tea\", \"price\": 1e999999999}",
				"{\"id\": \"tea\", \"name\": \"Tea\", \"price\": 1e-999999999}",
				"{\"id\": \"tea\", \"name\": \"Tea\", \"price\": \"1\"}",
				"{\"id\": \"tea\", \"name\": \"%s\", \"price\": 1}".formatted("x".repeat(201)),
				"{\"id\": \"tea\", \"name\": [\"Tea\"], \"price\": 1}",
				"{\"id\": \"tea\", \"name\": \"%s\", \"price\": 1}".formatted("x".repeat(5_000_000)));
		Stream<String> loads = Stream.of(LOAD.formatted("null", "false", "\"ORDINARY\""),
				LOAD.formatted("1.9", "false", "\"ORDINARY\""), LOAD.formatted("\"1\"", "false", "\"ORDINARY\""),
				LOAD.formatted("0", "false", "\"ORDINARY\""), LOAD.formatted("99999999999", "false", "\"ORDINARY\""),
				LOAD.formatted("1", "null", "\"ORDINARY\""), LOAD.formatted("1", "\"false\"", "\"ORDINARY\""),
				LOAD.formatted("1", "0", "\"ORDINARY\""), LOAD.formatted("1", "false", "null"),
				LOAD.formatted("1", "false", "1"), LOAD.formatted("1", "false", "\"\""),
				LOAD.formatted("1", "false", "\"NONE\""));
		Stream<String> texts = Stream.of("null", "\"\"", "\" \"", "[\"a\"]", "\"%s\"".formatted("x".repeat(10_001)));
		return Stream
			.of(everywhere,
					quantities.flatMap((quantity) -> Stream.of(
							Arguments.of("PUT", "/stock/tea/berlin", "{\"quantity\": %s}".formatted(quantity)),
							Arguments.of("POST", "/stock/transfers",
									"{\"product\": \"tea\", \"from\": \"berlin\", \"to\": \"paris\", \"quantity\": %s}"
										.formatted(quantity.replace("1000001", "0"))))),
					products.flatMap((product) -> Stream.of(
							Arguments.of("POST", "/products/import", "[%s]".formatted(product)),
							Arguments.of("POST", "/products/import",
									"[{\"id\": \"tea\", \"name\": \"Tea\", \"price\": 1}, %s]".formatted(product)))),
					loads.map((load) -> Arguments.of("PUT", "/lab/load", load)),
					texts.map((text) -> Arguments.of("POST", "/jobs", "{\"text\": %s}".formatted(text))))
			.flatMap((cases) -> cases);
	}

	@Test
	void aNullAmongProductsIsNamed() {
		assertProblem(post("/products/import", "[null]"), 400, "products[0]: must not be null");
	}

	@Test
	void aFractionOfAPieceIsRefused() {
		put("/stock/tea/berlin", "{\"quantity\": 5}").expectStatus().isOk();
		put("/stock/tea/berlin", "{\"quantity\": 1.9}").expectStatus().isBadRequest();
		get("/stock/tea").expectBody().json("{'berlin': 5}");
	}

	@ParameterizedTest
	@CsvSource({ "GET, /pages/leaderboard?size=1.9", "GET, /pages/leaderboard?size=0",
			"GET, /pages/leaderboard?size=99999999999", "GET, /pages/leaderboard?size=many", "GET, /pages/A/hits",
			"POST, /pages/A/hits", "GET, /products/A", "GET, /stock/A", "POST, /lab/experiments/two-lanes?seconds=1.9",
			"POST, /lab/experiments/two-lanes?seconds=-1", "POST, /lab/experiments/two-lanes?seconds=99999999999" })
	void anOddParameterIsRefusedWithAReason(String method, String path) {
		(method.equals("GET") ? get(path) : post(path)).expectStatus()
			.isBadRequest()
			.expectHeader()
			.contentType(MediaType.APPLICATION_PROBLEM_JSON);
	}

}
