// Missile warnings on the globe: where from, the path flown, the path to come, and the ground it may
// reach, calm and in one colour.
import type { GroundPoint } from "../gen/triwatch/v1/picture_pb.js";
import { outline, type Ellipse, type LatLon } from "../geo/ellipse.ts";
import type { Vec3 } from "../geo/ellipsoid.ts";
import { fall } from "../geo/freeflight.ts";
import { rgb } from "../model/colours.ts";
import { impactIn, impactOf, stands } from "../model/missiles.ts";
import type { Store } from "../model/store.ts";
import { countdown, ms } from "../model/time.ts";
import { onGround } from "./layers.ts";
import type { Areas, BoldLines, ThinLines } from "./lines.ts";

export interface GroundLabel {
  position: Vec3;
  /** What is drawn there; a warning's. */
  mark?: "launch" | "impact";
  /** What is written, at a scenario time in UTC ms. */
  text: (now: number) => string;
}

const where = (p: GroundPoint): LatLon => [p.latDeg, p.lonDeg];
const ellipseOf = (p: GroundPoint): Ellipse => ({
  major: p.ellipse95MajorM,
  minor: p.ellipse95MinorM,
  orientation: p.ellipseOrientationDeg,
});

/** A wide ellipse is a vague one: it must not shout. */
const faintness = (p: GroundPoint): number => Math.max(0.2, Math.min(1, 80_000 / p.ellipse95MajorM));

/** Draws every warning that stands; returns what is to be written beside it. */
export function threats(store: Store, colourHex: string, thin: ThinLines, bold: BoldLines, areas: Areas): GroundLabel[] {
  const colour = rgb(colourHex);
  const labels: GroundLabel[] = [];
  for (const warning of store.warnings.filter(stands)) {
    const flight = warning.flight;
    if (!flight) continue;
    const id = flight.track.toString();
    const track = store.tracks.get(id);
    const { launch } = flight;
    const impact = impactOf(warning);
    const flown = store.trails.get(id).map((p) => p.position);
    // What came off a missile was not launched again.
    if (launch && !track?.parent) {
      const rim = outline(where(launch), ellipseOf(launch)).map((p) => onGround(p));
      thin.path(rim, colour, 0.8);
      const faint = faintness(launch);
      areas.fan(onGround(where(launch)), rim, colour, 0.25 * faint, 0.12 * faint);
      if (flown.length) thin.segment(onGround(where(launch)), flown[0]!, colour, 0.5);
      labels.push({ position: onGround(where(launch)), mark: "launch", text: () => "Launch" });
    }
    bold.path(track ? [...flown, track.position] : flown, colour, 0.95, 2.4);
    if (track) bold.path(fall(track.state), colour, impact ? 0.8 : 0.35, 1.8, true);
    if (impact) {
      const rim = outline(where(impact), ellipseOf(impact)).map((p) => onGround(p));
      const faint = faintness(impact);
      areas.fan(onGround(where(impact)), rim, colour, 0.3 * faint, 0.16 * faint);
      bold.path(rim, colour, 1, 1.8);
      const at = ms(impact.timeNs);
      labels.push({ position: onGround(where(impact)), mark: "impact", text: (now) => countdown((at - now) / 1000) });
    }
    compared(store, id, colourHex, thin);
  }
  return labels;
}

/** The impact ellipse that the counted nations alone would give, as a thin outline. */
function compared(store: Store, id: string, colourHex: string, thin: ThinLines): void {
  const impact = impactIn(store.comparison?.match.get(id)?.flight);
  if (!impact) return;
  const rim = outline(where(impact), ellipseOf(impact), 96).map((p) => onGround(p));
  for (let i = 1; i < rim.length; i += 2) thin.segment(rim[i - 1]!, rim[i]!, rgb(colourHex), 0.9);
}
