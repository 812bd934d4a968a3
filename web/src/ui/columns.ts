// The columns of the table of tracks: what each shows and how it sorts.
import * as format from "../model/format.ts";
import { nationColour } from "../model/colours.ts";
import { isPlace } from "../model/regions.ts";
import type { Store } from "../model/store.ts";
import { nameOf, type Track } from "../model/track.ts";
import { h, type Child } from "./dom.ts";

export interface Column {
  name: string;
  title: string;
  /** What the title means, where it does not say so itself. */
  meaning?: string;
  cell: (track: Track, store: Store) => Child;
  order: (track: Track, store: Store) => number | string;
}

const nations = (t: Track, store: Store): string[] =>
  [...new Set(t.contributors.map((c) => store.nationOf(c.node)))].toSorted();

/** A letter in the nation's colour for each nation that contributes. */
function who(track: Track, store: Store): HTMLElement {
  const codes = nations(track, store);
  const marks = codes.map((code) => {
    const mark = h("span", { class: "who", "aria-hidden": "true" }, code[0]);
    mark.style.background = nationColour(code);
    return mark;
  });
  return h("span", {}, ...marks, h("span", { class: "unseen" }, codes.join(", ")));
}

/** What is on the sea has no height to be told. */
const height = (t: Track): string => (t.environment === 3 ? "surface" : isPlace(t) ? format.length(t.alt) : "–");
const speed = (t: Track): string => (isPlace(t) ? format.speed(Math.hypot(t.speed, t.climb), 1) : "–");

export const COLUMNS: Column[] = [
  { name: "name", title: "Track", cell: nameOf, order: nameOf },
  { name: "height", title: "Height", cell: height, order: (t) => t.alt },
  { name: "speed", title: "Speed", cell: speed, order: (t) => Math.hypot(t.speed, t.climb) },
  { name: "error", title: "Error", meaning: "one standard deviation of the position", cell: (t) => format.length(t.sigma), order: (t) => t.sigma },
  { name: "from", title: "Seen by", cell: who, order: (t, store) => nations(t, store).join() },
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
