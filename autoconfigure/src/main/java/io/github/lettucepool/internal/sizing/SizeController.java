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

package io.github.lettucepool.internal.sizing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;

/**
 * Finds the size of a pool by trial, as one climbs a hill. It has no clock and no thread:
 * it is fed a {@link Sample} about five times a second, and answers with a size.
 * <ul>
 * <li><b>A trial.</b> While borrowers wait, the size is doubled. If completions or the
 * time from request to return have become better by a few percent, beyond chance, the
 * size stays and the next trial begins. If not, a size is tried at which nobody waits, or
 * the limit, for half a queue may be as slow as a whole one. If that is no better either,
 * the server or this machine is the limit, and the pool goes back. A burst that the queue
 * absorbs starts no trial.</li>
 * <li><b>Second thoughts.</b> A verdict may be wrong: a program that was still warming up
 * makes any trial look good. A size that was found is tried against its half soon after,
 * and then against its double and its half in turn, ever more rarely. If lease times or
 * completions change, the search begins anew.</li>
 * <li><b>Fair play.</b> Growth needs a fresh answer of the server. It never goes so far
 * that the clients of all instances, if they grew as much, took more than 60 % of
 * {@code maxclients}. From there on it is one at a time, and from 80 % on none.</li>
 * <li><b>Giving back.</b> Without waits, a pool shrinks to what was needed in the last
 * ten minutes, at most by half; sooner where the server has little room.</li>
 * </ul>
 * Not thread-safe.
 */
public final class SizeController {

	/**
	 * The least gain that keeps a size twice as large.
	 */
	static final double GAIN = 0.07;

	/**
	 * The greatest cost of a size half as large.
	 */
	static final double LOSS = 0.05;

	static final double SLOW_FROM = 0.6;

	static final double STOP_FROM = 0.8;

	private static final int LOOKS = 5;

	/**
	 * Fewer tell nothing about speed.
	 */
	private static final int FEW = 20;

	private static final int MANY = 200;

	/**
	 * A trial takes no longer to take effect.
	 */
	private static final long LONGEST_START = Duration.ofSeconds(5).toNanos();

	/**
	 * Leases from before a trial are not waited for any longer.
	 */
	private static final long OLD_LEASES = Duration.ofSeconds(2).toNanos();

	private static final long JUMP = Duration.ofSeconds(1).toNanos();

	private static final long FIRST_TRIAL = Duration.ofSeconds(6).toNanos();

	/**
	 * What seemed better in a second, and stands for long, is often chance.
	 */
	private static final long SHORTEST_PROOF = Duration.ofSeconds(3).toNanos();

	private static final long LONGEST_TRIAL = Duration.ofSeconds(10).toNanos();

	private static final long LONGEST_BASE = Duration.ofSeconds(20).toNanos();

	private static final long FIRST_GAP = Duration.ofSeconds(10).toNanos();

	/**
	 * How much longer each gap between two trials is than the one before.
	 */
	private static final int LONGER = 10;

	private static final long LONGEST_GAP = Duration.ofMinutes(60).toNanos();

	private static final long SLOW_STEP = Duration.ofSeconds(30).toNanos();

	private static final long FRESH = Duration.ofSeconds(5).toNanos();

	private static final long QUICK_ANSWER = Duration.ofMillis(50).toNanos();

	private static final long PERIOD = Duration.ofMinutes(10).toNanos();

	private static final long SLOW_PERIOD = Duration.ofMinutes(2).toNanos();

	private static final long STOP_PERIOD = Duration.ofSeconds(30).toNanos();

	private static final double CHANGED = 0.4;

	private final DoubleSupplier random;

	private final List<Sample> recent = new ArrayList<>();

	private int min;

	private int limit;

	private int size;

	private String reason = "Nobody has waited yet.";

	private boolean mayGrow = true;

	// The figures at the size now, since there is pressure or there is none.
	private @Nullable Span base;

