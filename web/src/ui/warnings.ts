// The panel of missile warnings: the nearest impact first, and what is over at the end.
import type { GroundPoint } from "../gen/triwatch/v1/picture_pb.js";
import { EventKind } from "../gen/triwatch/v1/page_pb.js";
import { WarningStatus, type MissileWarning } from "../gen/triwatch/v1/warning_pb.js";
import { impactIn, impactOf, stands } from "../model/missiles.ts";
import type { Hand } from "../globe/hand.ts";
import * as format from "../model/format.ts";
import type { Store } from "../model/store.ts";
import { clock, countdown, ms } from "../model/time.ts";
import { shortNumber } from "../model/track.ts";
import { facts, h, put, say } from "./dom.ts";
import { soundIsOn, toggleSound } from "./sound.ts";

const OVER: Partial<Record<WarningStatus, string>> = {
  [WarningStatus.CANCEL]: "Cancelled",
  [WarningStatus.ALL_CLEAR]: "All clear",
};

/** Of the expected impact; while none can be told, the far end of the list. */
const impactTime = (w: MissileWarning): number => {
  const impact = impactOf(w);
  return impact ? ms(impact.timeNs) : Infinity;
};

/** Those that stand by their impact, the nearest first; then the others, the newest first. */
export function ordered(warnings: MissileWarning[]): MissileWarning[] {
  return warnings.toSorted((a, b) => {
    const [over, standing] = [Number(!stands(a)) - Number(!stands(b)), stands(a)];
    if (over) return over;
    const newest = ms(b.timeNs) - ms(a.timeNs);
    const [one, other] = [impactTime(a), impactTime(b)];
    return standing && one !== other ? one - other : newest;
  });
}

/** "Medium range, lofted": the likeliest class, once its impact can be told. */
function classOf(w: MissileWarning): string {
  const p = w.flight?.classProbability ?? [];
  if (!impactOf(w) || !p.length) return "";
  const likeliest = format.MISSILE_CLASS[p.indexOf(Math.max(...p))]!;
  return w.flight?.lofted ? `${likeliest}, lofted` : likeliest;
}

const spot = (p: GroundPoint, digits: number): string => format.place(p.latDeg, p.lonDeg, digits);
const within = (p: GroundPoint): string =>
  `${format.length(p.ellipse95MajorM)} × ${format.length(p.ellipse95MinorM)}`;
/** "00:12:05Z ± 12 s": twice the standard deviation. */
const due = (p: GroundPoint): string => `${clock(ms(p.timeNs))} ± ${Math.round(2 * p.timeSigmaS)} s`;

/** "Could still reach Japan and South Korea", "Under it: nobody". */
function whom(w: MissileWarning, store: Store): HTMLElement {
  const names = format.list(w.threatened.map(store.country));
  return h(
    "span", { class: "whom" },
    impactOf(w) ? "Under it: " : "Could still reach ", h("span", { class: names ? "under" : "" }, names || "nobody"),
  );
}

/** When and where it was launched; of what came off a missile, when and from which. */
function origin(w: MissileWarning, store: Store): [string, string][] {
  const { track = 0n, launch } = w.flight ?? {};
  const apart = store.events.find((e) => e.kind === EventKind.SEPARATION && e.track === track);
  const parent = store.tracks.get(track.toString())?.parent;
  if (parent) return [["Separated", apart ? clock(ms(apart.timeNs)) : ""], ["from", shortNumber(parent)]];
  return launch ? [["Launched", clock(ms(launch.timeNs))], ["from", spot(launch, 1)]] : [];
}

/** Launch, warning and impact in their order; of the impact nothing while the engine burns. */
function card(w: MissileWarning, store: Store, choose: () => void): HTMLElement {
  const flight = w.flight;
  const track = flight?.track.toString() ?? "";
  const impact = impactOf(w);
  const standing = stands(w);
  const burning = standing && !impact;
  const warned = store.events.find((e) => e.kind === EventKind.WARNING && e.track === flight?.track);
  const phase = [format.PHASE[flight?.phase ?? 0], classOf(w).toLowerCase()].filter(Boolean).join(", ");
  return h(
    "button",
    { type: "button", class: standing ? "warning" : "warning over", "data-key": w.warningId, "data-warning": w.warningId, click: choose, title: "Go to this missile" },
    h("strong", {}, `Missile ${shortNumber(track)}`),
    h("span", { class: standing && impact ? "countdown" : "quiet", "data-countdown": String(impactTime(w)) }, standing ? "" : OVER[w.status] ?? "Over"),
    h("span", { class: "quiet" }, phase),
    standing && whom(w, store),
    facts([
      ...origin(w, store),
      ["Warned", warned ? clock(ms(warned.timeNs)) : ""],
      ["Impact", impact ? due(impact) : burning ? "cannot be told yet" : ""],
      ["at", impact ? spot(impact, 2) : ""],
      ["95 % within", impact && standing ? within(impact) : ""],
      ["Apogee", flight?.apogeeM && impact && standing ? format.length(flight.apogeeM) : ""],
      ["Why", w.reason],
    ]),
  );
}

export function mountWarnings(store: Store, hand: Hand, host: HTMLElement): void {
  const list = h("div", { class: "body" });
  const count = h("span", { class: "count" });
  const sound = h("button", { type: "button", class: "plain", title: "A sound with each new warning" });
  const showSound = () => {
    say(sound, soundIsOn() ? "Sound on" : "Sound off");
    sound.setAttribute("aria-pressed", "false");
  };
  sound.addEventListener("click", () => {
    toggleSound();
    showSound();
  });
  showSound();
  const panel = h(
    "section", { class: "panel warnings", "aria-labelledby": "warnings-title" },
    h("header", {}, h("h2", { id: "warnings-title" }, "Warnings"), count, h("span", { class: "gap" }), sound),
    list,
  );
  host.append(panel);

  const choose = (id: string) => {
    const flight = store.warnings.find((w) => w.warningId === id)?.flight;
    if (!flight) return;
    store.select([flight.track.toString()]);
    const to = impactIn(flight) ?? flight.launch;
    if (to)
      hand.fly({
        lat: to.latDeg, lon: to.lonDeg, alt: 0, heading: 0, tilt: 35,
        distance: Math.max(800, (to.ellipse95MajorM / 1000) * 12),
      });
  };
  store.on(["warnings", "events", "source"], () => {
    const sorted = ordered(store.warnings);
    const standing = sorted.filter(stands).length;
    say(count, standing ? String(standing) : "");
    put(list, sorted.length ? sorted.map((w) => card(w, store, () => choose(w.warningId))) : [h("p", { class: "quiet" }, "No missile warnings")]);
    tick();
  });
  const tick = () => {
    for (const element of list.querySelectorAll<HTMLElement>(".countdown"))
      say(element, countdown((Number(element.dataset["countdown"]) - store.now) / 1000));
  };
  store.on(["clock"], tick);
  store.on(["view"], () => (panel.hidden = !store.view.panels.has("warnings")));
}
