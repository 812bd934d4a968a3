// What must not be missed: a banner while something is wrong, words for a screen reader when something
// happens, and a sound for those who want one.
import type { MissileWarning } from "../gen/triwatch/v1/warning_pb.js";
import { list } from "../model/format.ts";
import type { Store } from "../model/store.ts";
import { impactOf, stands } from "../model/missiles.ts";
import { byId, h, say } from "./dom.ts";
import { health } from "./health.ts";
import type { Playback } from "./playback.ts";
import { chime, soundIsOn } from "./sound.ts";

/** "Engine burning: could still reach Japan and South Korea", "Impact expected in Japan". */
export function threat(store: Store, warning: MissileWarning): string {
  const whom = list(warning.threatened.map(store.country));
  if (!impactOf(warning)) return `Engine burning: could still reach ${whom || "nobody"}`;
  return whom ? `Impact expected in ${whom}` : "Nobody under the expected impact";
}

export function mountNotices(store: Store, playback: Playback): void {
  const banner = byId("banner");
  const spoken = byId("spoken");
  const show = () => say(banner, health(store, playback).alarm);
  store.on(["link", "clock", "source"], show);
  setInterval(show, 1000);

  let known: Set<string> | undefined;
  store.on(["warnings"], () => {
    const standing = store.warnings.filter(stands);
    const fresh = standing.filter((w) => known && !known.has(w.warningId));
    known = new Set(store.warnings.map((w) => w.warningId));
    for (const warning of fresh) {
      const text = `Missile warning. ${threat(store, warning)}.`;
      spoken.append(h("p", {}, text));
      while (spoken.childElementCount > 20) spoken.firstElementChild!.remove();
    }
    if (fresh.length && soundIsOn()) chime();
  });
}
