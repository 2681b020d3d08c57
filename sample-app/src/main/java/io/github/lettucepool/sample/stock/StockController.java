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

import java.util.Map;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.PositiveOrZero;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

import io.github.lettucepool.sample.web.Name;

@RestController
@RequestMapping("/stock")
class StockController {

	private final Stock stock;

	StockController(Stock stock) {
		this.stock = stock;
	}

	@GetMapping("/{product}")
	Map<String, Long> get(@PathVariable @Name String product) {
		Map<String, Long> quantities = this.stock.get(product);
		if (quantities.isEmpty()) {
			throw new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no stock of '%s'".formatted(product));
		}
		return quantities;
	}

	@PutMapping("/{product}/{warehouse}")
	Map<String, Long> put(@PathVariable @Name String product, @PathVariable @Name String warehouse,
			@RequestBody @Valid Quantity quantity) {
		this.stock.put(product, warehouse, quantity.quantity());
		return this.stock.get(product);
	}

	@PostMapping("/transfers")
	Map<String, Long> transfer(@RequestBody @Valid Transfer transfer) {
		this.stock.transfer(transfer);
		return this.stock.get(transfer.product());
	}

	@ExceptionHandler({ InsufficientStockException.class, OptimisticLockingFailureException.class })
	ProblemDetail conflict(RuntimeException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.CONFLICT, ex.getMessage());
	}

	@ExceptionHandler
	ProblemDetail noTransactions(InvalidDataAccessApiUsageException ex) {
		// Spring Data offers no transactions on a cluster.
		return ProblemDetail.forStatusAndDetail(HttpStatus.NOT_IMPLEMENTED, ex.getMessage());
	}

	/**
	 * What a caller sends.
	 *
	 * @param quantity how many pieces there are
	 */
	record Quantity(@NotNull @PositiveOrZero @Max(1_000_000) Integer quantity) {

	}

}
