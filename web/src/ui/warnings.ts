// The panel of missile warnings: the nearest impact first, and what is over at the end.
import type { GroundPoint } from "../gen/triwatch/v1/picture_pb.js";
import { WarningStatus, type MissileWarning } from "../gen/triwatch/v1/warning_pb.js";
import { impactIn, impactOf, stands } from "../globe/threats.ts";
import type { Hand } from "../globe/hand.ts";
import * as format from "../model/format.ts";
import type { Store } from "../model/store.ts";
import { clock, countdown, ms } from "../model/time.ts";
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
function title(w: MissileWarning): string {
  const p = w.flight?.classProbability ?? [];
  if (!impactOf(w) || !p.length) return "Missile";
  const likeliest = format.MISSILE_CLASS[p.indexOf(Math.max(...p))]!;
  return w.flight?.lofted ? `${likeliest}, lofted` : likeliest;
}

const spot = (p: GroundPoint): string => format.place(p.latDeg, p.lonDeg);
const within = (p: GroundPoint): string =>
  `${format.length(p.ellipse95MajorM)} × ${format.length(p.ellipse95MinorM)}`;

function under(w: MissileWarning): HTMLElement {
  const names = w.threatened.map(format.nationName);
  return h("span", { class: names.length ? "under" : "quiet" }, names.length ? format.list(names) : "nobody");
}

function card(w: MissileWarning, choose: () => void): HTMLElement {
  const flight = w.flight;
  const impact = impactOf(w);
  const standing = stands(w);
  const open = standing && !impact;
  return h(
    "button",
    { type: "button", class: standing ? "warning" : "warning over", "data-key": w.warningId, "data-warning": w.warningId, click: choose, title: "Go to this missile" },
    h("strong", {}, title(w)),
    h("span", { class: standing && impact ? "countdown" : "quiet", "data-countdown": String(impactTime(w)) }, standing ? "" : OVER[w.status] ?? "Over"),
    h("span", { class: "quiet" }, format.PHASE[flight?.phase ?? 0] ?? ""),
    facts([
      [open ? "In reach" : "Under it", standing ? under(w) : ""],
      ["Impact", impact ? spot(impact) : open ? "not yet to be told" : ""],
      ["At", impact ? `${clock(impactTime(w))} ± ${Math.round(2 * impact.timeSigmaS)} s` : ""],
      ["95 % within", impact && standing ? within(impact) : ""],
      ["Launched", flight?.launch ? spot(flight.launch) : ""],
      ["At", flight?.launch ? clock(ms(flight.launch.timeNs)) : ""],
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
  store.on(["warnings"], () => {
    const sorted = ordered(store.warnings);
    const standing = sorted.filter(stands).length;
    say(count, standing ? String(standing) : "");
    put(list, sorted.length ? sorted.map((w) => card(w, () => choose(w.warningId))) : [h("p", { class: "quiet" }, "No missile is warned of.")]);
    tick();
  });
  const tick = () => {
    for (const element of list.querySelectorAll<HTMLElement>(".countdown"))
      say(element, countdown((Number(element.dataset["countdown"]) - store.now) / 1000));
  };
  store.on(["clock"], tick);
  store.on(["view"], () => (panel.hidden = !store.view.panels.has("warnings")));
}
