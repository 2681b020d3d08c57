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

package io.github.lettucepool.sample.lab;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.netty.util.NetUtil;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Refuses requests by a name that is not the application's, and requests that change
 * something and come from a page of another origin. The application asks nobody to log
 * in: without this, any page that is open in the reader's browser could stop the embedded
 * Redis, or read what is answered by having a name of its own lead here.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class SameOriginFilter extends OncePerRequestFilter {

	private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");

	private static final Pattern HOST = Pattern.compile("(\\[[0-9A-Fa-f:.%]+]|[^:\\[\\]@/\\s]+)(?::\\d{0,5})?");

	private final Set<String> allowedHosts;

	SameOriginFilter(@Value("${sample.allowed-hosts:}") Set<String> allowedHosts) {
		this.allowedHosts = allowedHosts.stream()
			.map((host) -> host.toLowerCase(Locale.ROOT))
			.collect(Collectors.toUnmodifiableSet());
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		if (!isOwnHost(request)) {
			refuse(response, "Requests by this host name are refused; sample.allowed-hosts may allow it");
		}
		else if (SAFE.contains(request.getMethod()) || isOwn(request)) {
			chain.doFilter(request, response);
		}
		else {
			refuse(response, "Requests that change something are refused from other origins");
		}
	}

	private static void refuse(HttpServletResponse response, String reason) throws IOException {
		response.setStatus(HttpServletResponse.SC_FORBIDDEN);
		response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
		response.getWriter().write("{\"status\":403,\"detail\":\"%s\"}".formatted(reason));
	}

	/**
	 * The header itself, for a page may add others that stand for it behind a proxy.
	 */
	private boolean isOwnHost(HttpServletRequest request) {
		String header = request.getHeader(HttpHeaders.HOST);
		if (header == null) {
			return isOwnHost(request.getServerName(), request.getLocalAddr());
		}
		Matcher host = HOST.matcher(header);
		return host.matches() && isOwnHost(host.group(1), request.getLocalAddr());
	}

	private boolean isOwnHost(String host, @Nullable String localAddress) {
		String name = host.toLowerCase(Locale.ROOT);
		if (name.equals("localhost") || this.allowedHosts.contains(name)) {
			return true;
		}
		InetAddress address = NetUtil.createInetAddressFromIpAddressString(name.replaceAll("[\\[\\]]", ""));
		return address != null && (address.isLoopbackAddress() || (localAddress != null
				&& address.equals(NetUtil.createInetAddressFromIpAddressString(localAddress))));
	}

	private static boolean isOwn(HttpServletRequest request) {
		String site = request.getHeader("Sec-Fetch-Site");
		if (site != null && !site.equals("same-origin") && !site.equals("none")) {
			return false;
		}
		// Without either header it is no browser's.
		String origin = request.getHeader(HttpHeaders.ORIGIN);
		return origin == null || isOrigin(origin, request);
	}

	private static boolean isOrigin(String origin, HttpServletRequest request) {
		try {
			URI uri = URI.create(origin);
			int port = (uri.getPort() >= 0) ? uri.getPort() : ("https".equals(uri.getScheme()) ? 443 : 80);
			return request.getScheme().equals(uri.getScheme())
					&& request.getServerName().equalsIgnoreCase(uri.getHost()) && request.getServerPort() == port;
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

}
