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

package io.github.lettucepool.metrics;

import java.util.ArrayList;
import java.util.List;

import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.lettucepool.FakeRedisPool;
import io.github.lettucepool.PoolListener;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisPoolObservations}.
 */
@Tag("unit")
class RedisPoolObservationsTests {

	private final FakeRedisPool pool = new FakeRedisPool("orders");

	private final ObservationRegistry registry = ObservationRegistry.create();

	private final List<Observation.Context> started = new ArrayList<>();

	private final List<Observation.Context> stopped = new ArrayList<>();

	@Test
	void aWaitIsObservedBelowWhatTheBorrowerDoes() {
		observe();
		Observation request = Observation.start("request", this.registry);
		PoolListener.Wait wait = request.scoped(this::borrowerWaits);
		assertThat(this.started).hasSize(2);
		Observation.Context context = this.started.get(1);
		assertThat(context.getName()).isEqualTo("lettuce.pool.wait");
		assertThat(context.getContextualName()).isEqualTo("wait for redis connection");
		assertThat(context.getLowCardinalityKeyValues()).containsExactly(KeyValue.of("pool", "orders"));
		assertThat(context.getParentObservation()).isSameAs(request);
		assertThat(this.stopped).isEmpty();
		wait.ended(null);
		assertThat(this.stopped).containsExactly(context);
		assertThat(context.getError()).isNull();
	}

	@Test
	void aWaitInVainHasAnError() {
		observe();
		Throwable failure = new IllegalStateException("exhausted");
		Observation.start("request", this.registry).scoped(this::borrowerWaits).ended(failure);
		assertThat(this.stopped).singleElement()
			.satisfies((context) -> assertThat(context.getError()).isSameAs(failure));
	}

	@Test
	void aWaitThatBelongsToNothingIsNotObserved() {
		observe();
		assertThat(borrowerWaits()).isNull();
		assertThat(this.started).isEmpty();
	}

	@Test
	void withoutHandlersNothingIsObserved() {
		new RedisPoolObservations(this.pool, this.registry);
		assertThat(borrowerWaits()).isNull();
	}

	@Test
	void closingStopsIt() {
		observe().close();
		assertThat(this.pool.listeners()).isEmpty();
	}

	private RedisPoolObservations observe() {
		this.registry.observationConfig().observationHandler(new ObservationHandler<Observation.Context>() {

			@Override
			public void onStart(Observation.Context context) {
				RedisPoolObservationsTests.this.started.add(context);
			}

			@Override
			public void onStop(Observation.Context context) {
				RedisPoolObservationsTests.this.stopped.add(context);
			}

			@Override
			public boolean supportsContext(Observation.Context context) {
				return true;
			}

		});
		return new RedisPoolObservations(this.pool, this.registry);
	}

	private PoolListener.Wait borrowerWaits() {
		return this.pool.listeners().get(0).waiting();
	}

}
