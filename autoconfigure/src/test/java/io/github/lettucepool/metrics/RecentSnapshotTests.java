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

import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.lettucepool.FakeRedisPool;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RecentSnapshot}.
 */
@Tag("unit")
class RecentSnapshotTests {

	private final FakeRedisPool pool = new FakeRedisPool("redis");

	// Starts near the overflow, as System.nanoTime() may.
	private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1);

	private final RecentSnapshot snapshot = new RecentSnapshot(this.pool, this.now::get);

	@Test
	void figuresOfTheSameMomentAreTakenOnce() {
		this.pool.exclusive(16, 0, 1, 0, 0);
		assertThat(this.snapshot.get().exclusive().active()).isEqualTo(1);
		this.pool.exclusive(16, 0, 2, 0, 0);
		this.now.addAndGet(RecentSnapshot.MAX_AGE - 1);
		assertThat(this.snapshot.get().exclusive().active()).isEqualTo(1);
		assertThat(this.pool.snapshots()).isOne();
	}

	@Test
	void figuresAreTakenAnewOnceTheyAreOld() {
		this.pool.exclusive(16, 0, 1, 0, 0);
		assertThat(this.snapshot.get().exclusive().active()).isEqualTo(1);
		this.pool.exclusive(16, 0, 2, 0, 0);
		this.now.addAndGet(RecentSnapshot.MAX_AGE);
		assertThat(this.snapshot.get().exclusive().active()).isEqualTo(2);
	}

}
