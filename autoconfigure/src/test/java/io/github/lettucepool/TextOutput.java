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

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.output.CommandOutput;

/**
 * Takes any reply as text, the elements of an array separated by spaces.
 */
final class TextOutput<K, V> extends CommandOutput<K, V, String> {

	TextOutput(RedisCodec<K, V> codec) {
		super(codec, "");
	}

	@Override
	public void set(ByteBuffer bytes) {
		add((bytes != null) ? StandardCharsets.UTF_8.decode(bytes).toString() : "nil");
	}

	@Override
	public void set(long integer) {
		add(String.valueOf(integer));
	}

	@Override
	public void set(boolean value) {
		add(String.valueOf(value));
	}

	@Override
	public void set(double number) {
		add(String.valueOf(number));
	}

	private void add(String element) {
		this.output = this.output.isEmpty() ? element : this.output + " " + element;
	}

}
