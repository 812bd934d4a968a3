// A view that holds given points: within the part of the screen that no panel covers, none behind the Earth.
import { Vector3, type PerspectiveCamera } from "three";
import { ecefToGeodetic, geodeticToEcef, type Vec3 } from "../geo/ellipsoid.ts";
import { hidden, toUnit } from "../geo/horizon.ts";
import type { CameraView } from "../model/view.ts";
import { limited, panned, place } from "./camera.ts";
import type { Box } from "./room.ts";
import { SCALE } from "./shaders.ts";

/** Between what is fitted and the edge of the free part, pixels. */
const MARGIN = 36;
/** What was fitted may come as near to the edge before it is fitted anew: half a symbol, pixels. */
const MARGIN_LEAST = 14;
/** Nearer than this there is no place to be seen around the points, km; of an exercise under water alone, which
 *  takes place in a few kilometres of sea, there is none at all. */
export const NEAREST_KM = 250;
export const NEAREST_UNDER_WATER_KM = 25;
const FARTHEST_KM = 26_000;
/** What spreads over more of the Earth than this, radians, is seen from straight above. */
const WIDE_RAD = 0.5;
const TILT = 28;

export interface Screen {
  width: number;
  height: number;
  /** The free part. */
  free: Box;
  /** How near the eye may come, km. */
  nearest: number;
}

/** Pixels of a position in ECEF m; undefined where the Earth hides it or it lies behind the eye. */
export function pixelsOf(camera: PerspectiveCamera, position: Vec3, screen: { width: number; height: number }) {
  const { x, y, z } = camera.position;
  if (hidden(toUnit([x / SCALE, y / SCALE, z / SCALE]), toUnit(position))) return undefined;
  const p = new Vector3(...position).multiplyScalar(SCALE).applyMatrix4(camera.matrixWorldInverse);
  if (p.z > -camera.near) return undefined;
  p.applyMatrix4(camera.projectionMatrix);
  return { x: ((p.x + 1) / 2) * screen.width, y: ((1 - p.y) / 2) * screen.height };
}

/** The box on the screen around all points; undefined where one cannot be seen. */
function around(camera: PerspectiveCamera, view: CameraView, points: Vec3[], screen: Screen): Box | undefined {
  place(camera, view);
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const point of points) {
    const at = pixelsOf(camera, point, screen);
    if (!at) return undefined;
    box.left = Math.min(box.left, at.x);
    box.right = Math.max(box.right, at.x);
    box.top = Math.min(box.top, at.y);
    box.bottom = Math.max(box.bottom, at.y);
  }
  return box;
}

/** The screen with so much less room at each edge of its free part, and never without any. */
function within(screen: Screen, margin: number): Screen {
  const { left, top, right, bottom } = screen.free;
  const by = Math.min(margin, (right - left) / 6, (bottom - top) / 6);
  return { ...screen, free: { left: left + by, top: top + by, right: right - by, bottom: bottom - by } };
}

/** Whether all points are seen in the free part of the screen, none cut by its edge. `camera` is placed at `view`. */
export function holds(camera: PerspectiveCamera, view: CameraView, points: Vec3[], screen: Screen): boolean {
  return inside(camera, view, points, within(screen, MARGIN_LEAST));
}

function inside(camera: PerspectiveCamera, view: CameraView, points: Vec3[], screen: Screen): boolean {
  const box = around(camera, view, points, screen);
  const { free } = screen;
  return !!box && box.left >= free.left && box.right <= free.right && box.top >= free.top && box.bottom <= free.bottom;
}

/** The nearest view, north up, that holds all points; of those that do not fit on one side of the Earth, their
 *  middle from afar. `camera` is moved about. */
export function fitted(camera: PerspectiveCamera, points: Vec3[], screen: Screen): CameraView {
  const { left, top, right, bottom } = screen.free;
  const inner = within(screen, MARGIN);
  const middle = middleOf(points);
  const wide = Math.max(...points.map((p) => angle(p, middle.direction))) > WIDE_RAD;
  let view: CameraView = { lat: middle.lat, lon: middle.lon, alt: 0, distance: FARTHEST_KM, heading: 0, tilt: wide ? 0 : TILT };
  // The middle of what is seen depends on how far away the eye is, and the other way round.
  for (let i = 0; i < 4; i++) {
    view = { ...view, distance: nearest(camera, view, points, inner) };
    const box = around(camera, view, points, screen);
    if (!box) break;
    const dx = (left + right - box.left - box.right) / 2;
    const dy = (top + bottom - box.top - box.bottom) / 2;
    view = limited(panned(view, dx, dy, screen.height, camera.fov), view);
  }
  return { ...view, distance: nearest(camera, view, points, inner) };
}

/** The least distance, km, from which the points fit, by bisection. */
function nearest(camera: PerspectiveCamera, view: CameraView, points: Vec3[], screen: Screen): number {
  let [low, high] = [screen.nearest, FARTHEST_KM];
  for (let i = 0; i < 18; i++) {
    const distance = Math.sqrt(low * high);
    if (inside(camera, { ...view, distance }, points, screen)) high = distance;
    else low = distance;
  }
  return high;
}

const length = (p: Vec3): number => Math.hypot(p[0], p[1], p[2]);
const angle = (a: Vec3, b: Vec3): number =>
  Math.acos(Math.max(-1, Math.min(1, (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) / (length(a) * length(b)))));

/** Mean direction of points from the Earth's centre. */
function middleOf(points: Vec3[]): { lat: number; lon: number; direction: Vec3 } {
  const sum: [number, number, number] = [0, 0, 0];
  for (const p of points) for (let k = 0; k < 3; k++) sum[k]! += p[k]! / length(p);
  const direction: Vec3 = length(sum) > 1e-6 ? sum : geodeticToEcef(0, 0, 0);
  const { lat, lon } = ecefToGeodetic([direction[0] * 1e7, direction[1] * 1e7, direction[2] * 1e7]);
  return { lat, lon, direction };
}
