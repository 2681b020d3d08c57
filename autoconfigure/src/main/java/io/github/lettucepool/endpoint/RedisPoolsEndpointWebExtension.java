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

import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;

import io.github.lettucepool.endpoint.RedisPoolsEndpoint.RedisPoolsDescriptor;

/**
 * {@link EndpointWebExtension} of the {@link RedisPoolsEndpoint}, which answers with the
 * right HTTP status, says why it did not do what it was asked for, and shows values to
 * those who may see them.
 */
@EndpointWebExtension(endpoint = RedisPoolsEndpoint.class)
public class RedisPoolsEndpointWebExtension {

	/**
	 * The name of the parameter that the path gives.
	 */
	static final String PATH = "path";

	private final RedisPoolsEndpoint delegate;

	private final Show showValues;

	private final Set<String> roles;

	/**
	 * Creates the extension.
	 * @param delegate the endpoint
	 * @param showValues whether to show values of settings
	 * @param roles who may see them, where that depends on the user
	 */
	public RedisPoolsEndpointWebExtension(RedisPoolsEndpoint delegate, Show showValues, Set<String> roles) {
		this.delegate = delegate;
		this.showValues = showValues;
		this.roles = roles;
	}

	/**
	 * All pools.
	 * @param securityContext who asks
	 * @return the pools, in the order in which they were given
	 */
	@ReadOperation
	public RedisPoolsDescriptor pools(SecurityContext securityContext) {
		return this.delegate.pools(this.showValues.isShown(securityContext, this.roles));
	}

	/**
	 * One pool.
	 * @param securityContext who asks
	 * @param name the pool's name
	 * @return 200 with the pool, or 404
	 */
	@ReadOperation
	public WebEndpointResponse<RedisPoolDescriptor> pool(SecurityContext securityContext, @Selector String name) {
		RedisPoolDescriptor pool = this.delegate.pool(name, this.showValues.isShown(securityContext, this.roles));
		return (pool != null) ? new WebEndpointResponse<>(pool, WebEndpointResponse.STATUS_OK)
				: new WebEndpointResponse<>(WebEndpointResponse.STATUS_NOT_FOUND);
	}

	/**
	 * Changes a pool, as {@link RedisPoolsEndpoint#change} does.
	 * @param securityContext who asks
	 * @param maxSize the new {@code max-size}; optional
	 * @param minIdle the new {@code min-idle}; optional
	 * @param path the pool's name and what to do. The rest of the path is one parameter,
	 * since what a body names cannot be told from two
	 * @return 200 with the pool after the change, or 404 or 400 with the reason
	 */
	@WriteOperation
	public WebEndpointResponse<OperationResponseBody> change(SecurityContext securityContext, @Nullable String maxSize,
			@Nullable String minIdle, @Selector(match = Match.ALL_REMAINING) String... path) {
		if (path.length != 2) {
			return refused(WebEndpointResponse.STATUS_NOT_FOUND, "The path must end with '/{pool}/{action}'.");
		}
		String name = path[0];
		boolean known = this.delegate.has(name);
		try {
			this.delegate.change(name, path[1], maxSize, minIdle);
		}
		catch (IllegalArgumentException ex) {
			return refused(known ? WebEndpointResponse.STATUS_BAD_REQUEST : WebEndpointResponse.STATUS_NOT_FOUND,
					String.valueOf(ex.getMessage()));
		}
		return new WebEndpointResponse<>(this.delegate.pool(name, this.showValues.isShown(securityContext, this.roles)),
				WebEndpointResponse.STATUS_OK);
	}

	private static WebEndpointResponse<OperationResponseBody> refused(int status, String reason) {
		return new WebEndpointResponse<>(new ErrorDescriptor(reason), status);
	}

}