	private boolean pressed;

	private @Nullable Trial trial;

	// Set while growing does not pay: what it was like then, and how it is now.
	private @Nullable Span reference;

	private @Nullable Span current;

	private int differences;

	private boolean held;

	private long heldSince;

	// Whether the size is no longer kept because the load seemed to change.
	private boolean released;

	// How long a size is kept although the load seems to have changed.
	private long patience = FIRST_GAP;

	// When a trial was under way for the last time.
	private long triedUntil = Long.MIN_VALUE / 2;

	// The size at which nobody would have waited, or the limit, when it was last tried;
	// 0 if never.
	private int triedForAll;

	// When the size is tried against its half or its double, once it has been found.
	private @Nullable Long trialAt;

	private long gap = FIRST_GAP;

	private boolean doubleNext;

	private long growAt = Long.MIN_VALUE;

	// Whether growing waits for that time because the server has little room.
	private boolean slow;

	private int peak;

	private @Nullable Sample periodStart;

	/**
	 * Creates a controller.
	 * @param min the smallest size, at least 1
	 * @param limit the greatest size
	 * @param size the size now
	 * @param random numbers from 0 to 1, so that instances do not all do the same
	 */
	public SizeController(int min, int limit, int size, DoubleSupplier random) {
		this.random = random;
		this.min = min;
		this.limit = limit;
		this.size = size;
	}

	/**
	 * Changes the bounds. Other ones end a trial without a verdict: its sizes may be
	 * outside.
	 * @param min the smallest size, at least 1
	 * @param limit the greatest size
	 * @return the size now
	 */
	public Decision bounds(int min, int limit) {
		if (min == this.min && limit == this.limit) {
			return stay();
		}
		this.min = min;
		this.limit = limit;
		int within = Math.max(min, Math.min(limit, abandonTrial()));
		this.held = false;
		this.growAt = Long.MIN_VALUE;
		return (within != this.size) ? resize(within, "The bounds are %d and %d now.".formatted(min, limit)) : stay();
	}

	/**
	 * Ends a trial without a verdict.
	 * @return the size without it
	 */
	private int abandonTrial() {
		Trial trial = this.trial;
		if (trial == null) {
			return this.size;
		}
		this.trial = null;
		this.triedForAll = 0;
		return trial.before();
	}

	/**
	 * Takes a sample.
	 * @param now what is known now
	 * @return what follows
	 */
	public Decision take(Sample now) {
		if (!now.serving()) {
			return pause(now);
		}
		this.recent.add(now);
		if (this.recent.size() > 3 * LOOKS + 1) {
			this.recent.remove(0);
		}
		if (this.periodStart == null) {
			beginPeriod(now);
		}
		this.peak = Math.max(this.peak, now.active() + Math.min(now.pending(), this.size));
		Trial trial = this.trial;
		if (trial != null) {
			this.triedUntil = now.nanos();
			return judge(trial, now);
		}
		if (now.active() > this.size && now.nanos() - this.triedUntil < OLD_LEASES) {
			// They began when more were under way, and took longer.
			this.recent.clear();
			return stay();
		}
		boolean pressed = isPressed();
		if (pressed != this.pressed) {
			this.base = null;
			this.current = null;
		}
		this.pressed = pressed;
		Span base = this.base;
		if (base == null
				|| (now.nanos() - base.first().nanos() > LONGEST_BASE && (!this.held || base.returned() >= MANY))) {
			int last = this.recent.size() - 1;
			base = span(Math.max(0, last - LOOKS), last);
		}
		else {
			base.add(now);
		}
		this.base = base;
		if (pressed) {
			beginPeriod(now);
			return pressed(base, now);
		}
		this.mayGrow = this.size < this.limit;
		boolean halve = !this.doubleNext && isTrialDue(base, now) && this.size > this.min;
		return (halve && now.active() * 2 > this.size) ? halve(base, now) : shrink(now);
	}

