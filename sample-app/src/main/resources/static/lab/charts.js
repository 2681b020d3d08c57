// Charts of the last two minutes, or of what there is of them. The value axis grows at once but shrinks only after a
// while: a chart that rescales at every sample cannot be read.
const WINDOW = 120;
const LEAST = 30;
const LEGEND = 34;
const SHRINK_AFTER = 20000;

const steps = [1, 2, 5];
const increments = [-3, -2, -1, 0, 1, 2, 3, 4, 5].flatMap((power) => steps.map((step) => step * Math.pow(10, power)));

function ceiling(value) {
	let power = Math.pow(10, Math.floor(Math.log10(Math.max(value, 1e-3))));
	for (const step of steps) {
		if (step * power >= value) {
			return step * power;
		}
	}
	return 10 * power;
}

function color(name) {
	return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function number(value) {
	if (value === null || value === undefined) {
		return "–";
	}
	if (value >= 100 || Number.isInteger(value)) {
		return Math.round(value).toLocaleString("en");
	}
	if (value > 0 && value < .01) {
		return value.toPrecision(1);
	}
	return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function axisNumber(value) {
	return value >= 1000 ? (value / 1000).toLocaleString("en") + "k" : value.toLocaleString("en");
}

export class Chart {

	constructor(element, series, floor) {
		this.element = element;
		this.series = series;
		this.floor = floor;
		this.data = [[], ...series.map(() => [])];
		this.top = floor;
		this.high = 0;
		this.build();
		new ResizeObserver(() => this.fit()).observe(element);
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.build());
	}

	size() {
		return { width: Math.max(120, Math.floor(this.element.clientWidth)), height: this.element.clientHeight - LEGEND };
	}

	build() {
		this.plot?.destroy();
		const grid = { stroke: color("--grid"), width: 1 };
		const font = "11px system-ui, sans-serif";
		this.plot = new uPlot({
			...this.size(),
			cursor: { y: false, points: { size: 5 } },
			legend: { live: false },
			scales: {
				x: { time: true, range: () => this.span() },
				y: { range: () => [0, this.top] }
			},
			axes: [
				{ stroke: color("--soft"), grid, ticks: { show: false }, font, size: 24, space: 70,
					values: (plot, times) => times.map((time) => new Date(time * 1000).toLocaleTimeString("en-GB")) },
				{ stroke: color("--soft"), grid, ticks: { show: false }, font, size: 46, space: 34, incrs: increments,
					values: (plot, values) => values.map(axisNumber) }
			],
			series: [{}, ...this.series.map((line) => ({
				label: line.label, stroke: color(line.color), width: 1.75, points: { show: false },
				dash: line.dash, fill: line.fill ? color(line.color) + "22" : undefined
			}))]
		}, this.data, this.element);
	}

	fit() {
		const { width, height } = this.size();
		if (this.plot.width !== width || this.plot.height !== height) {
			this.plot.setSize({ width, height });
		}
	}

	span() {
		const last = this.data[0].at(-1) ?? Date.now() / 1000;
		return [Math.max(last - WINDOW, Math.min(this.data[0][0] ?? last, last - LEAST)), last];
	}

	add(time, values) {
		this.data[0].push(time);
		values.forEach((value, index) => this.data[index + 1].push(value));
		while (this.data[0].length > 1 && this.data[0][0] < time - WINDOW) {
			this.data.forEach((column) => column.shift());
		}
	}

	clear() {
		this.data.forEach((column) => column.length = 0);
		this.top = this.floor;
	}

	draw() {
		let most = this.floor;
		for (const column of this.data.slice(1)) {
			for (const value of column) {
				most = value > most ? value : most;
			}
		}
		const top = ceiling(most);
		const now = Date.now();
		if (top >= this.top) {
			this.top = top;
			this.high = now;
		}
		else if (now - this.high > SHRINK_AFTER) {
			this.top = top;
		}
		this.plot.setData(this.data);
	}

}
