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

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.beans.factory.support.StaticListableBeanFactory;

import io.github.lettucepool.embedded.RedisServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link LabServer} without an embedded server; {@link LabTests} has one.
 */
class LabServerTests {

	private final LabServer server = new LabServer(new StaticListableBeanFactory().getBeanProvider(RedisServer.class));

	@ParameterizedTest
	@EnumSource
	void aServerOfSomebodyElseIsNotTouched(LabServer.Action action) {
		assertThatIllegalStateException().isThrownBy(() -> this.server.perform(action))
			.withMessage("This Redis was not started by the application: the lab does not touch it");
		this.server.restore();
		assertThat(this.server.state()).isEqualTo(LabServer.State.FOREIGN);
	}

}
