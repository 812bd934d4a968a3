// What is known of the chosen track: how it moves, how well it is known, and who says so.
import { horizontalEllipse95, verticalSigma } from "../geo/ellipse.ts";
import { colourOf, nationColour } from "../model/colours.ts";
import { SAME, WHY_BETTER } from "../model/compare.ts";
import * as format from "../model/format.ts";
import { impactIn } from "../model/missiles.ts";
import { isPlace, linesOf } from "../model/regions.ts";
import type { Store } from "../model/store.ts";
import { clock, ms, span } from "../model/time.ts";
import { nameOf, shortNumber, type Track } from "../model/track.ts";
import { titleOf, type Action, type Actions } from "./actions.ts";
import { facts, h, patch, put, type Child } from "./dom.ts";

const MODES = ["Straight", "Manoeuvre", "Free flight", "Boost"] as const;

export function mountDetails(store: Store, actions: Actions, host: HTMLElement): void {
  const title = h("h2", { id: "details-title" });
  const body = h("div", { class: "body" });
  const close = h("button", { type: "button", class: "plain", title: titleOf(actions.clear), "aria-label": actions.clear.title, click: () => actions.clear.run() }, "✕");
  const content = h("div");
  const toggle = (action: Action, text: string) =>
    h("button", { type: "button", title: titleOf(action), "aria-pressed": "false", click: () => action.run() }, text);
  const follow = toggle(actions.follow, "Follow");
  const isolate = toggle(actions.isolate, "Only this");
  const go = h("button", { type: "button", title: titleOf(actions.centre), click: () => actions.centre.run() }, "Go there");
  put(body, [h("div", { class: "actions" }, follow, go, isolate), content]);
  const panel = h(
    "section", { class: "panel details", "aria-labelledby": "details-title", id: "details" },
    h("header", {}, title, h("span", { class: "gap" }), close), body,
  );
  host.append(panel);
  store.on(["tracks", "view"], () => {
    const { selected, follow: followed, filter, panels } = store.view;
    panel.hidden = selected.size === 0 || !panels.has("tracks");
    if (panel.hidden) return;
    follow.setAttribute("aria-pressed", String(followed !== ""));
    isolate.setAttribute("aria-pressed", String(filter.isolate));
    isolate.textContent = selected.size > 1 ? "Only these" : "Only this";
    const tracks = [...selected].flatMap((id) => store.tracks.get(id) ?? []);
    const [only] = tracks;
    if (tracks.length === 1 && only) {
      put(title, [nameOf(only)]);
      put(content, one(store, only));
    } else {
      put(title, [tracks.length ? format.count(tracks.length, "track") : "Not in the picture"]);
      put(content, tracks.length ? several(store, tracks) : [h("p", { class: "quiet" }, "The selected track is not in the picture at this time.")]);
    }
  });
}

