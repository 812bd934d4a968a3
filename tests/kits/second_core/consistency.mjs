// fold.md, section 6: whether every node's errors fit what it declares. Who does not is beyond the page.

import { Beyond, seconds } from "./filter.mjs";
import { carry, separation } from "./matrices.mjs";

const WINDOW = 10_000_000_000n;
const [MAINTAINING, FREE_FLIGHT] = [2, 2];
const [MOST, ALARM, HIGHEST, CONSTANT] = [18.55, 13.8, 27.6, 2.0794415416798357];

/** A row carried to a time by what its node declares. */
function carried(row, time) {
  const [x, P] = [Float64Array.from(row.x), Float64Array.from(row.P)];
  if (row.time < time) {
    if (row.motion === FREE_FLIGHT) throw new Beyond("a node that assumes free flight");
    carry(x, P, row.q > 0 ? row.q : 10, seconds(row.time, time));
  }
  return [x, P];
}

function apart(one, other) {
  const time = one.time > other.time ? one.time : other.time;
  return separation(...carried(one, time), ...carried(other, time))?.d2 ?? Infinity;
}

export class Consistency {
  #window = 0n;
  #evidence = new Map();

  /** Before an event valid at `time` is folded into `tracks`. Throws Beyond. */
  before(time, tracks) {
    const window = time / WINDOW;
    if (window <= this.#window) return;
    const over = this.#window;
    this.#window = window;
    if (!over) return;
    const inOrder = [...tracks].sort((a, b) => (a.number < b.number ? -1 : 1));
    for (const track of inOrder) if ((track.number + over) % 3n === 0n) this.#take(track, over);
  }

  #take(track, window) {
    const usable = track.sources.filter(
      ({ newest }) => newest.status === MAINTAINING && newest.time / WINDOW === window,
    );
    for (const mine of usable) {
      const others = usable.filter((source) => source.node !== mine.node);
      const d2 = others.reduce((least, { newest }) => Math.min(least, apart(mine.newest, newest)), Infinity);
      if (d2 === Infinity) continue;
      const word = `${mine.node}\0${mine.newest.environment}`;
      const total = (this.#evidence.get(word) ?? 0) + 0.25 * Math.min(d2, MOST) - CONSTANT;
      const evidence = Math.min(Math.max(total, 0), HIGHEST);
      if (evidence >= ALARM) throw new Beyond("a node whose word is doubted");
      this.#evidence.set(word, evidence);
    }
  }
}
