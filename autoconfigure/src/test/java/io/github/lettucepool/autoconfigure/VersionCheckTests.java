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

package io.github.lettucepool.autoconfigure;

import java.util.List;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests for {@link VersionCheck}.
 */
@Tag("unit")
class VersionCheckTests {

	private static final String FITTING = "It works with Spring Boot 4.1 or newer and Lettuce 7.5 to 7.7.";

	@ParameterizedTest
	@CsvSource({ "3.5.9, 6.6.0, Spring Boot 3.5.9", "4.0.1, 6.8.1, Spring Boot 4.0.1", "4.1.2, 6.8.1, Lettuce 6.8.1",
			"4.1.2, 7.4.2, Lettuce 7.4.2" })
	void aVersionThatIsTooOldIsNamedWithThoseThatFit(String boot, String lettuce, String found) {
		assertThatExceptionOfType(UnusablePoolException.class)
			.isThrownBy(() -> VersionCheck.check(boot, lettuce, List::of))
			.withMessage("Lettuce Pool does not work with %s. %s", found, FITTING);
	}

	@ParameterizedTest
	@CsvSource({ "4.1.0, 7.5.0", "4.1.2, 7.7.0", "4.2.0-M1, 7.10.0-SNAPSHOT", "5.0.0, 8.0.0", "4.10.0,",
			"4.1.2, unknown" })
	void anotherVersionThatHasAllPartsIsNotRefused(String boot, String lettuce) {
		assertThatNoException().isThrownBy(() -> VersionCheck.check(boot, lettuce, List::of));
	}

	@Test
	void aLettuceThatLacksPartsIsNamedWithThese() {
		assertThatExceptionOfType(UnusablePoolException.class)
			.isThrownBy(() -> VersionCheck.check("4.1.9", "7.9.0", () -> List.of("io.lettuce.A", "io.lettuce.B.c")))
			.withMessage("Lettuce Pool does not work with Lettuce 7.9.0, which lacks io.lettuce.A, io.lettuce.B.c. "
					+ FITTING)
			.satisfies((ex) -> assertThat(ex.getAction()).contains("Spring Boot 4.1.9 brings one that fits"));
	}

}
