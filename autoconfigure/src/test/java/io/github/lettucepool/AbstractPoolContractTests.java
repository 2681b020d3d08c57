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
package io.github.lettucepool;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration.LettuceClientConfigurationBuilder;

import static org.awaitility.Awaitility.await;

/**
 * What a pool promises, whatever the topology of the servers and the codec of the
 * borrowers. A topology extends {@link AbstractBlockingPoolContractTests} and
 * {@link AbstractReactivePoolContractTests} and says how to make a factory and where the
 * connections lead to; one that cannot keep a part of the promise implements the other
 * parts by itself.
 * <p>
 * After each test, the server must have no connection left.
 */
@ExtendWith(OutputCaptureExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
abstract class AbstractPoolContractTests
		implements BudgetContract, WaitingContract, AsyncContract, AgeContract, BrokenConnectionContract,
		ServerDownContract, HygieneContract, LeaseContract, LifecycleContract, RunTimeContract {

	private final List<TestedPool> pools = new ArrayList<>();

	private final LostBytes lostBytes = new LostBytes();

	private ClientResources resources;

	/**
	 * Makes a factory that is not started.
	 * @param settings the pool's settings
	 * @param client how Lettuce connects
	 * @return the factory
	 */
	abstract PooledLettuceConnectionFactory factory(PoolSettings settings, LettuceClientConfiguration client);

	/**
	 * How Lettuce connects, before a test changes it.
	 * @return a new builder
	 */
	LettuceClientConfigurationBuilder client() {
		return LettuceClientConfiguration.builder().clientResources(this.resources);
	}

	@BeforeAll
	void setUp() {
		this.resources = DefaultClientResources.builder()
			.ioThreadPoolSize(2)
			.computationThreadPoolSize(2)
			.nettyCustomizer(this.lostBytes)
			.build();
	}

	@AfterAll
	void tearDown() {
		this.resources.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@BeforeEach
	void resetServer() {
		server().start();
		server().execute("FLUSHALL");
		resetCalls();
	}

	@AfterEach
	void noConnectionIsLeft() {
		server().resume();
		this.pools.forEach(TestedPool::close);
		this.pools.clear();
		server().start();
		await().until(() -> connections() == 0);
	}

	@Override
	public LostBytes lostBytes() {
		return this.lostBytes;
	}

	@Override
	public TestedPool create(UnaryOperator<PoolSettings.Builder> settings,
			UnaryOperator<LettuceClientConfigurationBuilder> client) {
		PoolSettings.Builder builder = PoolSettings.builder()
			.sharedConnections(0)
			.maxWait(Duration.ofSeconds(50))
			.validateAfterIdle(PATIENT)
			.validationTimeout(PATIENT);
		LettuceClientConfiguration configuration = client.apply(client()).build();
		PooledLettuceConnectionFactory factory = factory(settings.apply(builder).build(), configuration);
		TestedPool pool = new TestedPool(factory, codec());
		this.pools.add(pool);
		return pool;
	}

}
