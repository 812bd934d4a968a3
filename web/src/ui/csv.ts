// The table as a file for a spreadsheet: the tracks that the filter lets through, in the table's order
// (RFC 4180; units in the names of the columns).
import * as format from "../model/format.ts";
import type { Store } from "../model/store.ts";
import { nameOf, type Track } from "../model/track.ts";
import { sorted } from "./columns.ts";
import { download } from "./dom.ts";
import { stem } from "./export.ts";

const fixed = (v: number, digits: number): string => (Number.isFinite(v) ? v.toFixed(digits) : "");

const FIELDS: [string, (t: Track, store: Store) => string][] = [
  ["track", nameOf],
  ["number", (t) => t.id],
  ["time_utc", (t) => new Date(t.time).toISOString()],
  ["kind", (t) => format.kindName(t)],
  ["environment", (t) => format.ENVIRONMENT[t.environment] ?? ""],
  ["identity", (t) => format.IDENTITY[t.identity] ?? ""],
  ["status", (t) => format.STATUS[t.status] ?? ""],
  ["lat_deg", (t) => fixed(t.lat, 6)],
  ["lon_deg", (t) => fixed(t.lon, 6)],
  ["height_m", (t) => fixed(t.alt, 1)],
  ["speed_mps", (t) => fixed(t.speed, 2)],
  ["course_deg", (t) => fixed(t.course, 2)],
  ["climb_mps", (t) => fixed(t.climb, 2)],
  ["position_sigma_m", (t) => fixed(t.sigma, 1)],
  ["area_95_m2", (t) => (t.region ? fixed(t.region.areaM2, 0) : "")],
  ["quality", (t) => String(t.quality)],
  ["nations", (t, store) => [...new Set(t.contributors.map((c) => store.nationOf(c.node)))].toSorted().join(" ")],
  ["contributors", (t) => t.contributors.map((c) => c.node).join(" ")],
];
/** Their text comes from others. */
const FOREIGN = new Set(["track", "nations", "contributors"]);

/** A spreadsheet takes what begins so for a formula to be run; with a quote in front it stays text. */
const harmless = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export function csv(store: Store, tracks: Track[]): string {
  const line = (cells: string[]) => `${cells.map(cell).join(",")}\r\n`;
  const row = (t: Track) => FIELDS.map(([name, of]) => (FOREIGN.has(name) ? harmless(of(t, store)) : of(t, store)));
  return line(FIELDS.map(([name]) => name)) + tracks.map((t) => line(row(t))).join("");
}

export function exportCsv(store: Store): void {
  const text = csv(store, sorted(store.visible(), store.view.sort, store));
  download(`${stem(store)}.csv`, new Blob([text], { type: "text/csv;charset=utf-8" }));
}
