// fold.md, section 5: the interacting multiple model filter of a track, and what a report tells that the last did not.

import { carry, exp, factor, invert, product, quadratic } from "./matrices.mjs";

const MODES = [0, 1, 2];
const STAY_S = [500, 500, 5];
const SHIP_STAY_S = [200, 200, 20];
const FRESH = [0.9, 0.05, 0.05];
const PROBABILITY_MIN = 1e-12;
const SURFACE = 3;

/** What has no place in fold.md: the picture from here on is not this core's to tell. */
export class Beyond extends Error {}

const needed = (found) => {
  if (!found) throw new Beyond("a covariance without a factor");
  return found;
};

/** Noise density of a mode, m²/s³, at the state x. */
export function noise(track, mode, x) {
  const q = Math.min(Math.max(track.q === 0 ? 10 : track.q, 1e-4), 100);
  const swerve = track.environment === SURFACE ? 0.004 * Math.min(x[3] * x[3] + x[4] * x[4] + x[5] * x[5], 900) : 1;
  return [q, 0.1 * q, 25 * q + swerve][mode];
}

/** Give every mode the track's combined estimate. */
export function freshModes(track) {
  track.modes = MODES.map((m) => ({ mu: FRESH[m], x: Float64Array.from(track.x), P: Float64Array.from(track.P) }));
}

function combine(track) {
  const { modes, x, P } = track;
  for (let i = 0; i < 6; i++) {
    let s = 0;
    for (const mode of modes) s += mode.mu * (mode.x[i] - x[i]);
    x[i] += s;
  }
  for (let i = 0, k = 0; i < 6; i++) {
    for (let j = 0; j <= i; j++, k++) {
      let s = 0;
      for (const mode of modes) s += mode.mu * (mode.P[k] + (mode.x[i] - x[i]) * (mode.x[j] - x[j]));
      P[k] = s;
    }
  }
}

/** From time t to t2, both ns, in seconds. */
export const seconds = (t, t2) => Number(t2 - t) * 1e-9;

/** Mix the modes and carry them to a time, ns. */
export function predict(track, time) {
  const dt = seconds(track.time, time);
  if (dt <= 0) return;
  const staying = track.environment === SURFACE ? SHIP_STAY_S : STAY_S;
  const mixed = MODES.map((a) => {
    const share = [0, 0, 0];
    let total = 0;
    for (const b of MODES) {
      const stay = 1 / (1 + dt / staying[b]);
      share[b] = (a === b ? stay : (1 - stay) / 2) * track.modes[b].mu;
      total += share[b];
    }
    for (const b of MODES) share[b] /= total;
    const own = track.modes[a];
    const x = new Float64Array(6);
    for (let i = 0; i < 6; i++) {
      let s = 0;
      for (const b of MODES) s += share[b] * (track.modes[b].x[i] - own.x[i]);
      x[i] = own.x[i] + s;
    }
    const P = new Float64Array(21);
    for (const b of MODES) {
      const e = track.modes[b].x.map((v, i) => v - x[i]);
      for (let i = 0, k = 0; i < 6; i++) {
        for (let j = 0; j <= i; j++, k++) P[k] += share[b] * (track.modes[b].P[k] + e[i] * e[j]);
      }
    }
    return { mu: total, x, P };
  });
  mixed.forEach((mode, m) => carry(mode.x, mode.P, noise(track, m, mode.x), dt));
  track.modes = mixed;
  track.time = time;
  track.x = Float64Array.from(mixed[0].x);
  combine(track);
}

/** Fuse a tracklet about an origin. */
export function fuse(track, { Y, y }, origin) {
  const found = track.modes.map((mode) => {
    const before = needed(invert(mode.P));
    const after = needed(invert(before.inverse.map((v, k) => v + Y[k])));
    const delta = mode.x.map((v, i) => v - origin[i]);
    const g = product(Y, delta);
    let value = 0;
    for (let i = 0; i < 6; i++) {
      value += delta[i] * g[i];
      g[i] = y[i] - g[i];
    }
    const step = product(after.inverse, g);
    for (let i = 0; i < 6; i++) {
      value -= 2 * y[i] * delta[i] + g[i] * step[i];
      mode.x[i] += step[i];
    }
    mode.P = after.inverse;
    return { value, root: Math.sqrt(before.det) * Math.sqrt(after.det) };
  });
  const lowest = Math.min(...found.map(({ value }) => value));
  let total = 0;
  const weights = found.map(({ value, root }, m) => {
    const weight = track.modes[m].mu * (exp(-0.5 * (value - lowest)) / root);
    total += weight;
    return weight;
  });
  if (total > 0) weights.forEach((weight, m) => (track.modes[m].mu = Math.max(weight / total, PROBABILITY_MIN)));
  combine(track);
}

/** Everything that a row tells. */
export const whole = (row) => ({ Y: needed(invert(row.P)).inverse, y: new Float64Array(6) });

/** What a row tells beyond the source's row before, which is of `time`. */
export function increment(row, before) {
  const x = Float64Array.from(before.x);
  const P = Float64Array.from(before.P);
  carry(x, P, row.q, seconds(before.time, row.time));
  const d = x.map((v, i) => row.x[i] - v);
  const G = P.map((p, k) => p - row.P[k]);
  for (let i = 0; i < 6; i++) G[(i * (i + 3)) / 2] += 1e-6 * P[(i * (i + 3)) / 2];
  const gained = factor(G);
  if (!gained || !(quadratic(gained.L, d) < 60)) throw new Beyond("two reports that no linear filter makes");
  const now = needed(invert(row.P)).inverse;
  const then = needed(invert(P)).inverse;
  return { Y: now.map((v, k) => v - then[k]), y: product(then, d) };
}
