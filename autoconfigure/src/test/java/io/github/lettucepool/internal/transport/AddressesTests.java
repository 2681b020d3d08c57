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
package io.github.lettucepool.internal.transport;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

import io.netty.channel.unix.DomainSocketAddress;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Addresses}.
 */
@Tag("unit")
class AddressesTests {

	@ParameterizedTest
	@CsvSource({ "redis.example, redis.example:6379", "127.0.0.1, 127.0.0.1:6379", "::1, [::1]:6379",
			"[::1], [::1]:6379", "0:0:0:0:0:0:0:1, [::1]:6379", "2001:db8:abcd:0000::1, [2001:db8:abcd::1]:6379",
			"fe80::1%eth0, [fe80::1%eth0]:6379", "[fe80::1%25eth0], [fe80::1%25eth0]:6379" })
	void anAddressIsHostAndPortWithIpv6InBrackets(String host, String expected) {
		assertThat(Addresses.of(host, 6379)).isEqualTo(expected);
		assertThat(Addresses.of(InetSocketAddress.createUnresolved(host, 6379))).isEqualTo(expected);
	}

	@Test
	void aResolvedAddressIsWrittenAsAnUnresolvedOne() throws UnknownHostException {
		byte[] loopback = new byte[16];
		loopback[15] = 1;
		assertThat(Addresses.of(new InetSocketAddress(InetAddress.getByAddress(loopback), 6379)))
			.isEqualTo("[::1]:6379");
		assertThat(Addresses
			.of(new InetSocketAddress(InetAddress.getByAddress("redis.example", new byte[] { 10, 0, 0, 1 }), 6379)))
			.isEqualTo("redis.example:6379");
	}

	@Test
	void anotherKindOfAddressIsWrittenAsItWritesItself() {
		assertThat(Addresses.of(new DomainSocketAddress("/tmp/redis.sock"))).isEqualTo("/tmp/redis.sock");
		assertThat(Addresses.of(null)).isEqualTo("null");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					Unable to connect to 127.0.0.1/<unresolved>:7461 | Unable to connect to 127.0.0.1:7461
					Unable to connect to [127.0.0.1/<unresolved>:7461] | Unable to connect to [127.0.0.1:7461]
					[a.example/<unresolved>:1, ::1/<unresolved>:2] | [a.example:1, [::1]:2]
					[[::1]/<unresolved>:2] | [[::1]:2]
					Connection refused: /127.0.0.1:7461 | Connection refused: 127.0.0.1:7461
					Connection refused: /[0:0:0:0:0:0:0:1]:7461 | Connection refused: [::1]:7461
					Connection refused: localhost/127.0.0.1:7461 | Connection refused: localhost/127.0.0.1:7461
					Connection refused: localhost/[0:0:0:0:0:0:0:1]:7461 | Connection refused: localhost/[0:0:0:0:0:0:0:1]:7461
					Unable to connect to [redis://127.0.0.1:7461?timeout=3s] | Unable to connect to [redis://127.0.0.1:7461?timeout=3s]
					no file /a/1.2.3.4:5 of $1 | no file /a/1.2.3.4:5 of $1
					""")
	void theAddressesInATextOfALibraryAreWrittenLikewise(String text, String expected) {
		assertThat(Addresses.in(text)).isEqualTo(expected);
	}

}
