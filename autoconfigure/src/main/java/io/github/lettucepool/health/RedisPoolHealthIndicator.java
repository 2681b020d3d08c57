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

package io.github.lettucepool.health;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

import io.github.lettucepool.PoolServer;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.RedisPool;

/**
 * {@link HealthIndicator} for one pool. It reports what the pool knows already: it
 * borrows nothing and never waits, so it answers just as fast while the pool is exhausted
 * or the server does not respond, and may be called on any thread. If nothing has been
 * connected yet, it has the pool {@linkplain RedisPool#connect() connect} for the next
 * answer.
 * <p>
 * The status is
 * <ul>
 * <li>{@link Status#UP UP} if a connection is open. A saturated or suspended pool is UP
 * as well, and says so in the details: taking an instance out of service because it is
 * busy makes the others busier. Who wants it otherwise gives a status for a pool that has
 * been saturated for some time.</li>
 * <li>{@link Status#DOWN DOWN} if Redis cannot be reached, with the reason under
 * {@code error}; it never holds a password.</li>
 * <li>{@link Status#UNKNOWN UNKNOWN} if nothing has been connected yet.</li>
 * <li>{@link Status#OUT_OF_SERVICE OUT_OF_SERVICE} if the pool is stopped.</li>
 * </ul>
 */
public class RedisPoolHealthIndicator extends AbstractHealthIndicator {

	private final RedisPool pool;

	private final Status saturationStatus;

	private final Duration saturationAfter;

	/**
	 * Creates an indicator for which saturation is no matter of health.
	 * @param pool the pool to report on
	 */
	public RedisPoolHealthIndicator(RedisPool pool) {
		this(pool, Status.UP, Duration.ZERO);
	}

	/**
	 * Creates the indicator.
	 * @param pool the pool to report on
	 * @param saturationStatus the status of a saturated pool whose server can be reached
	 * @param saturationAfter for how long it must have been saturated, without a break
	 */
	public RedisPoolHealthIndicator(RedisPool pool, Status saturationStatus, Duration saturationAfter) {
		super("Health check of Redis pool '%s' failed".formatted(pool.getName()));
		this.pool = pool;
		this.saturationStatus = saturationStatus;
		this.saturationAfter = saturationAfter;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		PoolSnapshot snapshot = this.pool.snapshot();
		Status status = status(snapshot);
		builder.status(status);
		if (status.equals(Status.UNKNOWN)) {
			// An instance that nobody uses until it is ready would never know.
			this.pool.connect();
		}
		String error = error(snapshot);
		if (error != null) {
			builder.withDetail("error", error);
		}
		builder.withDetail("state", snapshot.state().name());
		builder.withDetail("saturated", snapshot.exclusive().saturated());
		if (snapshot.exclusive().saturated()) {
			builder.withDetail("saturatedFor", snapshot.saturatedFor().truncatedTo(ChronoUnit.MILLIS).toString());
		}
		builder.withDetail("shared", shared(snapshot.shared()));
		builder.withDetail("exclusive", exclusive(snapshot.exclusive()));
		builder.withDetail("subscriptions", snapshot.subscriptions());
		List<PoolServer.Node> nodes = this.pool.getServer().nodes();
		if (!nodes.isEmpty()) {
			builder.withDetail("nodes", nodes.stream().map(RedisPoolHealthIndicator::node).toList());
		}
		// Of a single server it would say no more than the lanes' figures do.
		if (!nodes.isEmpty() || snapshot.connectionsByNode().size() > 1) {
			builder.withDetail("connectionsByNode", snapshot.connectionsByNode());
		}
	}

	private Status status(PoolSnapshot snapshot) {
		if (snapshot.state() == PoolSnapshot.State.STOPPED) {
			return Status.OUT_OF_SERVICE;
		}
		Boolean reachable = snapshot.reachable();
		if (reachable == null) {
			return Status.UNKNOWN;
		}
		if (!reachable) {
			return Status.DOWN;
		}
		boolean saturated = snapshot.exclusive().saturated()
				&& snapshot.saturatedFor().compareTo(this.saturationAfter) >= 0;
		return saturated ? this.saturationStatus : Status.UP;
	}

	private @Nullable String error(PoolSnapshot snapshot) {
		if (snapshot.connectError() == null && Boolean.FALSE.equals(snapshot.reachable())
				&& snapshot.state() != PoolSnapshot.State.STOPPED) {
			return "All connections of the shared lane are lost";
		}
		return snapshot.connectError();
	}

	private static Map<String, Object> shared(PoolSnapshot.Shared lane) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("size", lane.size());
		details.put("connected", lane.connected());
		details.put("inFlight", lane.inFlight());
		return details;
	}

	private static Map<String, Object> exclusive(PoolSnapshot.Exclusive lane) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("active", lane.active());
		details.put("idle", lane.idle());
		details.put("pending", lane.pending());
		details.put("max", lane.maxSize());
		return details;
	}

	private static Map<String, Object> node(PoolServer.Node node) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("address", node.address());
		details.put("role", node.master() ? "master" : "replica");
		details.put("failed", node.failed());
		return details;
	}

}
