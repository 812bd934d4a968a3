// Colours of tracks. Identity is told by the symbol's frame as well, environment by the symbol, a
// contributor by the table: no colour carries a meaning alone. Sets: MIL-STD-2525 hues moved apart for
// colour-blind eyes; Okabe and Ito (2008) for the rest.
import type { Track } from "./track.ts";

export type ColourMode = "identity" | "environment" | "contributor" | "altitude";
export const COLOUR_MODES: ColourMode[] = ["identity", "environment", "contributor", "altitude"];

const IDENTITY = ["#e9dba0", "#f0d264", "#8ec7ee", "#5fb2ea", "#7fcf9b", "#f29a5c", "#f0705a"];
const ENVIRONMENT = ["#c9d1d6", "#6cbdf0", "#d890bd", "#2fb58e", "#4f8fd6", "#e0a13c"];
const NATIONS: Record<string, string> = { USA: "#6cbdf0", JPN: "#e39ac0", KOR: "#43c29a" };
const OTHER_NATIONS = ["#e0a13c", "#f0e442", "#e2704a", "#9aa7f0"];
const SHARED = "#eef2f4";
const ALTITUDE: [number, string][] = [
  [0, "#5b7fd6"], [1_000, "#4fb0d0"], [10_000, "#56c49a"], [100_000, "#cfd25a"], [1_000_000, "#f0a94a"],
  [Infinity, "#e57bb3"],
];

export interface Legend {
  label: string;
  colour: string;
}

export function nationColour(trigraph: string): string {
  const known = NATIONS[trigraph];
  if (known) return known;
  let hash = 0;
  for (const c of trigraph) hash = (hash * 31 + c.charCodeAt(0)) % 997;
  return OTHER_NATIONS[hash % OTHER_NATIONS.length]!;
}

export function colourOf(track: Track, mode: ColourMode, nationOf: (node: string) => string): string {
  switch (mode) {
    case "identity":
      return IDENTITY[track.identity] ?? IDENTITY[1]!;
    case "environment":
      return ENVIRONMENT[track.environment] ?? ENVIRONMENT[0]!;
    case "altitude":
      return ALTITUDE.find(([below]) => track.alt <= below)![1];
    case "contributor": {
      const nations = new Set(track.contributors.map((c) => nationOf(c.node)));
      return nations.size === 1 ? nationColour([...nations][0]!) : SHARED;
    }
  }
}

export function legend(mode: ColourMode, nations: string[]): Legend[] {
  switch (mode) {
    case "identity":
      return (
        [["Hostile", 6], ["Suspect", 5], ["Unknown", 1], ["Neutral", 4], ["Friend", 3]] as const
      ).map(([label, i]) => ({ label, colour: IDENTITY[i]! }));
    case "environment":
      return (
        [["Air", 1], ["Space", 2], ["Surface", 3], ["Subsurface", 4]] as const
      ).map(([label, i]) => ({ label, colour: ENVIRONMENT[i]! }));
    case "altitude":
      return ["Sea level", "to 1 km", "to 10 km", "to 100 km", "to 1,000 km", "above"].map((label, i) => ({
        label,
        colour: ALTITUDE[i]![1],
      }));
    case "contributor":
      return [
        ...nations.map((n) => ({ label: `${n} alone`, colour: nationColour(n) })),
        { label: "several", colour: SHARED },
      ];
  }
}

const parsed = new Map<string, readonly [number, number, number]>();

/** #rrggbb to three numbers from 0 to 1, as the graphics card takes them. */
export function rgb(hex: string): readonly [number, number, number] {
  let known = parsed.get(hex);
  if (!known) {
    const n = parseInt(hex.slice(1), 16);
    known = [(n >> 16) / 255, ((n >> 8) & 255) / 255, (n & 255) / 255];
    parsed.set(hex, known);
  }
  return known;
}
