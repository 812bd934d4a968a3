// Error ellipses: from a covariance, and as outlines on the ground.
import { RAD, enuAxes, type Vec3 } from "./ellipsoid.ts";

/** 95 % of a plane normal distribution lies within this many sigma: sqrt(-2 ln 0.05). */
export const K95 = Math.sqrt(-2 * Math.log(0.05));
const MEAN_RADIUS_M = 6371008.8;

export interface Ellipse {
  /** Semi-axes, m. */
  major: number;
  minor: number;
  /** Of the major axis, clockwise from true north, degrees in [0, 180). */
  orientation: number;
}

/** Element (i, j) of a lower triangle stored by rows. */
const at = (triangle: ArrayLike<number>, i: number, j: number): number =>
  triangle[i >= j ? (i * (i + 1)) / 2 + j : (j * (j + 1)) / 2 + i]!;

/** u' P v over the position block of a 6 x 6 covariance in its lower triangle, m². */
function project(triangle: ArrayLike<number>, u: Vec3, v: Vec3): number {
  let sum = 0;
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) sum += u[i]! * at(triangle, i, j) * v[j]!;
  return sum;
}

/** The 95 % ellipse in the local horizontal plane. */
export function horizontalEllipse95(triangle: ArrayLike<number>, lat: number, lon: number): Ellipse {
  const { east, north } = enuAxes(lat, lon);
  const ee = project(triangle, east, east);
  const nn = project(triangle, north, north);
  const en = project(triangle, east, north);
  const mean = (ee + nn) / 2;
  const half = Math.hypot((nn - ee) / 2, en);
  // Angle from north towards east of the direction of greatest variance.
  const angle = Math.atan2(2 * en, nn - ee) / 2 / RAD;
  return {
    major: K95 * Math.sqrt(Math.max(0, mean + half)),
    minor: K95 * Math.sqrt(Math.max(0, mean - half)),
    orientation: (angle + 180) % 180,
  };
}

/** Standard deviation of the position's distance from its mean: the square root of the trace, m. */
export const positionSigma = (triangle: ArrayLike<number>): number =>
  Math.sqrt(Math.max(0, at(triangle, 0, 0) + at(triangle, 1, 1) + at(triangle, 2, 2)));

/** Standard deviation upwards, m. */
export function verticalSigma(triangle: ArrayLike<number>, lat: number, lon: number): number {
  const { up } = enuAxes(lat, lon);
  return Math.sqrt(Math.max(0, project(triangle, up, up)));
}

export type LatLon = readonly [number, number];

/** The point `distance` m from (lat, lon) at `azimuth` degrees along a great circle of the mean sphere. */
export function destination(lat: number, lon: number, azimuth: number, distance: number): LatLon {
  const d = distance / MEAN_RADIUS_M;
  const [sp, cp] = [Math.sin(lat * RAD), Math.cos(lat * RAD)];
  const sin = sp * Math.cos(d) + cp * Math.sin(d) * Math.cos(azimuth * RAD);
  const dl = Math.atan2(Math.sin(azimuth * RAD) * Math.sin(d) * cp, Math.cos(d) - sp * sin);
  return [Math.asin(Math.max(-1, Math.min(1, sin))) / RAD, ((lon + dl / RAD + 540) % 360) - 180];
}

/** Great-circle distance on the mean sphere, m. */
export function distance(a: LatLon, b: LatLon): number {
  const h =
    Math.sin(((b[0] - a[0]) * RAD) / 2) ** 2 +
    Math.cos(a[0] * RAD) * Math.cos(b[0] * RAD) * Math.sin(((b[1] - a[1]) * RAD) / 2) ** 2;
  return 2 * MEAN_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Closed outline of an ellipse on the ground: n + 1 points, the last equal to the first. */
export function outline(centre: LatLon, ellipse: Ellipse, n = 64): LatLon[] {
  const points: LatLon[] = [];
  for (let i = 0; i < n; i++) {
    const t = (2 * Math.PI * i) / n;
    const along = ellipse.major * Math.cos(t);
    const across = ellipse.minor * Math.sin(t);
    const azimuth = ellipse.orientation + Math.atan2(across, along) / RAD;
    points.push(destination(centre[0], centre[1], azimuth, Math.hypot(along, across)));
  }
  return [...points, points[0]!];
}

/** Outline of a sensor's sector; all round where `from` equals `to`. */
export function sector(centre: LatLon, radius: number, from: number, to: number): LatLon[] {
  const whole = from === to;
  const span = whole ? 360 : (((to - from) % 360) + 360) % 360;
  const n = Math.max(2, Math.ceil(span / 4));
  const arc: LatLon[] = [];
  for (let i = 0; i <= n; i++) arc.push(destination(centre[0], centre[1], from + (span * i) / n, radius));
  return whole ? arc : [centre, ...arc, centre];
}
