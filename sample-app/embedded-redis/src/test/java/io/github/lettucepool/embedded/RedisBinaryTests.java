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

package io.github.lettucepool.embedded;

import java.nio.file.Files;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link RedisBinary}.
 */
class RedisBinaryTests {

	@AfterEach
	void forgetProperty() {
		System.clearProperty(RedisBinary.SYSTEM_PROPERTY);
	}

	@Test
	void knowsTheBinariesForLinuxAndMacOs() {
		assertThat(RedisBinary.resourceName("Linux", "amd64")).isEqualTo("redis-server-7.0.15-linux-amd64");
		assertThat(RedisBinary.resourceName("Linux", "aarch64")).isEqualTo("redis-server-7.0.15-linux-arm64");
		assertThat(RedisBinary.resourceName("Mac OS X", "x86_64")).isEqualTo("redis-server-7.0.15-darwin-amd64");
		assertThat(RedisBinary.resourceName("Mac OS X", "aarch64")).isEqualTo("redis-server-7.0.15-darwin-arm64");
	}

	@Test
	void saysWhatToDoOnAnotherPlatform() {
		assertThatExceptionOfType(EmbeddedRedisException.class)
			.isThrownBy(() -> RedisBinary.resourceName("Windows 11", "amd64"))
			.withMessageContaining("Windows 11")
			.withMessageContaining("REDIS_SERVER=")
			.withMessageContaining("--spring.data.redis.host=");
	}

	@Test
	void prefersTheBinaryThatTheUserNames() {
		System.setProperty(RedisBinary.SYSTEM_PROPERTY, "/bin/sh");
		assertThat(RedisBinary.find()).hasToString("/bin/sh");
	}

	@Test
	void refusesAFileThatCannotBeRun() {
		System.setProperty(RedisBinary.SYSTEM_PROPERTY, "/no/such/redis-server");
		assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(RedisBinary::find)
			.withMessageContaining("'/no/such/redis-server'")
			.withMessageContaining("not an executable file")
			.withMessageContaining(RedisBinary.SYSTEM_PROPERTY);
	}

	@Test
	void saysWhatItCouldNotRun() {
		System.setProperty(RedisBinary.SYSTEM_PROPERTY, "/bin/false");
		assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(() -> RedisServer.builder().start())
			.withMessageContaining("ended at once");
	}

	@Test
	void knowsTheEmbeddedBinaryOfLinuxToHaveTls() {
		Assumptions.assumeTrue(System.getProperty("os.name").contains("Linux"), "that of macOS has none");
		Assumptions.assumeTrue(System.getenv(RedisBinary.ENVIRONMENT_VARIABLE) == null, "another binary");
		assertThat(RedisBinary.supportsTls()).isTrue();
	}

	@Test
	void unpacksTheBinaryOnce() {
		assertThat(Files.isExecutable(RedisBinary.find())).isTrue();
		assertThat(RedisBinary.find()).isEqualTo(RedisBinary.find());
	}

}
