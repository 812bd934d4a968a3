// fold.md, sections 2, 3, 6 and 8: the table of tracks, events folded into it in their order, and its digest.

import { blake2b, toBytes, toHex, toNumber } from "./blake2b.mjs";
import { Consistency } from "./consistency.mjs";
import { Beyond, freshModes, fuse, increment, noise, predict, seconds, whole } from "./filter.mjs";
import { THRESHOLD, begin, ratio, together, weigh } from "./evidence.mjs";
import { carry, separation } from "./matrices.mjs";

const SECOND = 1_000_000_000n;
const [, , SPACE, SURFACE, SUBSURFACE, LAND] = [0, 1, 2, 3, 4, 5];
const [INITIATING, MAINTAINING, DROPPING, TERMINATED] = [1, 2, 3, 4];
const FREE_FLIGHT = 2;
const COAST_NS = { [SURFACE]: 30n * SECOND, [SUBSURFACE]: 60n * SECOND, [LAND]: 30n * SECOND };
const SOURCES_MAX = 24;
const LANES = [
  [0x9e3779b97f4a7c15n, 0xbf58476d1ce4e5b9n],
  [0xc2b2ae3d27d4eb4fn, 0x94d049bb133111ebn],
];
const real = new DataView(new ArrayBuffer(8));

function bits(value) {
  real.setFloat64(0, value);
  return real.getBigUint64(0);
}

const key = (...parts) => toNumber(blake2b(new TextEncoder().encode(parts.join("\0")), 8)) >> 1n || 1n;

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The order in which events are folded. */
export function inOrder(a, b) {
  const names = (one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other));
  const numbers = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
  return (
    numbers(a.time, b.time) || names(a.node, b.node) || numbers(a.incarnation, b.incarnation) ||
    numbers(a.sequence, b.sequence) || names(a.stream, b.stream)
  );
}

export class Picture {
  tracks = [];
  #sources = new Map();
  #swept = -1n;
  #consistency = new Consistency();

  /** Fold one event: {time, node, incarnation, rows}. Throws Beyond. */
  fold({ time, node, incarnation, rows }) {
    this.#consistency.before(time, this.tracks);
    if (time / SECOND > this.#swept) {
      this.#swept = time / SECOND;
      this.#sweep(this.#swept * SECOND);
    }
    const work = rows.map((row) => this.#begin(row, this.#source(node, incarnation, row.local)));
    const busy = work.filter((w) => w.source.track).map((w) => w.source.track);
    if (new Set(busy).size < busy.length) throw new Beyond("two rows of one report in one track");
    for (const track of busy) predict(track, time);
    for (const w of work) if (w.source.track) this.#verify(w);
    for (const { row, source } of work) {
      if (row.status === TERMINATED) continue;
      source.period = source.newest ? time - source.newest.time : 0n;
      source.newest = row;
    }
    for (const w of work) if (w.follows) this.#follow(w, time);
    this.#assign(work.filter((w) => w.seeks && !w.source.track), new Set(busy), time);
    for (const w of work) if (w.seeks && !w.source.track) this.#birth(w, time);
    for (const { row, source, tracklet } of work) if (tracklet) fuse(source.track, tracklet, row.x);
    for (const w of work) this.#finish(w, time);
  }

  /** 32 hexadecimal digits. */
  digest() {
    const sums = [0n, 0n];
    for (const track of this.tracks) {
      const words = this.#words(track);
      LANES.forEach(([seed, by], lane) => {
        let h = seed;
        for (const word of words) {
          h = BigInt.asUintN(64, (h ^ word) * by);
          h ^= h >> 29n;
        }
        sums[lane] = BigInt.asUintN(64, sums[lane] + h);
      });
    }
    const content = [BigInt(this.tracks.length), ...sums].map((value) => toBytes(value, 8));
    return toHex(blake2b(Buffer.concat(content), 16, "triwatch picture"));
  }

  #words(track) {
    const whole = [
      track.number, track.time, track.birth, track.update, BigInt(track.reports), BigInt(track.status),
      BigInt(track.environment), BigInt(track.identity), BigInt(track.conflict),
      track.callSign ? key("call sign", track.callSign) : 0n, 0n, 0n, BigInt(track.sources.length),
    ];
    const reals = [track.confidence, track.q, ...track.modes.map((mode) => mode.mu), ...track.x, ...track.P];
    return [...whole, ...reals.map(bits), ...track.sources.flatMap((source) => [source.key, source.newest.time])];
  }

