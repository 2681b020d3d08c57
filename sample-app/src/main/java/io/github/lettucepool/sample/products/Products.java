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

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

import org.springframework.data.redis.connection.DefaultStringRedisConnection;
import org.springframework.data.redis.connection.StringRedisConnection;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Service;

/**
 * The products: a hash for each.
 */
@Service
class Products {

	private static final String PRODUCT = "products:";

	/**
	 * So many commands go out before the first reply is read. Larger pipelines save
	 * little time, cost memory, and keep their connection from others.
	 */
	private static final int PIPELINE = 1000;

	private final StringRedisTemplate redis;

	Products(StringRedisTemplate redis) {
		this.redis = redis;
	}

	/**
	 * Writes products by pipelines, each on an exclusive connection. Not a transaction:
	 * if it fails midway, do it again.
	 * @param products what to write
	 */
	void write(List<Product> products) {
		for (int from = 0; from < products.size(); from += PIPELINE) {
			writeAtOnce(products.subList(from, Math.min(from + PIPELINE, products.size())));
		}
	}

	@SuppressWarnings("NullAway") // The callback of a pipeline has to return null.
	private void writeAtOnce(List<Product> products) {
		this.redis.executePipelined((RedisCallback<?>) (connection) -> {
			StringRedisConnection pipeline = new DefaultStringRedisConnection(connection);
			products.forEach((product) -> pipeline.hMSet(PRODUCT + product.id(),
					Map.of("name", product.name(), "price", product.price().toPlainString())));
			return null;
		});
	}

	Optional<Product> find(String id) {
		Map<String, String> product = this.redis.<String, String>opsForHash().entries(PRODUCT + id);
		if (product.isEmpty()) {
			return Optional.empty();
		}
		return Optional.of(new Product(id, Objects.requireNonNull(product.get("name")),
				new BigDecimal(Objects.requireNonNull(product.get("price")))));
	}

}
