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

package io.github.lettucepool.endpoint;

/**
 * Quotes what a caller sent, for an error. A caller may send anything: it is cut, and
 * cannot break the line or hide what follows.
 */
final class Quoted {

	private static final int LONGEST = 64;

	private Quoted() {
	}

	static String of(String value) {
		StringBuilder text = new StringBuilder("'");
		value.codePoints().limit(LONGEST).forEach((character) -> append(text, character));
		return text.append((value.codePointCount(0, value.length()) > LONGEST) ? "...'" : "'").toString();
	}

	private static void append(StringBuilder text, int character) {
		switch (Character.getType(character)) {
			case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR,
					Character.PARAGRAPH_SEPARATOR ->
				text.append("\\u%04x".formatted(character));
			default -> text.appendCodePoint(character);
		}
	}

}
