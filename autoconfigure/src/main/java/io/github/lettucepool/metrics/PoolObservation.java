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

import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.docs.ObservationDocumentation;

/**
 * The observation of a pool, for traces, and the only place where its name stands.
 */
public enum PoolObservation implements ObservationDocumentation {

	/**
	 * A borrower waits for an exclusive connection, until it has one or gives up. Neither
	 * a borrower whose connection is ready is observed, nor one whose thread has no
	 * current observation.
	 */
	WAIT {

		@Override
		public String getName() {
			return "lettuce.pool.wait";
		}

		@Override
		public String getContextualName() {
			return "wait for redis connection";
		}

		@Override
		public KeyName[] getLowCardinalityKeyNames() {
			return new KeyName[] { PoolMeterTag.POOL };
		}

	}

}
