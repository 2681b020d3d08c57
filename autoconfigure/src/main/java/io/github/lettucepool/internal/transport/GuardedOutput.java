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

import java.nio.ByteBuffer;
import java.util.function.Consumer;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import org.jspecify.annotations.Nullable;

/**
 * Passes a reply on to the output of its command, and keeps the first failure of that
 * output: whoever decodes a reply sees none, and decodes it to its end.
 * <p>
 * It belongs to one connection, and to one command at a time.
 */
final class GuardedOutput extends CommandOutput<byte[], byte[], Void> {

	private @Nullable CommandOutput<?, ?, ?> target;

	private boolean streaming;

	private boolean begun;

	private @Nullable Throwable failure;

	GuardedOutput() {
		super(ByteArrayCodec.INSTANCE, null);
	}

	/**
	 * Passes a reply, or the next part of it, on to an output.
	 * @param target the output
	 * @param streaming whether a subscriber gets the elements one by one, and none after
	 * one is missing
	 * @return this
	 */
	GuardedOutput guard(CommandOutput<?, ?, ?> target, boolean streaming) {
		this.streaming = streaming;
		if (this.failure == null) {
			this.target = target;
		}
		return this;
	}

	/**
	 * Returns whether an output has a part of its reply. It may not show that: some keep
	 * a part aside, or have passed it on.
	 * @return whether one has
	 */
	boolean isBegun() {
		return this.begun;
	}

	/**
	 * The reply has been read.
	 * @return the failure of its output, or {@code null}
	 */
	@Nullable Throwable end() {
		Throwable failure = this.failure;
		this.begun = false;
		this.target = null;
		this.failure = null;
		return failure;
	}

	private void failed(Throwable ex, boolean last) {
		if (this.failure == null) {
			this.failure = ex;
		}
		if (last || this.streaming) {
			this.target = null;
		}
	}

	private void pass(Consumer<CommandOutput<?, ?, ?>> part) {
		CommandOutput<?, ?, ?> target = this.target;
		if (target != null) {
			this.begun = true;
			try {
				part.accept(target);
			}
			catch (Throwable ex) {
				failed(ex, false);
			}
		}
	}

	@Override
	public void set(ByteBuffer bytes) {
		CommandOutput<?, ?, ?> target = this.target;
		if (target != null) {
			this.begun = true;
			try {
				target.set(bytes);
			}
			catch (Throwable ex) {
				failed(ex, false);
			}
		}
	}

	@Override
	public void set(long number) {
		CommandOutput<?, ?, ?> target = this.target;
		if (target != null) {
			this.begun = true;
			try {
				target.set(number);
			}
			catch (Throwable ex) {
				failed(ex, false);
			}
		}
	}

	/**
	 * An output that fails here may not know any more what comes next.
	 */
	@Override
	public void complete(int depth) {
		CommandOutput<?, ?, ?> target = this.target;
		if (target != null) {
			try {
				target.complete(depth);
			}
			catch (Throwable ex) {
				failed(ex, true);
			}
		}
	}

	@Override
	public void set(double number) {
		pass((target) -> target.set(number));
	}

	@Override
	public void set(boolean value) {
		pass((target) -> target.set(value));
	}

	@Override
	public void setSingle(ByteBuffer bytes) {
		pass((target) -> target.setSingle(bytes));
	}

	@Override
	public void setBigNumber(ByteBuffer bytes) {
		pass((target) -> target.setBigNumber(bytes));
	}

	@Override
	public void setError(ByteBuffer error) {
		pass((target) -> target.setError(error));
	}

	@Override
	public void setError(String error) {
		pass((target) -> target.setError(error));
	}

	@Override
	public void multi(int count) {
		pass((target) -> target.multi(count));
	}

	@Override
	public void multiArray(int count) {
		pass((target) -> target.multiArray(count));
	}

	@Override
	public void multiPush(int count) {
		pass((target) -> target.multiPush(count));
	}

	@Override
	public void multiMap(int count) {
		pass((target) -> target.multiMap(count));
	}

	@Override
	public void multiSet(int count) {
		pass((target) -> target.multiSet(count));
	}

}
