// Which labels are drawn and where: the most important first, each beside its symbol where nothing else
// stands. What was labelled before goes before its equals, so that labels do not flicker.

import type { Box } from "./room.ts";

export interface Wanted {
  id: string;
  /** Of the symbol, pixels. */
  x: number;
  y: number;
  /** Half the symbol's height: how far off the text stands. */
  gap: number;
  lines: string[];
  width: number;
  height: number;
  /** Greater goes first. */
  rank: number;
}

export interface Placed {
  id: string;
  x: number;
  y: number;
  lines: string[];
}

const BUCKET = 64;

/** A coarse grid of boxes: only neighbours are compared. */
class Occupied {
  private readonly buckets = new Map<number, Box[]>();

  private *keys(box: Box): Iterable<number> {
    for (let i = Math.floor(box.left / BUCKET); i <= Math.floor(box.right / BUCKET); i++)
      for (let j = Math.floor(box.top / BUCKET); j <= Math.floor(box.bottom / BUCKET); j++) yield i * 4096 + j;
  }

  free(box: Box): boolean {
    for (const key of this.keys(box))
      for (const b of this.buckets.get(key) ?? [])
        if (b.left < box.right && b.right > box.left && b.top < box.bottom && b.bottom > box.top) return false;
    return true;
  }

  add(box: Box): void {
    for (const key of this.keys(box)) {
      const held = this.buckets.get(key);
      if (held) held.push(box);
      else this.buckets.set(key, [box]);
    }
  }
}

/** Places at most `limit` labels on a screen, none where it is covered. `before`: ids labelled last time. */
export function placeLabels(
  wanted: Wanted[],
  screen: { width: number; height: number },
  before: ReadonlySet<string>,
  limit: number,
  covered: Box[] = [],
): Placed[] {
  const bonus = (w: Wanted) => w.rank + (before.has(w.id) ? 0.5 : 0);
  const order = wanted.toSorted((a, b) => bonus(b) - bonus(a) || (a.id < b.id ? -1 : 1));
  const occupied = new Occupied();
  for (const box of covered) occupied.add(box);
  for (const { x, y, gap } of wanted)
    occupied.add({ left: x - gap * 0.7, right: x + gap * 0.7, top: y - gap * 0.7, bottom: y + gap * 0.7 });
  const placed: Placed[] = [];
  for (const w of order) {
    if (placed.length >= limit) break;
    for (const [left, top] of seats(w)) {
      const box = { left: left - 2, top: top - 1, right: left + w.width + 2, bottom: top + w.height + 1 };
      if (box.left < 0 || box.top < 0 || box.right > screen.width || box.bottom > screen.height) continue;
      if (!occupied.free(box)) continue;
      occupied.add(box);
      placed.push({ id: w.id, x: left, y: top, lines: w.lines });
      break;
    }
  }
  return placed;
}

/** Right, left, below, above: top left corners. */
const seats = ({ x, y, gap, width, height }: Wanted): [number, number][] => [
  [x + gap, y - height / 2],
  [x - gap - width, y - height / 2],
  [x - width / 2, y + gap],
  [x - width / 2, y - gap - height],
];
