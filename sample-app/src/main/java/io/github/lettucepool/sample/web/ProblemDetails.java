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

package io.github.lettucepool.sample.web;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.context.MessageSourceResolvable;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.util.StringUtils;
import org.springframework.validation.FieldError;
import org.springframework.validation.method.ParameterErrors;
import org.springframework.validation.method.ParameterValidationResult;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.method.annotation.HandlerMethodValidationException;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JacksonException.Reference;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.databind.DatabindException;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolExhaustedException;

/**
 * Turns exceptions into answers that tell the caller what is wrong.
 */
@RestControllerAdvice
class ProblemDetails extends ResponseEntityExceptionHandler {

	private static final Set<HttpMethod> REPEATABLE = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.PUT);

	@ExceptionHandler
	ResponseEntity<ProblemDetail> poolExhausted(PoolExhaustedException ex) {
		return unavailable("All Redis connections are in use", ex, true);
	}

	@ExceptionHandler({ RedisConnectionFailureException.class, QueryTimeoutException.class })
	ResponseEntity<ProblemDetail> redisAway(DataAccessException ex, HttpMethod method) {
		// Who got no connection has sent nothing. Otherwise this command or an earlier
		// one may have been executed.
		return unavailable("Redis does not answer", ex,
				ex instanceof PoolConnectException || REPEATABLE.contains(method));
	}

	private ResponseEntity<ProblemDetail> unavailable(String reason, DataAccessException ex, boolean repeatable) {
		this.logger.debug(reason, ex);
		ProblemDetail problem = ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE, reason
				+ (repeatable ? ". Try again in some seconds." : ". It is not known whether the request took effect."));
		ResponseEntity.HeadersBuilder<?> response = ResponseEntity.of(problem);
		return (repeatable ? response.header(HttpHeaders.RETRY_AFTER, "5") : response).build();
	}

	@Override
	protected @Nullable ResponseEntity<Object> handleMethodArgumentNotValid(MethodArgumentNotValidException ex,
			HttpHeaders headers, HttpStatusCode status, WebRequest request) {
		ex.getBody().setDetail(join(ex.getFieldErrors().stream().map((error) -> describe("", error))));
		return super.handleMethodArgumentNotValid(ex, headers, status, request);
	}

	@Override
	protected @Nullable ResponseEntity<Object> handleHandlerMethodValidationException(
			HandlerMethodValidationException ex, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
		ex.getBody().setDetail(join(ex.getParameterValidationResults().stream().flatMap(ProblemDetails::describe)));
		return super.handleHandlerMethodValidationException(ex, headers, status, request);
	}

	@Override
	protected @Nullable ResponseEntity<Object> handleHttpMessageNotReadable(HttpMessageNotReadableException ex,
			HttpHeaders headers, HttpStatusCode status, WebRequest request) {
		if (ex.getCause() instanceof StreamConstraintsException tooMuch) {
			return handleExceptionInternal(ex,
					ProblemDetail.forStatusAndDetail(HttpStatus.CONTENT_TOO_LARGE, tooMuch.getOriginalMessage()),
					headers, HttpStatus.CONTENT_TOO_LARGE, request);
		}
		// A body that is no JSON at all has another cause.
		boolean understood = ex.getCause() instanceof DatabindException
				|| ex.getCause() instanceof InputCoercionException;
		String reason = (understood && ex.getCause() instanceof JacksonException json) ? describe(json)
				: "A body in JSON is required";
		return handleExceptionInternal(ex, ProblemDetail.forStatusAndDetail(status, reason), headers, status, request);
	}

	private static String describe(JacksonException ex) {
		// Without the advice for developers that may follow, and without all of a long
		// value.
		String reason = StringUtils.truncate(ex.getOriginalMessage().replaceFirst(" \\(but might.*", ""), 200);
		return ex.getPath()
			.stream()
			.map(Reference::getPropertyName)
			.filter(Objects::nonNull)
			.reduce((parent, child) -> parent + "." + child)
			.map((property) -> property + ": " + reason)
			.orElse(reason);
	}

	private static Stream<String> describe(ParameterValidationResult result) {
		String parameter = result.getMethodParameter().getParameterName();
		if (result instanceof ParameterErrors errors) {
			Integer index = errors.getContainerIndex();
			String prefix = (index != null) ? "%s[%d].".formatted(parameter, index) : "";
			return errors.getFieldErrors().stream().map((error) -> describe(prefix, error));
		}
		List<MessageSourceResolvable> errors = result.getResolvableErrors();
		Integer index = result.getContainerIndex();
		String name = (index != null) ? "%s[%d]".formatted(parameter, index) : parameter;
		return errors.stream().map((error) -> name + ": " + error.getDefaultMessage());
	}

	private static String describe(String prefix, FieldError error) {
		return prefix + error.getField() + ": " + error.getDefaultMessage();
	}

	private static String join(Stream<String> errors) {
		return errors.sorted().collect(Collectors.joining("; "));
	}

}