	private Decision pause(Sample now) {
		this.recent.clear();
		this.base = null;
		this.current = null;
		this.periodStart = null;
		this.mayGrow = false;
		if (this.trialAt != null) {
			this.trialAt = Math.max(this.trialAt, now.nanos() + FIRST_GAP);
		}
		String reason = "The pool is suspended, or its server cannot be reached.";
		int before = abandonTrial();
		return (before != this.size) ? resize(before, reason) : stay(reason);
	}

	/**
	 * Returns whether borrowers wait, for longer than a burst takes.
	 */
	private boolean isPressed() {
		int last = this.recent.size() - 1;
		if (last < LOOKS) {
			return false;
		}
		long waiting = this.recent.subList(last + 1 - LOOKS, last + 1)
			.stream()
			.filter((sample) -> sample.pending() > 0)
			.count();
		return waiting > LOOKS / 2 || (last >= 3 * LOOKS && IntStream.of(0, LOOKS, 2 * LOOKS)
			.allMatch((ago) -> span(last - ago - LOOKS, last - ago).hasLongWaits()));
	}

	private Span span(int first, int last) {
		Span span = new Span(this.recent.get(first));
		this.recent.subList(first + 1, last + 1).forEach(span::add);
		return span;
	}

	private Decision pressed(Span base, Sample now) {
		boolean grows = this.size < this.limit;
		if (this.held && hasChanged(now) && now.nanos() - this.heldSince >= this.patience) {
			release(now);
		}
		this.mayGrow = grows && !this.held;
		if (this.mayGrow) {
			return grow(Objects.requireNonNull(this.base), now);
		}
		if (isTrialDue(base, now)) {
			if (grows && (this.doubleNext || this.size == this.min)) {
				return grow(base, now);
			}
			if (this.size > this.min) {
				return halve(base, now);
			}
		}
		return stay(this.held ? this.reason : "Borrowers wait, and the size is at its limit.");
	}

	private boolean isTrialDue(Span base, Sample now) {
		Long trialAt = this.trialAt;
		return trialAt != null && now.nanos() - trialAt >= 0 && base.returned() >= MANY && base.isLongEnough();
	}

	private Decision halve(Span base, Sample now) {
		return begin(this.size, base, base, Math.max(this.min, this.size / 2), now, "Tries whether fewer do as well.");
	}

	private void release(Sample now) {
		this.held = false;
		this.released = true;
		this.reference = null;
		this.gap = FIRST_GAP;
		this.trialAt = now.nanos() + FIRST_GAP;
	}

	/**
	 * Returns whether the load or the server is another one than when growing did not
	 * pay.
	 */
	private boolean hasChanged(Sample now) {
		Span current = this.current;
		if (current == null) {
			this.current = new Span(now);
			return false;
		}
		current.add(now);
		if (current.seconds() < 1 || (this.reference == null && current.seconds() < 5)) {
			return false;
		}
		this.current = null;
		Span reference = this.reference;
		if (reference == null) {
			this.reference = current;
			return false;
		}
		double chance = Math.max(CHANGED,
				4 * Math.max(current.chanceOfCompletions(reference), current.chanceOfResponse(reference)));
		double waits = Math.log(current.response() / reference.response());
		boolean differs = Math.abs(Math.log(current.completions() / reference.completions())) > chance
				|| Math.abs(Math.log(current.lease() / reference.lease())) > chance || waits > 2 * chance;
		this.differences = differs ? this.differences + 1 : 0;
		if (this.differences >= 2) {
			this.base = current;
			return true;
		}
		return false;
	}

