import { Chart, number } from "./charts.js";
import { Experiments, element } from "./experiments.js";

const MAX_EVENTS = 150;
const MAX_SLOTS = 64;
const RECONNECT_MILLIS = 5000;
const SILENT_MILLIS = 3000;

const byId = (id) => document.getElementById(id);

const charts = {
	throughput: new Chart(byId("chart-throughput"), [
		{ label: "succeeded", color: "--accent", fill: true }, { label: "failed", color: "--red" }], 10),
	latency: new Chart(byId("chart-latency"), [
		{ label: "median", color: "--blue" }, { label: "99th percentile", color: "--orange" }], 1),
	inflight: new Chart(byId("chart-inflight"), [{ label: "in flight", color: "--blue", fill: true }], 10),
	exclusive: new Chart(byId("chart-exclusive"), [
		{ label: "active", color: "--accent", fill: true }, { label: "idle", color: "--blue" },
		{ label: "pending", color: "--orange" }, { label: "max-size", color: "--soft", dash: [4, 4] }], 4),
	acquire: new Chart(byId("chart-acquire"), [
		{ label: "median", color: "--blue" }, { label: "99th percentile", color: "--orange" }], 1)
};

let pool = null;
let sizeTouched = false;
let loadTouched = false;

async function send(method, path, body) {
	const message = byId("message");
	try {
		const response = await fetch(path, { method, body: body && JSON.stringify(body),
			headers: body ? { "Content-Type": "application/json" } : {} });
		message.hidden = response.ok;
		if (!response.ok) {
			const problem = await response.json().catch(() => ({}));
			message.textContent = problem.detail ?? `The request failed: ${response.status}`;
		}
		return response.ok;
	}
	catch {
		message.textContent = "The application cannot be reached.";
		message.hidden = false;
		return false;
	}
}

function badge(id, text, kind) {
	const target = byId(id);
	target.textContent = text;
	target.className = "badge " + kind;
}

function chart(sample) {
	const time = sample.time / 1000;
	const { operations, acquisition, shared, exclusive } = sample;
	// The charts are of one pool at a time.
	if (pool !== sample.pool) {
		Object.values(charts).forEach((chart) => chart.clear());
	}
	charts.throughput.add(time, [operations.perSecond, operations.failuresPerSecond]);
	charts.latency.add(time, [operations.p50, operations.p99]);
	charts.inflight.add(time, [shared.inFlight]);
	charts.exclusive.add(time, [exclusive.active, exclusive.idle, exclusive.pending, exclusive.maxSize]);
	charts.acquire.add(time, [acquisition.p50, acquisition.p99]);
}

function figures(sample) {
	const { operations, shared, exclusive } = sample;
	const values = { throughput: operations.perSecond, p50: operations.p50, p99: operations.p99,
		failures: operations.failuresPerSecond, inflight: shared.inFlight,
		lowlatency: shared.lowLatency, active: exclusive.active,
		idle: exclusive.idle, pending: exclusive.pending, max: exclusive.maxSize };
	for (const [name, value] of Object.entries(values)) {
		byId("f-" + name).textContent = number(value);
	}
	byId("f-connected").textContent = shared.size === 0 ? "off" : `${shared.connected} of ${shared.size}`;
	const failure = sample.failure ?? sample.connectError ?? "";
	write(byId("failure"), failure);
	byId("failure").title = failure;
}

function slots(id, kinds) {
	const target = byId(id);
	while (target.children.length > kinds.length) {
		target.lastChild.remove();
	}
	kinds.forEach((kind, index) => {
		const slot = target.children[index] ?? target.appendChild(document.createElement("i"));
		slot.className = kind.startsWith("+") ? "more" : kind;
		slot.textContent = kind.startsWith("+") ? kind : "";
	});
}

function lanes(sample) {
	const { shared, exclusive } = sample;
	slots("shared-slots", Array.from({ length: shared.size },
		(_, index) => index < shared.connected ? "connected" : "free"));
	const kinds = Array.from({ length: Math.min(MAX_SLOTS, exclusive.maxSize) }, (_, index) =>
		index < exclusive.active ? "active" : index < exclusive.active + exclusive.idle ? "idle" : "free");
	kinds.push(...Array(Math.min(16, exclusive.pending)).fill("pending"));
	if (exclusive.pending > 16) {
		kinds.push(`+${exclusive.pending - 16} waiting`);
	}
	slots("exclusive-slots", kinds);
}

