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
import java.util.SortedMap;
import java.util.TreeMap;

import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.data.redis.core.HashOperations;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.resilience.annotation.Retryable;
import org.springframework.stereotype.Service;

/**
 * What is in stock: a hash for each product, with the quantity in each warehouse.
 */
@Service
class Stock {

	private static final String STOCK = "stock:";

	private final StringRedisTemplate redis;

	Stock(StringRedisTemplate redis) {
		this.redis = redis;
	}

	void put(String product, String warehouse, int quantity) {
		this.redis.opsForHash().put(STOCK + product, warehouse, Integer.toString(quantity));
	}

	SortedMap<String, Long> get(String product) {
		SortedMap<String, Long> quantities = new TreeMap<>();
		this.redis.<String, String>opsForHash()
			.entries(STOCK + product)
			.forEach((warehouse, quantity) -> quantities.put(warehouse, Long.valueOf(quantity)));
		return quantities;
	}

	/**
	 * Moves stock from one warehouse to another. If somebody else changes the product's
	 * stock at the same time, nothing is written and the transfer is tried again.
	 * @param transfer what to move
	 * @throws InsufficientStockException if there is less in stock than is to be moved
	 * @throws OptimisticLockingFailureException if somebody else was faster each time
	 */
	@Retryable(includes = OptimisticLockingFailureException.class, maxRetries = 20, delay = 5, jitter = 5)
	void transfer(Transfer transfer) {
		List<Object> replies = this.redis.execute(new SessionCallback<>() {

			@Override
			@SuppressWarnings("unchecked")
			public <K, V> List<Object> execute(RedisOperations<K, V> operations) {
				return tryTransfer((RedisOperations<String, String>) operations, STOCK + transfer.product(), transfer);
			}

		});
		if (replies.isEmpty()) {
			throw new OptimisticLockingFailureException(
					"The stock of '%s' keeps changing".formatted(transfer.product()));
		}
	}

	/**
	 * Runs on one exclusive connection from WATCH to EXEC.
	 */
	private static List<Object> tryTransfer(RedisOperations<String, String> redis, String key, Transfer transfer) {
		HashOperations<String, String, String> stock = redis.opsForHash();
		redis.watch(key);
		String quantity = stock.get(key, transfer.from());
		long available = (quantity != null) ? Long.parseLong(quantity) : 0;
		if (available < transfer.quantity()) {
			redis.unwatch();
			throw new InsufficientStockException(transfer, available);
		}
		redis.multi();
		stock.increment(key, transfer.from(), -transfer.quantity());
		stock.increment(key, transfer.to(), transfer.quantity());
		return redis.exec();
	}

}