	private Decision grow(Span base, Sample now) {
		if (now.connecting()) {
			return stay("Borrowers wait for connections that are being opened.");
		}
		Sample.Server server = now.server();
		if (server == null || (server.isAnswered() && !isFresh(server, now))) {
			return new Decision(this.size, null, true);
		}
		if (!server.isAnswered()) {
			return stay("Borrowers wait for a server that is slow to answer.");
		}
		if (server.usage() >= STOP_FROM) {
			this.mayGrow = false;
			return stay("The server has %d of %d clients, which leaves no room to grow.".formatted(server.connected(),
					server.max()), now.nanos() - server.answeredNanos() > FRESH / 2);
		}
		if (now.nanos() < this.growAt) {
			return stay("Borrowers wait, but the server has %d of %d clients: the pool grows slowly."
				.formatted(server.connected(), server.max()));
		}
		int next = Math.min(this.limit, next(server, now));
		if (next == this.size) {
			return stay();
		}
		return begin(this.size, base, base, next, now,
				"Borrowers wait for %.1f ms on average, and nothing tells against more connections."
					.formatted(1e3 * base.waited()));
	}

	/**
	 * Returns whether the server has room if all instances do the same, also those that
	 * have not tried anything yet.
	 */
	private static boolean hasRoom(int size, int before, Sample now) {
		Sample.Server server = now.server();
		return server != null && isFresh(server, now) && server.usage() * size / before <= SLOW_FROM;
	}

	private static boolean isFresh(Sample.Server server, Sample now) {
		return server.isAnswered() && now.nanos() - server.answeredNanos() <= FRESH;
	}

	private int next(Sample.Server server, Sample now) {
		double usage = server.usage();
		if (usage >= SLOW_FROM) {
			this.slow = !this.slow;
			if (!this.slow) {
				return this.size + 1;
			}
			this.growAt = now.nanos() + (long) (SLOW_STEP * (0.5 + this.random.getAsDouble()));
			return this.size;
		}
		this.slow = false;
		// If all instances did the same, the server would have 60 % of its clients.
		double factor = (usage > 0) ? Math.min(2, SLOW_FROM / usage) : 2;
		int next = (int) (this.size * factor + ((factor < 2) ? this.random.getAsDouble() : 0));
		if (factor < 2) {
			this.growAt = now.nanos() + FRESH;
		}
		return next;
	}

	private Decision begin(int before, Span base, Span best, int size, Sample now, String reason) {
		this.trial = new Trial(before, base, best, now.nanos(), null);
		return resize(size, reason);
	}

	private Decision judge(Trial trial, Sample now) {
		boolean up = this.size > trial.before();
		Span span = trial.span();
		if (span == null) {
			boolean settled = now.nanos() - trial.startNanos() > trial.settleNanos(this.size) && !now.connecting()
					&& (up || now.active() <= this.size);
			if (settled || now.nanos() - trial.startNanos() > LONGEST_START) {
				this.trial = new Trial(trial.before(), trial.base(), trial.best(), trial.startNanos(), new Span(now));
				this.recent.clear();
				this.recent.add(now);
				return new Decision(this.size, null, up);
			}
			return stay();
		}
		span.add(now);
		Boolean better = up ? pays(trial, span, now) : isAsGood(trial, span);
		if (better == null || (better && this.gap > FIRST_GAP && span.seconds() * 1e9 < SHORTEST_PROOF)) {
			// The verdict may be to grow further, which takes a fresh answer.
			Sample.Server server = now.server();
			return new Decision(this.size, null, up && (server == null || !isFresh(server, now)));
		}
		this.trial = null;
		this.base = span;
		if (up) {
			return better ? grown(trial, span, now) : failed(trial, span, now);
		}
		if (better && Gain.inCompletions(trial.best(), span).value() > CHANGED) {
			release(now);
			return resize(trial.before(), "The load has changed while %d were tried.".formatted(this.size));
		}
		return better ? halved(trial, span, now) : needed(trial, now);
	}

