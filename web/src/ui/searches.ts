// The panel of searches: how long, how well known, and how the 90 % region grew and shrank.
import { ecefToGeodetic } from "../geo/ellipsoid.ts";
import type { Hand } from "../globe/hand.ts";
import type { NodeView } from "../gen/triwatch/v1/page_pb.js";
import { nationColour } from "../model/colours.ts";
import { area, count as counted } from "../model/format.ts";
import { searchRows, type SearchRow } from "../model/searches.ts";
import type { Store } from "../model/store.ts";
import { clock, ms, span } from "../model/time.ts";
import { facts, h, patch, put, say, svg } from "./dom.ts";

const [WIDTH, HEIGHT] = [220, 34];
const KM2 = 1e6;

export function mountSearches(store: Store, hand: Hand, host: HTMLElement): void {
  const list = h("div", { class: "list" });
  const who = h("div");
  const count = h("span", { class: "count" });
  const panel = h(
    "section", { class: "panel searches", "aria-labelledby": "searches-title" },
    h("header", {}, h("h2", { id: "searches-title" }, "Searches"), count),
    h("div", { class: "body" }, list, who),
  );
  host.append(panel);
  const go = (row: SearchRow) => {
    const { lat, lon } = ecefToGeodetic(row.centre);
    hand.fly({ lat, lon, alt: 0, heading: 0, tilt: 0, distance: (row.half / 1000) * 4 });
  };
  store.on(["search", "clock"], () => {
    const rows = searchRows(store.searches, store.searchHistories, store.now);
    say(count, rows.length ? String(rows.length) : "");
    put(list, rows.map((row) => card(row, () => go(row))));
    put(who, listening(store.coalition?.node ?? [], store.now));
  });
  store.on(["search", "view"], () => (panel.hidden = !store.searches.length || !store.view.panels.has("warnings")));
  panel.hidden = true;
}

function card(row: SearchRow, choose: () => void): HTMLElement {
  const last = row.points.at(-1);
  // drawn anew where there is more to draw: what is not HTML is never changed in place
  const plot = h("span", { class: "plot", "data-key": `${row.points.length} ${last?.time ?? 0}` });
  if (row.points.length > 1) plot.append(course(row.points), axis(row.points));
  return h(
    "button",
    { type: "button", class: "search", "data-key": row.key, "data-search": row.key, click: choose, title: "Go to this search" },
    h("strong", {}, row.name), facts(row.facts), plot,
  );
}

/** The area of the region over time, from nothing at the bottom. */
function course(points: SearchRow["points"]): SVGElement {
  const [first, last] = [points[0]!.time, points.at(-1)!.time];
  const most = Math.max(...points.map((p) => p.value), 1e-9);
  const at = (p: { time: number; value: number }) =>
    `${((WIDTH * (p.time - first)) / Math.max(1, last - first)).toFixed(1)},${(HEIGHT - 1 - ((HEIGHT - 2) * p.value) / most).toFixed(1)}`;
  const image = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: String(WIDTH), height: String(HEIGHT), role: "img", "aria-label": "Area of the 90 % region over time" });
  image.append(
    svg("polygon", { class: "band", points: [`0,${HEIGHT}`, ...points.map(at), `${WIDTH},${HEIGHT}`].join(" ") }),
    svg("polyline", { class: "course", points: points.map(at).join(" ") }),
  );
  return image;
}

/** What the drawing's edges mean. */
function axis(points: SearchRow["points"]): HTMLElement {
  const most = Math.max(...points.map((p) => p.value)) * KM2;
  return h(
    "span", { class: "axis quiet" },
    h("span", {}, clock(points[0]!.time)), h("span", {}, `up to ${area(most)}`), h("span", {}, clock(points.at(-1)!.time)),
  );
}

/** Who told where it listened and heard nothing. */
function listening(nodes: NodeView[], now: number): HTMLElement[] {
  const told = nodes.filter((node) => node.looks > 0n);
  if (!told.length) return [];
  const row = ({ nodeId, nation, looks, lookedTimeNs }: NodeView) =>
    h(
      "tr", { "data-key": nodeId },
      h("td", {}, patch("nation-mark", nationColour(nation)), nodeId),
      h("td", { class: "number" }, counted(Number(looks), "look")),
      h("td", { class: "number" }, `${span(Math.max(0, now - ms(lookedTimeNs)) / 1000)} ago`),
    );
  return [h("h3", {}, "Who listens"), h("table", { "aria-label": "Who listens" }, ...told.map(row))];
}
