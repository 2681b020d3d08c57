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

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.flush.FlushConsolidationHandler;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link PooledClientResources}.
 */
@ExtendWith(OutputCaptureExtension.class)
@Tag("unit")
class PooledClientResourcesTests {

	@Test
	void aReconnectIsNeverDelayedByMoreThanASecond() {
		with(List.of(), (resources) -> {
			Delay delay = resources.reconnectDelay();
			assertThat(delay.createDelay(1)).isLessThanOrEqualTo(Duration.ofMillis(1));
			assertThat(delay.createDelay(100)).isEqualTo(Duration.ofSeconds(1));
		});
	}

	@Test
	void aCustomizerMaySetAnotherDelay() {
		Delay delay = Delay.constant(Duration.ofSeconds(5));
		with(List.of((builder) -> builder.reconnectDelay(delay)),
				(resources) -> assertThat(resources.reconnectDelay()).isSameAs(delay));
	}

	@Test
	void flushesAreConsolidated() {
		with(List.of(), (resources) -> assertThat(isConsolidating(resources)).isTrue());
	}

	@Test
	void theNettyCustomizerOfACustomizerIsCalledToo() {
		NettyCustomizer nettyCustomizer = mock(NettyCustomizer.class);
		with(List.of((builder) -> builder.nettyCustomizer(nettyCustomizer)), (resources) -> {
			assertThat(isConsolidating(resources)).isTrue();
			then(nettyCustomizer).should().afterChannelInitialized(any());
		});
	}

	@Test
	void flushesAreConsolidatedInACopyOfTheResources() {
		with(List.of(), (resources) -> {
			ClientResources copy = resources.mutate().build();
			assertThat(isConsolidating(copy)).isTrue();
			copy.shutdown(0, 0, TimeUnit.SECONDS);
		});
	}

	@Test
	void nothingIsMissingFromTheseResources(CapturedOutput output) {
		with(List.of(), (resources) -> PooledClientResources.reportMissing(resources));
		assertThat(output).doesNotContain("ClientResources bean");
	}

	@Test
	void whatIsMissingFromOtherResourcesIsSaid(CapturedOutput output) {
		PooledClientResources.reportMissing(mock(ClientResources.class));
		assertThat(output).contains("INFO").contains("own ClientResources bean: flush consolidation is not installed");
	}

	private void with(List<ClientResourcesBuilderCustomizer> customizers, Consumer<DefaultClientResources> test) {
		DefaultClientResources resources = PooledClientResources.create(customizers);
		try {
			test.accept(resources);
		}
		finally {
			resources.shutdown(0, 0, TimeUnit.SECONDS);
		}
	}

	private boolean isConsolidating(ClientResources resources) {
		EmbeddedChannel connection = new EmbeddedChannel();
		try {
			resources.nettyCustomizer().afterChannelInitialized(connection);
			return connection.pipeline().get(FlushConsolidationHandler.class) != null;
		}
		finally {
			connection.close();
		}
	}

}