	/**
	 * Returns whether growing paid, or {@code null} as long as that is open.
	 */
	private @Nullable Boolean pays(Trial trial, Span span, Sample now) {
		if (!span.isLongEnough()) {
			return null;
		}
		Span base = trial.base();
		Gain more = Gain.inCompletions(base, span);
		Gain sooner = Gain.inResponse(base, span);
		boolean fewer = more.value() < 0 && more.isSure(0);
		Gain gain = (fewer || more.value() > sooner.value()) ? more : sooner;
		double ratio = (double) this.size / trial.before() - 1;
		long most = Math.max(span.returned(), base.returned());
		if (isQuick(now.server()) && (most < FEW || (most < 5 * FEW && more.value() > ratio / 2))) {
			// Long leases: no sign that the server is busy, if it answers at once.
			return true;
		}
		double least = GAIN * Math.min(1, ratio);
		if (gain.isSure(least) || isLong(span)) {
			// A small step is too small to be seen; it is kept unless it does harm. Any
			// other has to be seen, if not as clearly after a long time.
			boolean small = this.size < trial.before() * 1.3;
			return gain.value() > (small ? -Gain.SURE * gain.deviation() : least + gain.deviation());
		}
		return null;
	}

	/**
	 * Returns whether a trial has taken long enough. The later ones may take longer, for
	 * their verdicts stand for longer.
	 */
	private boolean isLong(Span span) {
		return span.seconds() * 1e9 >= ((this.gap > FIRST_GAP) ? LONGEST_TRIAL : FIRST_TRIAL);
	}

	private static boolean isQuick(Sample.@Nullable Server server) {
		return server != null && server.isAnswered() && server.answeredNanos() - server.askedNanos() < QUICK_ANSWER;
	}

	/**
	 * Returns whether the smaller size does as well, or {@code null} as long as that is
	 * open.
	 */
	private @Nullable Boolean isAsGood(Trial trial, Span span) {
		Span best = trial.best();
		if (!span.isLongEnough()) {
			return null;
		}
		Gain more = Gain.inCompletions(best, span);
		Gain sooner = Gain.inResponse(best, span);
		Gain gain = (more.value() < sooner.value()) ? more : sooner;
		boolean queues = span.response() > 1.5 * best.response();
		return (queues || gain.isSure(-LOSS) || isLong(span)) ? !queues && gain.value() > -LOSS : null;
	}

	private Decision grown(Trial trial, Span span, Sample now) {
		this.held = false;
		this.patience = FIRST_GAP;
		this.doubleNext = false;
		this.trialAt = now.nanos() + this.gap;
		return stay("Growing from %d to %d has paid: %s.".formatted(trial.before(), this.size,
				compared(trial.base(), span)));
	}

	private Decision failed(Trial trial, Span span, Sample now) {
		int all = Math.min(this.limit,
				this.recent.stream().mapToInt((sample) -> sample.active() + sample.pending()).max().orElse(0));
		boolean tried = Math.abs(Math.log((double) all / this.triedForAll)) < CHANGED;
		if (!tried && all > this.size && hasRoom(all, trial.before(), now)) {
			this.triedForAll = all;
			return begin(trial.before(), trial.base(), trial.base(), all, now,
					"%d did no better than %d. Tries %s.".formatted(this.size, trial.before(),
							(all < this.limit) ? "a size at which nobody waits" : "the limit"));
		}
		if (this.released) {
			this.patience = Math.min(LONGEST_GAP, 2 * this.patience);
		}
		hold(now, false, trial.base());
		return resize(trial.before(), "%d did no better than %d: %s. The server or this machine is the limit."
			.formatted(this.size, trial.before(), compared(trial.base(), span)));
	}

	/**
	 * Keeps a size for a while. Any verdict may be wrong, so another trial follows, in
	 * the other direction.
	 */
	private void hold(Sample now, boolean doubleNext, @Nullable Span before) {
		this.held = true;
		this.released = false;
		this.mayGrow = false;
		this.base = null;
		this.reference = (before != null && before.returned() >= MANY) ? before : null;
		this.current = null;
		this.differences = 0;
		this.heldSince = now.nanos();
		this.doubleNext = doubleNext;
		this.trialAt = now.nanos() + this.gap;
		this.gap = Math.min(LONGEST_GAP, LONGER * this.gap);
	}

