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
package io.github.lettucepool;

import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.Message;
import org.springframework.data.redis.connection.MessageListener;
import org.springframework.data.redis.connection.SubscriptionListener;

/**
 * Counts the subscriptions whose end the server has confirmed.
 */
final class Unsubscriptions implements MessageListener, SubscriptionListener {

	private final AtomicInteger channels = new AtomicInteger();

	private final AtomicInteger patterns = new AtomicInteger();

	@Override
	public void onMessage(Message message, byte @Nullable [] pattern) {
	}

	@Override
	public void onChannelUnsubscribed(byte[] channel, long count) {
		this.channels.incrementAndGet();
	}

	@Override
	public void onPatternUnsubscribed(byte[] pattern, long count) {
		this.patterns.incrementAndGet();
	}

	int channels() {
		return this.channels.get();
	}

	int patterns() {
		return this.patterns.get();
	}

}
