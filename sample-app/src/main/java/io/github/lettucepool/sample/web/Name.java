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

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

import jakarta.validation.Constraint;
import jakarta.validation.Payload;
import jakarta.validation.ReportAsSingleViolation;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;

/**
 * Allows names that can be part of a Redis key and of an address.
 */
@Constraint(validatedBy = {})
@NotNull
@Pattern(regexp = "[a-z0-9-]{1,64}")
@ReportAsSingleViolation
@Retention(RetentionPolicy.RUNTIME)
public @interface Name {

	/**
	 * What a caller is told.
	 * @return the message
	 */
	String message() default "must be 1 to 64 lower-case letters, digits or hyphens";

	/**
	 * Asked for by Bean Validation.
	 * @return the groups
	 */
	Class<?>[] groups() default {};

	/**
	 * Asked for by Bean Validation.
	 * @return the payload
	 */
	Class<? extends Payload>[] payload() default {};

}
