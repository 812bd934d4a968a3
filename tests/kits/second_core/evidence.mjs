// fold.md, section 5: whether a node's track is of the shared track that it is in, by what the other nodes say.

import { Beyond, seconds } from "./filter.mjs";
import { carry, invert, product, separation } from "./matrices.mjs";

const [AIR, SURFACE, SUBSURFACE] = [1, 3, 4];
const SPARSITY = { [AIR]: 37.1, [SURFACE]: 29, [SUBSURFACE]: 31.1 };
const COMMON = 0.2;
export const THRESHOLD = 4.6;
const MEMORY = 0.875;

const bounded = (evidence) => Math.min(Math.max(evidence, -THRESHOLD), THRESHOLD);

/** λ of a row against an estimate at its time; null where their covariances have no factor. */
export function ratio(row, x, P) {
  const found = separation(row.x, row.P, x, P);
  return found && (SPARSITY[row.environment] ?? SPARSITY[AIR]) - 0.5 * (found.d2 + found.logDet);
}

/** What sources say together at a time: {x, P}; null of none. */
export function together(sources, time) {
  const n = sources.length;
  if (!n) return null;
  const information = new Float64Array(21);
  const vector = new Float64Array(6);
  let [origin, apart] = [null, 0];
  for (const { newest } of sources) {
    const x = Float64Array.from(newest.x);
    const P = Float64Array.from(newest.P);
    carry(x, P, newest.q > 0 ? newest.q : 10, seconds(newest.time, time));
    const found = invert(P);
    if (!found) throw new Beyond("a covariance without a factor");
    origin ??= Float64Array.from(x);
    const away = Float64Array.from(x, (v, i) => v - origin[i]);
    const step = product(found.inverse, away);
    for (let i = 0; i < 6; i++) {
      vector[i] += step[i];
      apart += away[i] * step[i];
    }
    for (let k = 0; k < 21; k++) information[k] += found.inverse[k];
  }
  const found = invert(information);
  if (!found) throw new Beyond("a covariance without a factor");
  const y = product(found.inverse, vector);
  for (let i = 0; i < 6; i++) apart -= vector[i] * y[i];
  let factor = sources.every(({ newest }) => newest.q > 0) ? 1 + (n - 1) * COMMON : n;
  if (n > 1 && apart > 6 * (n - 1)) factor *= apart / (6 * (n - 1));
  return { x: y.map((v, i) => v + origin[i]), P: found.inverse.map((v) => v * factor) };
}

/** How much of a row its tracklet tells, 0 to 1. */
function news(P, Y) {
  let total = 0;
  for (let i = 0, k = 0; i < 6; i++) {
    for (let j = 0; j < i; j++, k++) total += 2 * P[k] * Y[k];
    total += P[k] * Y[k++];
  }
  return Math.min(Math.max(total / 6, 0), 1);
}

/** A source newly in a track; `none` is the ratio of its being of no track that there is. */
export const begin = (source, none) => Object.assign(source, { own: 0, none: Math.min(bounded(none), 0) });

/** Take a row's evidence into its source's hypotheses, before it is the newest; Y is its tracklet's. */
export function weigh(row, source, Y) {
  const others = source.track.sources.filter(({ node }) => node !== source.node);
  const said = together(others, row.time);
  const evidence = said ? ratio(row, said.x, said.P) : 0;
  if (evidence === null) throw new Beyond("a covariance without a factor");
  if (source.own + bounded(evidence) <= source.none - 2 * THRESHOLD) throw new Beyond("a pairing that is rejected");
  const period = others.reduce((sum, other) => sum + Number(other.period), 0) / others.length;
  const since = Number(row.time - source.newest.time);
  const age = !said || since <= 0 || period <= since ? 1 : since / period;
  source.own = MEMORY * source.own + bounded(news(row.P, Y) * age * evidence);
  source.none *= MEMORY;
  const best = Math.max(source.own, source.none);
  source.own = Math.max(source.own - best, -THRESHOLD);
  source.none = Math.max(source.none - best, -THRESHOLD);
}