  #source(node, incarnation, local) {
    const name = [node, incarnation, local].join("\0");
    if (!this.#sources.has(name)) {
      const source = { node, incarnation, local, key: key(node, incarnation, local) };
      this.#sources.set(name, { ...source, newest: null, reported: false, period: 0n, own: 0, none: 0, track: null });
    }
    return this.#sources.get(name);
  }

  #begin(row, source) {
    if (row.declares) throw new Beyond("a sensor that is declared");
    if (row.environment === SPACE) throw new Beyond("a track in space");
    if (row.parent) throw new Beyond("a track that came off another");
    const w = { row, source, tracklet: null, seeks: row.status !== DROPPING && row.status !== TERMINATED };
    if (row.status === TERMINATED) {
      this.#leave(source);
    } else if (source.reported && source.track && row.tracklet) {
      w.tracklet = row.tracklet.Y.some((v) => v !== 0) ? row.tracklet : null;
    } else if (source.reported && source.track && row.q > 0 && source.newest.q > 0) {
      if (row.motion === FREE_FLIGHT) throw new Beyond("a node that assumes free flight");
      w.tracklet = increment(row, source.newest);
    } else if (source.track) {
      w.tracklet = this.#whole(row);
    }
    return w;
  }

  #whole(row) {
    if (row.q === 0) throw new Beyond("a report of unknown process noise");
    return whole(row);
  }

  #verify(w) {
    const { row, source } = w;
    const track = source.track;
    const found = separation(row.x, row.P, track.x, track.P);
    if (!found) throw new Beyond("a covariance without a factor");
    const fits = found.d2 <= 25;
    if (track.sources.length === 1) {
      begin(source, 0);
      w.follows = !fits;
    } else if (!fits) {
      throw new Beyond("a report that does not fit its track");
    } else if (source.none > -THRESHOLD) {
      weigh(row, source, w.tracklet ? w.tracklet.Y : new Float64Array(21));
    }
  }

  #follow(w, time) {
    const track = w.source.track;
    Object.assign(track, { time, ...together(track.sources, time) });
    freshModes(track);
    w.tracklet = null;
  }

  #estimate(row) {
    return { time: row.time, environment: row.environment, x: Float64Array.from(row.x), P: Float64Array.from(row.P) };
  }

  #assign(seeking, busy, time) {
    const taken = new Set();
    const found = seeking.map((w) => {
      const likely = this.tracks.map((track) => [track, busy.has(track) ? -Infinity : this.#likely(track, w, time)]);
      const candidates = likely.filter(([, value]) => value > -THRESHOLD);
      if (candidates.length > 1) throw new Beyond("an assignment with a choice");
      const [track, value] = candidates[0] ?? [];
      if (taken.has(track)) throw new Beyond("an assignment with a choice");
      if (track) taken.add(track);
      return { track, value };
    });
    found.forEach(({ track, value }, k) => {
      if (!track) return;
      const { row, source } = seeking[k];
      source.track = track;
      track.sources.push(source);
      begin(source, -value);
      predict(track, time);
      seeking[k].tracklet = this.#whole(row);
    });
  }

  #likely(track, { row, source }, time) {
    if (track.sources.length >= SOURCES_MAX) return -Infinity;
    if (track.sources.some((s) => s.node === source.node && s.incarnation === source.incarnation)) return -Infinity;
    const x = Float64Array.from(track.x);
    const P = Float64Array.from(track.P);
    carry(x, P, noise(track, 0, x), seconds(track.time, time));
    return ratio(row, x, P) ?? -Infinity;
  }

  #birth(w, time) {
    const { row, source } = w;
    const block = 1000n + BigInt(crc32(Buffer.from(source.node)) % 9000);
    let number = block * 100_000n + (row.local % 100_000n);
    while (this.tracks.some((track) => track.number === number)) number++;
    const track = {
      number, birth: time, update: 0n, reports: 0, status: INITIATING, identity: 0, conflict: 0, callSign: "",
      confidence: 0, q: row.q, sources: [source], ...this.#estimate(row),
    };
    freshModes(track);
    this.tracks.push(track);
    source.track = track;
    begin(source, 0);
    w.tracklet = null;
  }

  #finish({ row, source }, time) {
    const track = source.track;
    if (!track) {
      this.#forget(source);
      return;
    }
    source.reported = true;
    this.#settle(track);
    if (row.status !== DROPPING) {
      track.update = time;
      track.reports += 1;
      track.status = track.reports > 1 ? MAINTAINING : INITIATING;
    } else if (this.#isUnseen(track)) {
      track.status = DROPPING;
    }
  }

  #settle(track) {
    const rows = track.sources.map((source) => source.newest);
    let most = 0;
    for (let e = 1; e <= LAND; e++) {
      const votes = rows.filter((row) => row.environment === e).length;
      if (votes > most) [most, track.environment] = [votes, e];
    }
    let [heaviest, total] = [-1, 0];
    for (let i = 1; i <= 6; i++) {
      let weight = 0;
      for (const row of rows) if (row.identity === i) weight += row.confidence;
      total += weight;
      if (weight > heaviest && weight > 0) [heaviest, track.identity] = [weight, i];
    }
    track.confidence = total > 0 ? heaviest / total : 0;
    const says = (...identities) => rows.some((row) => identities.includes(row.identity));
    track.conflict = says(2, 3) && says(5, 6) ? 1 : 0;
    let [q, declared] = [0, 0];
    for (const row of rows) {
      if (row.callSign) track.callSign = row.callSign;
      if (row.q > 0) [q, declared] = [q + row.q, declared + 1];
    }
    if (declared) track.q = q / declared;
  }

  #isUnseen(track) {
    return track.sources.every((source) => source.newest.status === DROPPING);
  }

  #leave(source) {
    if (source.track) source.track.sources.splice(source.track.sources.indexOf(source), 1);
    source.track = null;
    this.#forget(source);
  }

  #forget(source) {
    Object.assign(source, { reported: false, newest: null });
  }

  #sweep(time) {
    const longer = (a, b) => (a > b ? a : b);
    for (const track of [...this.tracks]) {
      for (const source of [...track.sources]) {
        if (time - source.newest.time > longer(30n * SECOND, 4n * source.period)) this.#leave(source);
      }
      const age = time - track.update;
      const unseen = this.#isUnseen(track);
      if (unseen && age > (COAST_NS[track.environment] ?? 10n * SECOND)) {
        for (const source of [...track.sources]) this.#leave(source);
        this.tracks.splice(this.tracks.indexOf(track), 1);
        continue;
      }
      const soonest = track.sources.reduce((most, source) => longer(most, 2n * source.period), 10n * SECOND);
      if (unseen || age > soonest) track.status = DROPPING;
    }
    this.#look(time);
  }

  #look(time) {
    const there = this.tracks.map((track) => {
      const dt = seconds(track.time, time);
      return {
        at: [0, 1, 2].map((i) => track.x[i] + dt * track.x[i + 3]),
        spread: track.P[0] + track.P[2] + track.P[5],
      };
    });
    there.forEach((one, k) => {
      for (const other of there.slice(k + 1)) {
        const d2 = one.at.reduce((sum, v, i) => sum + (v - other.at[i]) ** 2, 0);
        if (d2 < 60 * (one.spread + other.spread + 675)) throw new Beyond("two tracks near each other");
      }
    });
  }
}
