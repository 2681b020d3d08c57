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

package io.github.lettucepool.embedded.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ExtendWith;

import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisSentinelSet;
import io.github.lettucepool.embedded.RedisServer;

/**
 * Gives a test a {@link RedisServer}, a {@link RedisCluster} or a
 * {@link RedisSentinelSet}, in a field or in a parameter. All classes that ask for the
 * same are given the same, which is started once. It runs, it has no data and is
 * configured as at its start when it is given: before the class to a static field and to
 * a parameter of a method for all tests, before each test to any other field and
 * parameter, but once where the class has one instance for all tests.
 */
@Documented
@Target({ ElementType.FIELD, ElementType.PARAMETER })
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RedisExtension.class)
public @interface Redis {

	/**
	 * Tells servers apart that are otherwise the same.
	 * @return any name
	 */
	String value() default "";

	/**
	 * Whether nobody else is given it: for tests that stop it, pause it or change it. It
	 * ends with the class; with the test, if it is a parameter of that.
	 * @return {@code false} for one that all share
	 */
	boolean own() default false;

	/**
	 * The password of the default user.
	 * @return the password; none by default
	 */
	String password() default "";

	/**
	 * Lines of the configuration, for example {@code "maxclients 100"}.
	 * @return the lines
	 */
	String[] config() default {};

	/**
	 * Whether it speaks TLS, with the certificates that
	 * {@link RedisServer#certificates()} tells. The test has to be one that is only run
	 * if {@link RedisServer#supportsTls()}.
	 * @return {@code false} for plain TCP
	 */
	boolean tls() default false;

	/**
	 * The hosts that its certificate is for. Servers of different hosts and names are
	 * certified by different authorities.
	 * @return names and addresses; by default this machine's
	 */
	String[] hosts() default { "localhost", "127.0.0.1", "::1" };

	/**
	 * The masters of a cluster.
	 * @return their number
	 */
	int masters() default 3;

	/**
	 * The replicas of each master of a cluster.
	 * @return their number
	 */
	int replicas() default 1;

}
