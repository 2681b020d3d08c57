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

package io.github.lettucepool.benchmarks;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.benchmarks.client.Client;

/**
 * The even one of a pair: hands an element over and waits for it to come back. The odd
 * one, which hands back what it gets, runs until it is told to stop.
 */
final class HandOff implements Operation {

	private static final Duration PATIENCE = Duration.ofSeconds(8);

	private static final String STOP = "stop";

	private final Client client;

	private final String there;

	private final String back;

	private long count;

	private HandOff(Client client, String there, String back) {
		this.client = client;
		this.there = there;
		this.back = back;
	}

	static Operation of(Client client, int caller, String keys) {
		String pair = keys.substring(0, keys.lastIndexOf(':') + 1) + (caller / 2);
		String there = pair + ":there";
		String back = pair + ":back";
		return (caller % 2 == 0) ? new HandOff(client, there, back) : () -> handBack(client, there, back);
	}

	@Override
	public boolean run() {
		String element = Long.toString(++this.count);
		this.client.push(this.there, element);
		Values.verifyEqual(element, this.client.blockingPop(this.back, PATIENCE));
		return true;
	}

	@Override
	public void finish() {
		this.client.push(this.there, STOP);
	}

	private static boolean handBack(Client client, String there, String back) {
		@Nullable String element = client.blockingPop(there, PATIENCE);
		while (!STOP.equals(element)) {
			if (element == null) {
				throw new WrongReplyException("an element within " + PATIENCE, null);
			}
			client.push(back, element);
			element = client.blockingPop(there, PATIENCE);
		}
		return false;
	}

}
