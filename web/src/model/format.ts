// Numbers and words for people.
import type { Track } from "./track.ts";

export const ENVIRONMENT = ["Unspecified", "Air", "Space", "Surface", "Subsurface", "Land"] as const;
export const IDENTITY = [
  "Pending", "Unknown", "Assumed friend", "Friend", "Neutral", "Suspect", "Hostile",
] as const;
export const STATUS = ["Unspecified", "Initiating", "Maintaining", "Dropping", "Terminated"] as const;
export const PHASE = ["", "Boost", "Free flight", "Re-entry", "Ended"] as const;
export const MISSILE_CLASS = [
  "Short range", "Medium range", "Intermediate range", "Intercontinental",
] as const;
const KIND: Record<Track["kind"], string> = {
  missile: "Missile", aircraft: "Aircraft", satellite: "Space object", ship: "Ship", warship: "Warship",
  merchant: "Merchant ship", submarine: "Submarine", land: "On land",
};
export const kindName = (track: Track): string => KIND[track.kind];
/** Metres as "840 m", "12.4 km", "2,802 km". */
export function length(m: number): string {
  const a = Math.abs(m);
  const sign = m < 0 ? "−" : "";
  if (a < 999.5) return `${sign}${Math.round(a)} m`;
  const km = a / 1000;
  return a < 99_950 ? `${sign}${km.toFixed(1)} km` : `${sign}${Math.round(km).toLocaleString("en-GB")} km`;
}

/** Square metres as "0.4 km²", "480 km²". */
export const area = (m2: number): string =>
  `${(m2 / 1e6).toLocaleString("en-GB", { maximumFractionDigits: m2 < 1e6 ? 2 : m2 < 1e7 ? 1 : 0 })} km²`;

export const speed = (mps: number, digits = 2): string =>
  Math.abs(mps) < 1000 ? `${Math.round(mps)} m/s` : `${(mps / 1000).toFixed(digits)} km/s`;

export const bearing = (deg: number): string => `${String(Math.round(deg) % 360).padStart(3, "0")}°`;

export function place(lat: number, lon: number, digits = 2): string {
  const part = (v: number, plus: string, minus: string) =>
    `${Math.abs(v).toFixed(digits)}° ${v < 0 ? minus : plus}`;
  return `${part(lat, "N", "S")}, ${part(lon, "E", "W")}`;
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** "1 track", "3 tracks". */
export const count = (n: number, word: string): string =>
  `${n.toLocaleString("en-GB")} ${word}${n === 1 ? "" : "s"}`;

/** "a", "a and b", "a, b and c". */
export function list(words: string[]): string {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
