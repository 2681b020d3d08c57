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

/**
 * Why the pool closed an exclusive or low-latency connection. The names are the values of
 * the {@code reason} tag of the closed-connections meter, in lower case with hyphens.
 */
public enum CloseReason {

	/**
	 * Idle for longer than {@code idle-timeout}, or more idle than {@code max-idle}.
	 */
	IDLE,

	/**
	 * Older than {@code max-lifetime}.
	 */
	MAX_LIFETIME,

	/**
	 * The server or the network closed it.
	 */
	BROKEN,

	/**
	 * A PING was not answered within {@code validation-timeout}.
	 */
	VALIDATION_FAILED,

	/**
	 * The server answered a PING with NOAUTH: it takes no commands from this connection.
	 */
	UNAUTHENTICATED,

	/**
	 * It came back while a reply was outstanding: a command timed out, or its caller was
	 * interrupted or cancelled, or the server did not answer what was to put it in order.
	 */
	REPLY_OUTSTANDING,

	/**
	 * It came back in a state that the pool does not put back, such as
	 * {@code CLIENT TRACKING} or another user, or that the server refused to put back.
	 */
	UNCLEAN,

	/**
	 * The server answered READONLY: it is a replica now.
	 */
	READ_ONLY,

	/**
	 * {@link RedisPool#retireAll()} or a smaller {@link RedisPool#resize size} asked for
	 * it.
	 */
	RETIRED,

	/**
	 * Closed while idle to make room for a connection of the other codec, or while its
	 * PING was not answered yet; or opened to find out whether the server is back, and
	 * not needed.
	 */
	ROOM,

	/**
	 * Its borrower lost it without giving it back, as with a cursor that nobody closed.
	 */
	FORGOTTEN,

	/**
	 * The pool was stopped.
	 */
	STOPPED;

	private final String id = name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');

	/**
	 * The reason as meters and logs show it.
	 * @return the name in lower case with hyphens, for example {@code max-lifetime}
	 */
	public String id() {
		return this.id;
	}

}