function states(sample) {
	byId("pool-name").textContent = sample.pool;
	const saturated = sample.exclusive.pending > 0 && sample.exclusive.active >= sample.exclusive.maxSize;
	badge("pool-state", saturated ? "saturated" : sample.state.toLowerCase(),
		sample.state === "RUNNING" && !saturated ? "good" : "warn");
	const server = { RUNNING: ["running", "good"], PAUSED: ["paused", "warn"], DOWN: ["down", "bad"],
		FOREIGN: sample.reachable === false ? ["not reachable", "bad"] : ["your own", "good"] }[sample.server];
	badge("server-state", ...server);
	const experiment = sample.experiment?.phase === "RUNNING";
	const foreign = sample.server === "FOREIGN";
	byId("server-note").hidden = !foreign;
	either("server-pause", sample.server === "RUNNING", "server-resume", sample.server === "PAUSED");
	either("server-kill", !foreign && sample.server !== "DOWN", "server-start", sample.server === "DOWN");
	either("load-stop", sample.load !== null, "load-start", !experiment);
	byId("load-start").textContent = sample.load ? "Change load" : "Start load";
	byId("experiment-note").hidden = !experiment;
	write(byId("own-title"), experiment ? "The application's own pool: to be seen again after the experiment" : "The application's own pool");
	if (!loadTouched && sample.load !== null) {
		showLoad(sample.load);
	}
	either("pool-suspend", !experiment && sample.state === "RUNNING", "pool-resume", !experiment && sample.state === "SUSPENDED");
	for (const id of ["max-size", "pool-resize", "pool-retire", "pool-reset"]) {
		byId(id).disabled = experiment;
	}
	if (!sizeTouched && !experiment) {
		byId("max-size").value = sample.exclusive.maxSize;
	}
}

// Two buttons that undo each other. Who has just used one with the keyboard goes on at the other.
function either(id, enabled, otherId, otherEnabled) {
	const [one, other] = [byId(id), byId(otherId)];
	const focused = document.activeElement;
	one.disabled = !enabled;
	other.disabled = !otherEnabled;
	if (focused === one && !enabled && otherEnabled) {
		other.focus();
	}
	else if (focused === other && !otherEnabled && enabled) {
		one.focus();
	}
}

function showLoad(load) {
	byId("callers").value = load.callers;
	byId("threads").value = load.virtual ? "virtual" : "platform";
	byId("mix").value = load.mix;
	byId("payload").value = load.payload;
	byId("think").value = load.thinkMillis;
}

const kindNames = { "created": "created", "closed": "closed", "connect-failed": "not connected",
	"exhausted": "exhausted", "leak": "leak", "server-up": "server up", "server-down": "server down" };

function events(sample) {
	const list = byId("events");
	if (pool !== null && pool !== sample.pool) {
		note({ time: sample.time, kind: "pool", text: `The charts show the pool “${sample.pool}” now`, count: 1 });
	}
	pool = sample.pool;
	sample.events.forEach(note);
	while (list.children.length > MAX_EVENTS) {
		list.lastChild.remove();
	}
}

function note(event) {
	const kind = event.kind === "closed" && event.text === "retired" ? "retired" : kindNames[event.kind] ?? event.kind;
	const list = byId("events");
	const latest = list.firstElementChild;
	// Attempts to connect that fail, one each second, are one line.
	if (event.kind === "connect-failed" && latest?.dataset.text === event.text) {
		event = { ...event, count: event.count + Number(latest.dataset.count) };
		latest.remove();
	}
	const item = element("li");
	item.dataset.text = event.kind === "connect-failed" ? event.text : "";
	item.dataset.count = event.count;
	const time = element("time", "", new Date(event.time).toLocaleTimeString("en-GB"));
	const counted = ["created", "closed"].includes(event.kind)
		? `${number(event.count)} ${event.count > 1 ? "connections" : "connection"}` : event.count > 1 ? `${number(event.count)} ×` : "";
	const text = [counted, kind === "retired" ? "" : event.text].filter((part) => part !== "").join(counted.endsWith("×") ? " " : ", ");
	item.append(time, element("span", "kind " + event.kind, kind), element("span", "text", text));
	list.prepend(item);
}

function advice(sample) {
	const list = byId("advice");
	const topics = sample.advice.map(({ topic }) => topic);
	[...list.children].filter((part) => !topics.includes(part.dataset.topic)).forEach((part) => part.remove());
	if (topics.length === 0) {
		list.append(element("p", "about", "Nothing to say so far. Advice comes once enough was seen."));
	}
	for (const { topic, text, yaml } of sample.advice) {
		const part = [...list.children].find((candidate) => candidate.dataset.topic === topic) ?? list.appendChild(advicePart(topic));
		write(part.querySelector("p"), text);
		write(part.querySelector("pre"), yaml ?? "");
		part.querySelector("pre").hidden = part.querySelector("button").hidden = yaml === null;
	}
}

function advicePart(topic) {
	const part = element("div", "advice");
	part.dataset.topic = topic;
	const yaml = element("pre");
	const copy = element("button", "copy", "Copy YAML");
	copy.type = "button";
	copy.addEventListener("click", () => copyText(yaml));
	part.append(element("strong", "", topic), element("p"), yaml, copy);
	return part;
}

// What is marked stays marked, unless the text is another.
function write(target, text) {
	if (target.textContent !== text) {
		target.textContent = text;
	}
}

async function copyText(source) {
	try {
		await navigator.clipboard.writeText(source.textContent);
		byId("copied").textContent = "Copied.";
	}
	catch {
		getSelection().selectAllChildren(source);
		byId("copied").textContent = "This browser does not let the page copy: the lines are marked, copy them by hand.";
	}
}

