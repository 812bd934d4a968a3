// Which tracks are shown: in the globe, its trails, the table and the export alike.
import { nameOf, type Track } from "./track.ts";

export interface Filter {
  /** Text in name, number, kind or contributor; empty: any. */
  text: string;
  /** Contract values; empty: any. */
  environments: number[];
  identities: number[];
  /** A node or a nation that must contribute; empty: any. */
  contributor: string;
  /** Only the selected tracks. */
  isolate: boolean;
}

export const NO_FILTER: Filter = { text: "", environments: [], identities: [], contributor: "", isolate: false };

export function passes(track: Track, filter: Filter, selected: ReadonlySet<string>, nationOf: (node: string) => string): boolean {
  if (filter.isolate && selected.size && !selected.has(track.id)) return false;
  if (filter.environments.length && !filter.environments.includes(track.environment)) return false;
  if (filter.identities.length && !filter.identities.includes(track.identity)) return false;
  if (
    filter.contributor &&
    !track.contributors.some((c) => c.node === filter.contributor || nationOf(c.node) === filter.contributor)
  )
    return false;
  if (!filter.text) return true;
  const words = [nameOf(track), track.id, track.kind, ...track.contributors.map((c) => c.node)];
  const wanted = filter.text.toLowerCase();
  return words.some((w) => w.toLowerCase().includes(wanted));
}

export const isFiltering = (f: Filter): boolean =>
  f.isolate || !!f.text || !!f.contributor || f.environments.length > 0 || f.identities.length > 0;
