// The picture against what some nations alone would see. Track numbers of the two differ, so tracks are
// matched by where they are: each track of the picture to the nearest of the same environment.
import type { Track } from "./track.ts";
import { distance } from "../geo/ellipse.ts";

export interface Comparison {
  /** Tracks of the picture that the counted nations alone would not have. */
  lost: Set<string>;
  /** For the others: standard deviation of the position without the rest, over that with it. */
  ratio: Map<string, number>;
  /** The other picture's track for each of the picture's. */
  match: Map<string, Track>;
}

/** Of a ratio of stated errors: within this of 1 there is no difference to speak of. */
export const SAME = 1.05;

/** Said wherever fewer nations' word looks more certain than all nations'. */
export const WHY_BETTER =
  "That is what its covariance states, not how near it is: alone, nobody contradicts a nation’s own sensors, while in the shared picture what nations disagree on widens the error that is stated. The scorecard of a recording compares both with the truth.";

const CELL_DEG = 1;
/** Two tracks farther apart than this and than 4 sigma are not the same object. */
const GATE_M = 5_000;

export function compare(picture: Iterable<Track>, other: Iterable<Track>): Comparison {
  const cells = new Map<string, Track[]>();
  for (const track of other) {
    const key = cell(track, 0, 0);
    const held = cells.get(key);
    if (held) held.push(track);
    else cells.set(key, [track]);
  }
  const pairs: { a: Track; b: Track; d: number }[] = [];
  const all = [...picture];
  for (const a of all)
    for (let i = -1; i <= 1; i++)
      for (let j = -1; j <= 1; j++)
        for (const b of cells.get(cell(a, i, j)) ?? []) {
          const d = apart(a, b);
          if (b.environment === a.environment && d < Math.max(GATE_M, 4 * Math.hypot(a.sigma, b.sigma)))
            pairs.push({ a, b, d });
        }
  pairs.sort((p, q) => p.d - q.d || (p.a.id < q.a.id ? -1 : 1));
  const match = new Map<string, Track>();
  const taken = new Set<string>();
  for (const { a, b } of pairs) {
    if (match.has(a.id) || taken.has(b.id)) continue;
    match.set(a.id, b);
    taken.add(b.id);
  }
  const ratio = new Map(
    all.flatMap((a) => {
      const b = match.get(a.id);
      return b ? [[a.id, b.sigma / (a.sigma || 1)] as const] : [];
    }),
  );
  return { lost: new Set(all.filter((t) => !match.has(t.id)).map((t) => t.id)), ratio, match };
}

const cell = (t: Track, i: number, j: number): string =>
  `${Math.floor(t.lat / CELL_DEG) + i}:${(((Math.floor(t.lon / CELL_DEG) + j) % 360) + 360) % 360}`;

const apart = (a: Track, b: Track): number =>
  Math.hypot(distance([a.lat, a.lon], [b.lat, b.lon]), a.alt - b.alt);

export const median = (values: number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const mid = sorted.length >> 1;
  return sorted.length % 2 ? sorted[mid]! : ((sorted[mid - 1] ?? NaN) + (sorted[mid] ?? NaN)) / 2;
};
