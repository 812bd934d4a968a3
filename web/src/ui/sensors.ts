// By how much each sensor is found to be off, as a table with the course of each estimate, its sigma about it
// and the truth where an exercise knows that.
import type { BiasRow, Point } from "../model/sensors.ts";
import { sensorRows } from "../model/sensors.ts";
import type { Store } from "../model/store.ts";
import { h, put, svg } from "./dom.ts";

const [WIDTH, HEIGHT] = [88, 22];

export function mountSensors(store: Store, host: HTMLElement): void {
  store.on(["sensors", "source"], () => {
    const sensors = sensorRows(store.biases, store.histories, store.source?.trueBias ?? []);
    const bodies = sensors.map((sensor) =>
      h(
        "tbody", { "data-key": sensor.name, "data-sensor": sensor.name },
        h("tr", { class: "sensor" }, h("th", { scope: "rowgroup", colspan: "3" }, sensor.name, h("span", { class: "quiet" }, ` ${sensor.state}`))),
        ...sensor.rows.map(biasRow),
      ),
    );
    put(host, sensors.length ? [h("h3", {}, "Sensors found to be off by"), h("table", { "aria-label": "Sensors" }, ...bodies)] : []);
  });
}

function biasRow(row: BiasRow): HTMLElement {
  const last = row.points.at(-1);
  // drawn anew where there is more to draw: what is not HTML is never changed in place
  const plot = h("span", { class: "plot", "data-key": `${row.points.length} ${last?.time ?? 0}` });
  if (row.points.length > 1) plot.append(course(row.points, row.true));
  return h(
    "tr", {},
    h("td", {}, row.name),
    h("td", { class: "number" }, row.estimate, row.truth && h("span", { class: "quiet" }, ` true ${row.truth}`)),
    h("td", {}, plot),
  );
}

/** The estimate over time, two sigmas about it, zero and the truth as lines. */
function course(points: Point[], truth: number | undefined): SVGElement {
  const [first, last] = [points[0]!.time, points.at(-1)!.time];
  // the prior is wide: what is drawn is the scale of what became of it
  const settled = points.slice(Math.floor(points.length / 2));
  const levels = [0, truth ?? 0, ...settled.flatMap((p) => [p.value - 2 * p.sigma, p.value + 2 * p.sigma])];
  const [low, high] = [Math.min(...levels), Math.max(...levels)];
  const x = (time: number) => (WIDTH * (time - first)) / Math.max(1, last - first);
  const y = (value: number) => 1 + ((HEIGHT - 2) * (high - Math.min(Math.max(value, low), high))) / (high - low || 1);
  const at = (p: Point, value: number) => `${x(p.time).toFixed(1)},${y(value).toFixed(1)}`;
  const band = [...points.map((p) => at(p, p.value + 2 * p.sigma)), ...points.toReversed().map((p) => at(p, p.value - 2 * p.sigma))];
  const level = (value: number, name: string) =>
    svg("line", { class: name, x1: "0", x2: String(WIDTH), y1: y(value).toFixed(1), y2: y(value).toFixed(1) });
  const image = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: String(WIDTH), height: String(HEIGHT), role: "img", "aria-label": "Course of the estimate" });
  image.append(svg("polygon", { class: "band", points: band.join(" ") }), level(0, "zero"));
  if (truth !== undefined) image.append(level(truth, "truth"));
  image.append(svg("polyline", { class: "course", points: points.map((p) => at(p, p.value)).join(" ") }));
  return image;
}
