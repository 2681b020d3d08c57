import { number } from "./charts.js";

export class Experiments {

	constructor(about, send) {
		this.about = about;
		this.send = send;
		this.cards = new Map();
		this.shown = null;
		this.asked = false;
		document.getElementById("experiment-seconds").textContent = about.experimentSeconds;
		const list = document.getElementById("experiment-list");
		for (const experiment of about.experiments) {
			list.append(this.card(experiment));
		}
	}

	card(experiment) {
		const card = element("article", "experiment");
		card.id = "experiment-" + experiment.id;
		const run = element("button", "run", "Run");
		run.type = "button";
		run.setAttribute("aria-label", "Run: " + experiment.title);
		run.addEventListener("click", () => {
			this.asked = "run";
			this.send("POST", "lab/experiments/" + experiment.id + this.length());
		});
		const stop = element("button", "stop", "Stop");
		stop.type = "button";
		stop.hidden = true;
		stop.setAttribute("aria-label", "Stop: " + experiment.title);
		stop.addEventListener("click", () => this.send("DELETE", "lab/experiments"));
		const progress = element("progress");
		progress.max = 1;
		progress.hidden = true;
		progress.setAttribute("aria-label", "Progress of " + experiment.title);
		const phase = element("span", "unit");
		const row = element("div", "row");
		row.append(run, stop, progress, phase);
		card.append(element("h3", "", experiment.title), element("p", "", experiment.question),
				element("p", "sides", experiment.sides.join(" → ")), row);
		this.cards.set(experiment.id, { experiment, card, run, stop, progress, phase });
		return card;
	}

	// An address with ?seconds=4 makes short experiments.
	length() {
		const seconds = new URLSearchParams(location.search).get("seconds");
		return seconds ? "?seconds=" + encodeURIComponent(seconds) : "";
	}

	show(status) {
		const running = status?.phase === "RUNNING";
		document.getElementById("lab").classList.toggle("running", running);
		for (const [id, card] of this.cards) {
			const own = running && status.id === id;
			const focused = document.activeElement;
			card.card.classList.toggle("running", own);
			card.run.hidden = own;
			card.run.disabled = running;
			card.stop.hidden = !own;
			// Who works with the keyboard stays where they are.
			if (focused === card.run && own) {
				card.stop.focus();
			}
			else if (focused === card.stop && !own) {
				card.run.focus();
			}
			card.progress.hidden = !own;
			card.progress.value = own ? status.progress : 0;
			card.phase.textContent = own ? card.experiment.sides[status.side] ?? "Preparing …" : "";
		}
		if (running) {
			this.shown = null;
			document.getElementById("result").hidden = true;
			if (this.asked === "run") {
				this.asked = true;
				document.getElementById("experiments").scrollIntoView();
			}
		}
		const ended = status !== null && !running ? status.id + status.phase : null;
		if (ended !== null && ended !== this.shown) {
			this.shown = ended;
			this.result(status);
		}
	}

	result(status) {
		const { experiment } = this.cards.get(status.id);
		const result = document.getElementById("result");
		result.dataset.experiment = status.id;
		result.dataset.phase = status.phase;
		result.hidden = false;
		const title = element("h3", "", experiment.title);
		if (status.phase === "DONE") {
			const { sides, sentences, remember } = status.findings;
			result.replaceChildren(title, ...sentences.map((sentence) => element("p", "sentence", sentence)),
					this.table(experiment, sides.map((side) => side.figures)), this.lesson(experiment, remember));
		}
		else {
			result.replaceChildren(title, element("p", "sentence", status.phase === "STOPPED"
				? "Stopped before its end: there is nothing to compare." : "It could not be run: " + status.error));
		}
		if (this.asked) {
			this.asked = false;
			document.getElementById("experiments").scrollIntoView();
		}
	}

	lesson(experiment, remember) {
		const lesson = element("div", "lesson");
		const text = element("p");
		text.append(element("b", "", "Remember: "), remember);
		const more = element("p");
		const link = element("a", "", experiment.document.replace(/#.*/, ""));
		link.href = this.about.documents + experiment.document;
		more.append("Key: ", element("code", "", experiment.key), " · Read on: ", link);
		lesson.append(text, more);
		return lesson;
	}

	table(experiment, figures) {
		const table = element("table");
		const head = element("tr");
		head.append(element("th"), ...experiment.sides.map((side) => element("th", "", side)));
		const thead = element("thead");
		thead.append(head);
		const body = element("tbody");
		const names = [...new Set(figures.flat().map((figure) => figure.name))];
		for (const name of names) {
			const sides = figures.map((side) => side.find((figure) => figure.name === name));
			const most = Math.max(...sides.map((figure) => figure?.value ?? 0));
			const row = element("tr");
			const label = element("th", "", name);
			label.scope = "row";
			row.append(label, ...sides.map((figure) => this.cell(figure, most)));
			body.append(row);
		}
		table.append(thead, body);
		const frame = element("div", "table");
		frame.append(table);
		return frame;
	}

	cell(figure, most) {
		const cell = element("td", "", figure ? `${number(figure.value)} ${figure.unit}`.trim() : "–");
		if (figure?.value > 0) {
			const bar = element("span", "bar");
			bar.style.width = 100 * figure.value / most + "%";
			cell.append(bar);
		}
		return cell;
	}

}

export function element(name, className = "", text = "") {
	const created = document.createElement(name);
	if (className) {
		created.className = className;
	}
	created.textContent = text;
	return created;
}
