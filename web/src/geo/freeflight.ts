// Where a freely falling body goes: gravity with J2 seen from the rotating Earth, no drag.
// Source: Montenbruck and Gill, Satellite Orbits (2000), eq. 3.1 and 3.28; Runge-Kutta of order 4.
import { ecefToGeodetic, type Vec3 } from "./ellipsoid.ts";

const MU = 3.986004418e14;
const J2 = 1.08262668e-3;
const RE = 6378137.0;
const OMEGA = 7.292115e-5;

type State = [number, number, number, number, number, number];

function derivative([x, y, z, vx, vy, vz]: State): State {
  const r2 = x * x + y * y + z * z;
  const k = -MU / (r2 * Math.sqrt(r2));
  const j = (1.5 * J2 * RE * RE) / r2;
  const w = (5 * z * z) / r2;
  return [
    vx,
    vy,
    vz,
    k * x * (1 + j * (1 - w)) + OMEGA * (OMEGA * x + 2 * vy),
    k * y * (1 + j * (1 - w)) + OMEGA * (OMEGA * y - 2 * vx),
    k * z * (1 + j * (3 - w)),
  ];
}

const step = (s: State, d: State, h: number): State => s.map((v, i) => v + h * d[i]!) as State;

export function advance(s: State, h: number): State {
  const a = derivative(s);
  const b = derivative(step(s, a, h / 2));
  const c = derivative(step(s, b, h / 2));
  const d = derivative(step(s, c, h));
  return s.map((v, i) => v + (h / 6) * (a[i]! + 2 * b[i]! + 2 * c[i]! + d[i]!)) as State;
}

/** Above this the path is so smooth that it needs fewer points. */
const HIGH_M = 250_000;

/**
 * Positions in ECEF m from the state (6 numbers, m and m/s) on until the ground, or for `limit` seconds.
 * Steps of 4 s, of 10 s high up; the last point lies on the ellipsoid to within a few metres.
 */
export function fall(state: ArrayLike<number>, limit = 7200): Vec3[] {
  let s = Array.from(state) as State;
  const path: Vec3[] = [[s[0], s[1], s[2]]];
  let h = 4;
  for (let t = 0; t < limit; t += h) {
    const next = advance(s, h);
    const above = ecefToGeodetic([next[0], next[1], next[2]]).alt;
    h = above > HIGH_M ? 10 : 4;
    if (above <= 0) {
      path.push(ground(s, 10));
      break;
    }
    s = next;
    path.push([s[0], s[1], s[2]]);
  }
  return path;
}

/** The point within the next `h` seconds at which the body meets the ellipsoid, by bisection. */
function ground(s: State, h: number): Vec3 {
  let [low, high] = [0, h];
  let p: Vec3 = [s[0], s[1], s[2]];
  for (let i = 0; i < 16; i++) {
    const mid = (low + high) / 2;
    const at = advance(s, mid);
    p = [at[0], at[1], at[2]];
    if (ecefToGeodetic(p).alt > 0) low = mid;
    else high = mid;
  }
  return p;
}
