// From the picture to lines and symbols: everything on the globe that belongs to tracks and sensors.
import { addScaled, ecefToGeodetic, geodeticToEcef, type Vec3 } from "../geo/ellipsoid.ts";
import { horizontalEllipse95, outline, sector, type LatLon } from "../geo/ellipse.ts";
import { colourOf, nationColour, rgb } from "../model/colours.ts";
import { isPlace } from "../model/regions.ts";
import type { Store } from "../model/store.ts";
import { code, sensorCode } from "../model/symbolcode.ts";
import type { Track } from "../model/track.ts";
import type { Areas, Colour, ThinLines } from "./lines.ts";
import type { Mark } from "./symbols.ts";

const DROPPING = 3;
const INITIATING = 1;
const NEUTRAL = 4;
/** A symbol in the middle of where something may be says no more than what it is. */
const UNPLACED = 0.4;
const TRAIL_POINTS_MAX = 24_000;
const FILLED_M = 600_000;
const POLE_FROM_M = 1_000;

export const onGround = ([lat, lon]: LatLon, alt = 0): Vec3 => geodeticToEcef(lat, lon, alt);

/** How many pixels high a symbol's frame is: the farther and the more there are, the smaller. */
export function symbolSize(track: Track, tracks: number, distance: number): number {
  if (track.kind === "missile") return 21;
  const far = distance > 5_000 ? 0.75 : distance > 1_600 ? 0.85 : distance > 700 ? 1 : 1.2;
  const crowd = tracks > 300 ? 0.85 : 1;
  return (track.identity === NEUTRAL ? 13.5 : 17.5) * far * crowd;
}

export function marks(store: Store, tracks: Track[], distance: number): Mark[] {
  const { colour, layers } = store.view;
  const out: Mark[] = [];
  if (layers.has("coverage"))
    for (const node of store.coalition?.node ?? [])
      for (const sensor of node.sensor)
        if (sensor.position.length === 3)
          out.push({
            position: sensor.position as unknown as Vec3,
            code: sensorCode,
            colour: rgb(nationColour(node.nation)),
            alpha: node.liveness === 1 ? 0.9 : 0.35,
            size: 14,
          });
  // Missiles last: they are drawn over the rest.
  for (const track of tracks.toSorted((a, b) => Number(a.kind === "missile") - Number(b.kind === "missile")))
    out.push({
      position: track.position,
      code: code(track.kind, track.identity),
      colour: rgb(colourOf(track, colour, store.nationOf)),
      alpha: store.comparison?.lost.has(track.id) ? 0.3 : !isPlace(track) ? UNPLACED : track.status === DROPPING ? 0.45 : track.status === INITIATING ? 0.75 : 1,
      size: symbolSize(track, tracks.length, distance),
    });
  return out;
}

export function trackLines(store: Store, tracks: Track[], thin: ThinLines): void {
  const { colour, layers, leader, selected } = store.view;
  for (const track of tracks) {
    const c = rgb(colourOf(track, colour, store.nationOf));
    const chosen = selected.has(track.id);
    if (layers.has("trails")) trail(store, track, c, chosen, thin);
    if (layers.has("leaders") && track.kind !== "missile" && track.kind !== "satellite" && isPlace(track))
      ahead(track, leader, c, thin);
    if ((layers.has("poles") || chosen) && track.alt > (chosen ? 0 : POLE_FROM_M) && poleWanted(track, chosen)) {
      const foot = onGround([track.lat, track.lon]);
      thin.segment(foot, track.position, c, 0.5, 0.28);
    }
    if ((layers.has("ellipses") || chosen) && !track.region) {
      const ellipse = horizontalEllipse95(track.covariance, track.lat, track.lon);
      const rim = outline([track.lat, track.lon], ellipse, 36).map((p) => onGround(p, track.alt));
      thin.path(rim, c, chosen ? 0.95 : 0.6);
    }
  }
}

/** Poles of aircraft are shorter than a pixel in most views: only what flies high, or is chosen. */
const poleWanted = (track: Track, chosen: boolean): boolean => chosen || track.alt > 20 * POLE_FROM_M;

function trail(store: Store, track: Track, colour: Colour, chosen: boolean, thin: ThinLines): void {
  const points = store.trails.get(track.id);
  const n = points.length;
  const top = chosen ? 0.95 : 0.6;
  // However many tracks there are, all trails together take a bounded number of points.
  const stride = chosen ? 1 : Math.ceil((store.tracks.size * n) / TRAIL_POINTS_MAX);
  const alpha = (i: number) => top * (0.12 + (0.88 * i) / n);
  let before = 0;
  for (let i = stride; i < n; before = i, i += stride)
    thin.segment(points[before]!.position, points[i]!.position, colour, alpha(before), alpha(i));
  if (n && isPlace(track)) thin.segment(points[before]!.position, track.position, colour, alpha(before), top);
}

/** A velocity leader: where the track will be in `minutes` if it keeps on as it does, over the ground. */
function ahead(track: Track, minutes: number, colour: Colour, thin: ThinLines): void {
  const velocity: Vec3 = [track.state[3]!, track.state[4]!, track.state[5]!];
  const to = ecefToGeodetic(addScaled(track.position, velocity, minutes * 60));
  thin.segment(track.position, geodeticToEcef(to.lat, to.lon, track.alt), colour, 0.9);
}

export function coverage(store: Store, thin: ThinLines, areas: Areas): void {
  if (!store.view.layers.has("coverage")) return;
  for (const node of store.coalition?.node ?? []) {
    const colour = rgb(nationColour(node.nation));
    const alive = node.liveness === 1;
    for (const sensor of node.sensor) {
      if (sensor.position.length !== 3 || !(sensor.rangeM > 0) || sensor.rangeM > 8e6) continue;
      const { lat, lon } = ecefToGeodetic(sensor.position as unknown as Vec3);
      const rim = sector([lat, lon], sensor.rangeM, sensor.azimuthFromDeg, sensor.azimuthToDeg).map((p) => onGround(p));
      thin.path(rim, colour, alive ? 0.5 : 0.15);
      if (alive && sensor.rangeM < FILLED_M) areas.fan(onGround([lat, lon]), rim, colour, 0.05, 0.03);
    }
  }
}