function totals(sample) {
	const t = sample.totals;
	const mean = (name) => t[name] ? 1000 * t[name + ".seconds"] / t[name] : null;
	const shown = { "Borrows": number(t["lettuce.pool.acquire"] ?? 0), "Mean wait": number(mean("lettuce.pool.acquire")) + " ms",
		"Mean lease": number(mean("lettuce.pool.usage")) + " ms", "Created": number(t["lettuce.pool.creation"] ?? 0),
		"Closed": number(t["lettuce.pool.closed"] ?? 0), "Timeouts": number(t["lettuce.pool.timeout"] ?? 0),
		"Leaks": number(t["lettuce.pool.leaked"] ?? 0), "Subscriptions": number(sample.subscriptions),
		"Longest lease now": sample.longestLease ? `${sample.longestLease.thread}, ${number(sample.longestLease.seconds)} s` : "–",
		"Sockets now": Object.entries(sample.nodes).map(([node, count]) => `${node}: ${count}`).join(", ") || "–" };
	const list = byId("totals");
	if (list.children.length === 0) {
		for (const name of Object.keys(shown)) {
			const part = element("div");
			part.append(element("dt", "", name), element("dd"));
			list.append(part);
		}
	}
	Object.values(shown).forEach((value, index) => list.children[index].lastChild.textContent = value);
}

function present(sample, experiments) {
	figures(sample);
	lanes(sample);
	states(sample);
	advice(sample);
	totals(sample);
	experiments.show(sample.experiment);
	Object.values(charts).forEach((chart) => chart.draw());
}

function controls() {
	byId("load").addEventListener("input", () => loadTouched = true);
	byId("load").addEventListener("submit", async (event) => {
		event.preventDefault();
		await send("PUT", "lab/load", { callers: byId("callers").valueAsNumber, virtual: byId("threads").value === "virtual",
			mix: byId("mix").value, payload: byId("payload").valueAsNumber, thinkMillis: byId("think").valueAsNumber });
		loadTouched = false;
	});
	byId("load-stop").addEventListener("click", () => send("DELETE", "lab/load"));
	byId("max-size").addEventListener("input", () => sizeTouched = true);
	byId("size").addEventListener("submit", async (event) => {
		event.preventDefault();
		await send("PUT", "lab/pool/size?maxSize=" + byId("max-size").valueAsNumber);
		sizeTouched = false;
	});
	for (const action of ["suspend", "resume", "retire", "reset"]) {
		byId("pool-" + action).addEventListener("click", () => {
			sizeTouched = sizeTouched && action !== "reset";
			send("POST", "lab/pool/" + action);
		});
	}
	for (const action of ["pause", "resume", "kill", "start"]) {
		byId("server-" + action).addEventListener("click", () => send("POST", "lab/server/" + action));
	}
}

async function start() {
	hear();
	const about = await fetch("lab").then((response) => response.ok ? response.json() : null).catch(() => null);
	if (about === null) {
		askAgain(start);
		return;
	}
	if (!about.virtualThreads) {
		byId("threads").querySelector("[value=virtual]").disabled = true;
		byId("threads-note").textContent = `Virtual threads need Java 21 or newer; this is Java ${about.java}.`;
		byId("threads-note").hidden = false;
	}
	listen(new Experiments(about, send));
}

let silence;

// The application hangs if it says nothing for a while: its feed comes twice a second.
function hear() {
	clearTimeout(silence);
	silence = setTimeout(() => lose("The application does not answer: nothing has come from it for three seconds."), SILENT_MILLIS);
}

function alive() {
	hear();
	badge("feed-state", "live", "good");
	byId("lost").hidden = true;
	document.body.classList.remove("lost");
}

function lose(reason) {
	clearTimeout(silence);
	badge("feed-state", "interrupted", "bad");
	badge("pool-state", "unknown", "bad");
	badge("server-state", "unknown", "bad");
	write(byId("lost"), reason + " The figures below are old. The page goes on by itself when there are new ones.");
	byId("lost").hidden = false;
	document.body.classList.add("lost");
}

function askAgain(ask) {
	lose("The application does not send figures to this page. It has ended, or has sixteen pages already, which is the most.");
	setTimeout(ask, RECONNECT_MILLIS);
}

function listen(experiments) {
	hear();
	const feed = new EventSource("lab/feed");
	feed.addEventListener("error", () => {
		// After an answer that is no feed, a browser does not ask again by itself.
		if (feed.readyState === EventSource.CLOSED) {
			askAgain(() => listen(experiments));
		}
		else {
			lose("The application has ended, or cannot be reached.");
		}
	});
	feed.addEventListener("history", (message) => {
		const past = JSON.parse(message.data);
		byId("events").replaceChildren();
		Object.values(charts).forEach((chart) => chart.clear());
		past.forEach((sample) => {
			chart(sample);
			events(sample);
		});
		if (past.length > 0) {
			alive();
			present(past.at(-1), experiments);
		}
	});
	feed.addEventListener("sample", (message) => {
		alive();
		const sample = JSON.parse(message.data);
		chart(sample);
		events(sample);
		present(sample, experiments);
	});
}

controls();
start();
