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

package io.github.lettucepool.sample.embedded;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

import io.github.lettucepool.embedded.EmbeddedRedisException;

/**
 * Says what to do when the embedded Redis does not start.
 */
class EmbeddedRedisFailureAnalyzer extends AbstractFailureAnalyzer<EmbeddedRedisException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, EmbeddedRedisException cause) {
		return new FailureAnalysis("The embedded Redis did not start: " + reason(cause), """
				Do one of these:

				  - name a Redis of your own, for instance by --spring.data.redis.host=localhost
				  - set the environment variable REDIS_SERVER to the path of a redis-server that runs on this machine, \
				or unset it to run the one that comes along (Linux and macOS, x86-64 and arm64)""", cause);
	}

	private static String reason(EmbeddedRedisException ex) {
		return (ex.getCause() != null) ? "%s: %s".formatted(ex.getMessage(), ex.getCause().getMessage())
				: String.valueOf(ex.getMessage());
	}

}
