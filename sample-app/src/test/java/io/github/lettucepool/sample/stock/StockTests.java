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

package io.github.lettucepool.sample.stock;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

import io.github.lettucepool.sample.HttpTests;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the stock transfers, over HTTP.
 */
class StockTests extends HttpTests {

	@Autowired
	private Stock stock;

	@Test
	void transferMovesStock() {
		put("/stock/apples/berlin", "{\"quantity\": 10}").expectStatus().isOk();
		post("/stock/transfers", """
				{"product": "apples", "from": "berlin", "to": "paris", "quantity": 4}""").expectStatus()
			.isOk()
			.expectBody()
			.json("{'berlin': 6, 'paris': 4}");
		get("/stock/apples").expectStatus().isOk().expectBody().json("{'berlin': 6, 'paris': 4}");
	}

	@Test
	void transferOfMoreThanThereIsMovesNothing() {
		put("/stock/pears/berlin", "{\"quantity\": 3}").expectStatus().isOk();
		assertProblem(post("/stock/transfers", """
				{"product": "pears", "from": "berlin", "to": "paris", "quantity": 4}"""), 409,
				"Warehouse 'berlin' has 3, which is less than 4");
		assertThat(this.stock.get("pears")).isEqualTo(Map.of("berlin", 3L));
	}

	@Test
	void transfersAtTheSameTimeLoseNothing() throws Exception {
		this.stock.put("plums", "berlin", 1000);
		List<Callable<Integer>> transfers = IntStream.range(0, 200)
			.<Callable<Integer>>mapToObj((i) -> () -> post("/stock/transfers", """
					{"product": "plums", "from": "berlin", "to": "paris", "quantity": 2}""").returnResult()
				.getStatus()
				.value())
			.toList();
		ExecutorService callers = Executors.newFixedThreadPool(4);
		int moved = 0;
		try {
			for (Future<Integer> transfer : callers.invokeAll(transfers)) {
				assertThat(transfer.get()).isIn(200, 409);
				moved += (transfer.get() == 200) ? 2 : 0;
			}
		}
		finally {
			callers.shutdownNow();
		}
		assertThat(moved).isPositive();
		assertThat(this.stock.get("plums")).containsEntry("berlin", 1000L - moved).containsEntry("paris", (long) moved);
	}

	@Test
	void unknownProductIsNotFound() {
		assertProblem(get("/stock/unknown"), 404, "There is no stock of 'unknown'");
	}

	@Test
	void transferWithinAWarehouseIsRefused() {
		assertProblem(post("/stock/transfers", """
				{"product": "apples", "from": "berlin", "to": "berlin", "quantity": 1}"""), 400,
				"betweenTwoWarehouses: 'from' and 'to' must differ");
	}

	@Test
	void everythingThatIsWrongIsNamed() {
		assertProblem(post("/stock/transfers", """
				{"product": "apples", "from": "berlin", "to": "Paris"}"""), 400,
				"quantity: must not be null; to: must be 1 to 64 lower-case letters, digits or hyphens");
	}

	@Test
	void quantityThatIsNoNumberIsRefused() {
		assertProblem(put("/stock/apples/berlin", "{\"quantity\": \"many\"}"), 400,
				"quantity: Cannot coerce String value (\"many\") to `java.lang.Integer` value");
	}

}
