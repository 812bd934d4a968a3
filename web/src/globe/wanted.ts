// Which tracks ask for a label, how loud, and how much it says: the nearer the eye, the more.
import * as format from "../model/format.ts";
import { isPlace } from "../model/regions.ts";
import type { Store } from "../model/store.ts";
import { nameOf, type Track } from "../model/track.ts";
import type { Wanted } from "./labels.ts";
import type { Screened } from "./overlay.ts";

const HOSTILE = 6;
const RANK_OF_IDENTITY = [5, 8, 6, 10, 4, 15, 20];

/** From this rank on a track is labelled, seen from so many km away. */
const quietBelow = (distance: number): number =>
  distance > 9_000 ? 30 : distance > 4_500 ? 18 : distance > 2_400 ? 9 : 0;

function rank(track: Track, chosen: boolean, warned: boolean): number {
  if (chosen) return 100;
  if (warned) return 50;
  if (track.kind === "missile") return track.identity === HOSTILE ? 35 : 30;
  return RANK_OF_IDENTITY[track.identity] ?? 5;
}

function lines(track: Track, full: boolean): string[] {
  if (!isPlace(track)) return [nameOf(track), `within ${format.area(track.region!.areaM2)}`];
  if (!full) return [nameOf(track)];
  const height = Math.abs(track.alt) > 100 ? format.length(track.alt) : "";
  return [nameOf(track), [height, format.speed(Math.hypot(track.speed, track.climb))].filter(Boolean).join(" · ")];
}

export function wantedLabels(
  store: Store,
  screened: Screened[],
  hovered: string,
  warned: ReadonlySet<string>,
  radius: (track: Track) => number,
  measure: (lines: string[]) => { width: number; height: number },
): Wanted[] {
  const { selected, camera, layers } = store.view;
  const floor = layers.has("labels") ? quietBelow(camera.distance) : 100;
  const near = camera.distance < 700;
  return screened.flatMap(({ track, x, y }) => {
    const chosen = selected.has(track.id) || track.id === hovered;
    const r = rank(track, chosen, warned.has(track.id));
    if (r < floor) return [];
    const text = lines(track, chosen || near || warned.has(track.id));
    return [{ id: track.id, x, y, gap: radius(track) + 3, lines: text, rank: r, ...measure(text) }];
  });
}