function one(store: Store, t: Track): Child[] {
  const ellipse = horizontalEllipse95(t.covariance, t.lat, t.lon);
  const swatch = patch("swatch", colourOf(t, "identity", store.nationOf));
  swatch.dataset["identity"] = String(t.identity);
  const confidence = t.confidence ? `, ${format.percent(t.confidence)} sure` : "";
  const other = store.comparison?.match.get(t.id);
  const known = isPlace(t);
  return [
    facts([
      ["Identity", h("span", {}, swatch, `${format.IDENTITY[t.identity] ?? "Unknown"}${confidence}${t.conflict ? ", disputed" : ""}`)],
      ["Kind", `${format.kindName(t)}, ${(format.ENVIRONMENT[t.environment] ?? "").toLowerCase()}`],
      ["Position", known ? format.place(t.lat, t.lon, 3) : "not known: an area, not a place"],
      ["Height", known && format.length(t.alt)],
      ["Over ground", known && `${format.speed(t.speed)} on ${format.bearing(t.course)}`],
      ["Climb", known && (Math.abs(t.climb) < 0.5 ? "level" : format.speed(t.climb))],
      ["95 % within", t.region ? format.area(t.region.areaM2) : `${format.length(ellipse.major)} × ${format.length(ellipse.minor)}, on ${format.bearing(ellipse.orientation)}`],
      ["Height error", known && format.length(verticalSigma(t.covariance, t.lat, t.lon))],
      ["With fewer nations", other ? `± ${format.length(other.sigma)} instead of ± ${format.length(t.sigma)}` : store.comparison?.lost.has(t.id) ? "not seen" : ""],
      ["Status", `${format.STATUS[t.status] ?? ""}, quality ${t.quality} of 15`],
      ["Known for", span((t.time - t.birth) / 1000)],
      ["Separated from", t.parent && shortNumber(t.parent)],
      ["Number", t.id],
      ["Valid at", clock(t.time)],
    ]),
    other && other.sigma < t.sigma / SAME && h("p", { class: "quiet" }, `More certain with fewer nations? ${WHY_BETTER}`),
    ...flight(t),
    ...bearings(store, t),
    h("h3", {}, "Who contributes"),
    contributors(store, t),
    h("h3", {}, "How it moves"),
    h("table", {}, ...t.modes.map((p, i) => h("tr", {}, h("td", {}, MODES[i]), h("td", {}, gauge(p), ` ${format.percent(p)}`)))),
  ];
}

function flight({ flight: f }: Track): Child[] {
  if (!f) return [];
  const spot = (p: { latDeg: number; lonDeg: number; timeNs: bigint }) => `${format.place(p.latDeg, p.lonDeg)}, ${clock(ms(p.timeNs))}`;
  const impact = impactIn(f);
  return [
    h("h3", {}, "Flight"),
    facts([
      ["Phase", format.PHASE[f.phase]],
      ["Launched", f.launch && spot(f.launch)],
      ["Impact", impact ? spot(impact) : "cannot be told while the engine burns"],
      ["Apogee", impact && f.apogeeM > 0 && `${format.length(f.apogeeM)}${f.lofted ? ", lofted" : ""}`],
    ]),
  ];
}

/** The lines of bearing that it is known by alone. */
function bearings(store: Store, t: Track): Child[] {
  const lines = linesOf(t);
  if (!lines.length) return [];
  const row = ({ node, bearing, sigma, time }: (typeof lines)[number]) =>
    h("tr", {}, h("td", {}, patch("nation-mark", nationColour(store.nationOf(node))), node), h("td", {}, `${format.bearing(bearing)} ± ${sigma.toFixed(1)}°`), h("td", {}, `${span(Math.max(0, store.now - time) / 1000)} ago`));
  return [h("h3", {}, "Only heard, on bearings"), h("table", { "aria-label": "Lines of bearing" }, ...lines.map(row))];
}

function contributors(store: Store, t: Track): HTMLElement {
  return h(
    "table", {},
    ...t.contributors.map((c) => {
      const nation = store.nationOf(c.node);
      return h("tr", {}, h("td", {}, patch("nation-mark", nationColour(nation)), c.node), h("td", {}, `${span(Math.max(0, store.now - c.time) / 1000)} ago`));
    }),
  );
}

function gauge(share: number): HTMLElement {
  const fill = h("i");
  fill.style.width = `${Math.round(100 * share)}%`;
  return h("span", { class: "bar-of", "aria-hidden": "true" }, fill);
}

function several(store: Store, tracks: Track[]): Child[] {
  return [
    h("table", {}, ...tracks.slice(0, 40).map((t) =>
      h("tr", {}, h("td", {}, h("button", { type: "button", class: "plain", "data-key": t.id, click: () => store.select([t.id]) }, nameOf(t))), h("td", {}, format.length(t.alt)), h("td", {}, format.speed(t.speed))))),
    tracks.length > 40 && h("p", { class: "quiet" }, `and ${tracks.length - 40} more`),
  ];
}