	private Decision halved(Trial trial, Span span, Sample now) {
		int half = Math.max(this.min, this.size / 2);
		String reason = "%d do as well as %d.".formatted(this.size, trial.before());
		if (half == this.size) {
			hold(now, true, null);
			return stay(reason);
		}
		return begin(this.size, span, trial.best(), half, now, reason);
	}

	private Decision needed(Trial trial, Sample now) {
		hold(now, true, trial.base());
		return resize(trial.before(),
				"%d are needed: with %d, borrowers waited longer.".formatted(trial.before(), this.size));
	}

	private static String compared(Span base, Span span) {
		return "%d completions a second in place of %d, %.1f ms from request to return in place of %.1f".formatted(
				Math.round(span.completions()), Math.round(base.completions()), 1e3 * span.response(),
				1e3 * base.response());
	}

	private Decision shrink(Sample now) {
		Sample start = this.periodStart;
		Sample.Server server = now.server();
		double usage = (server != null) ? server.usage() : 0;
		long period = (usage >= STOP_FROM) ? STOP_PERIOD : (usage >= SLOW_FROM) ? SLOW_PERIOD : PERIOD;
		if (start == null || now.nanos() - start.nanos() < period) {
			return stay();
		}
		int need = this.peak;
		beginPeriod(now);
		int target = Math.max(Math.max(this.min, this.size / 2), Math.max(now.active(), (need * 5 + 3) / 4));
		if (target > this.size * 0.75) {
			return stay();
		}
		this.held = false;
		return resize(target,
				"At most %d were needed in the last %d s.".formatted(need, Duration.ofNanos(period).toSeconds()));
	}

	private void beginPeriod(Sample now) {
		this.periodStart = now;
		this.peak = now.active();
	}

	private Decision resize(int size, String reason) {
		this.size = size;
		this.reason = reason;
		// The figures so far are those of another size.
		this.base = null;
		this.recent.clear();
		return new Decision(size, reason, false);
	}

	private Decision stay() {
		return stay(this.reason);
	}

	private Decision stay(String reason) {
		return stay(reason, false);
	}

	private Decision stay(String reason, boolean ask) {
		this.reason = reason;
		return new Decision(this.size, null, ask);
	}

	/**
	 * Why the size is what it is.
	 * @return a sentence
	 */
	public String reason() {
		return this.reason;
	}

	/**
	 * Returns whether the size may still grow if borrowers wait.
	 * @return {@code false} at the limit, and while growing does not pay
	 */
	public boolean mayGrow() {
		return this.mayGrow;
	}

	/**
	 * The answer to a sample.
	 *
	 * @param size the size from now on
	 * @param reason why it changes, a sentence; {@code null} if it does not
	 * @param ask whether to ask the server for its clients
	 */
	public record Decision(int size, @Nullable String reason, boolean ask) {

	}

	/**
	 * Another size that is tried.
	 *
	 * @param before the size before
	 * @param base the figures at that size
	 * @param best the figures at the largest of the sizes that are tried one after the
	 * other
	 * @param startNanos when it began
	 * @param span the figures since it took effect; {@code null} before
	 */
	private record Trial(int before, Span base, Span best, long startNanos, @Nullable Span span) {

		/**
		 * Leases that end at first began when fewer were under way. Many connections at
		 * once are slow at first: in a cluster, each still opens those to its nodes.
		 */
		private long settleNanos(int size) {
			double lease = (this.base.returned() >= FEW) ? this.base.lease() * size / this.before : 0;
			return Math.max((size > 2 * this.before) ? JUMP : 0, Math.min(OLD_LEASES, (long) (lease * 1e9)));
		}

	}

}
