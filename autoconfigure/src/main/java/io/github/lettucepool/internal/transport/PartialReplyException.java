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

package io.github.lettucepool.internal.transport;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.protocol.ProtocolKeyword;
import org.jspecify.annotations.Nullable;

/**
 * Thrown when a connection was lost after a part of a reply had been read. Its command
 * must not be sent again with the same output: the whole reply would be added to that
 * part.
 */
public final class PartialReplyException extends RedisConnectionException {

	private static final long serialVersionUID = 1L;

	PartialReplyException(ProtocolKeyword command, @Nullable Throwable cause) {
		super("The connection was lost in the middle of the reply to " + command, cause);
	}

}
