// The columns of the table of tracks: what each shows and how it sorts.
import * as format from "../model/format.ts";
import type { Store } from "../model/store.ts";
import { nameOf, type Track } from "../model/track.ts";

export interface Column {
  name: string;
  title: string;
  text: (track: Track, store: Store) => string;
  order: (track: Track, store: Store) => number | string;
}

const nations = (t: Track, store: Store): string =>
  [...new Set(t.contributors.map((c) => store.nationOf(c.node)))].toSorted().join(" ");

export const COLUMNS: Column[] = [
  { name: "name", title: "Track", text: nameOf, order: nameOf },
  { name: "height", title: "Height", text: (t) => format.length(t.alt), order: (t) => t.alt },
  { name: "speed", title: "Speed", text: (t) => format.speed(Math.hypot(t.speed, t.climb)), order: (t) => Math.hypot(t.speed, t.climb) },
  { name: "error", title: "± 1σ", text: (t) => format.length(t.sigma), order: (t) => t.sigma },
  { name: "from", title: "Seen by", text: nations, order: nations },
];

const collator = new Intl.Collator("en", { numeric: true });

/** `sort` is a column's name, with a minus in front for downwards. */
export function sorted(tracks: Track[], sort: string, store: Store): Track[] {
  const down = sort.startsWith("-");
  const column = COLUMNS.find((c) => c.name === sort.replace("-", "")) ?? COLUMNS[0]!;
  const keyed = tracks.map((track) => ({ track, key: column.order(track, store) }));
  keyed.sort((a, b) => {
    const by =
      typeof a.key === "number" ? a.key - (b.key as number) : collator.compare(a.key, b.key as string);
    return (down ? -by : by) || collator.compare(a.track.id, b.track.id);
  });
  return keyed.map((k) => k.track);
}
