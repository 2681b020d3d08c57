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

import java.util.Objects;

import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;

import io.github.lettucepool.sample.web.Name;

/**
 * A transfer of a product between warehouses.
 *
 * @param product the product
 * @param from the warehouse that gives
 * @param to the warehouse that gets
 * @param quantity how many pieces
 */
record Transfer(@Name String product, @Name String from, @Name String to, @NotNull @Positive Integer quantity) {

	@AssertTrue(message = "'from' and 'to' must differ")
	boolean isBetweenTwoWarehouses() {
		return !Objects.equals(this.from, this.to);
	}

}
