// How far what is shown can be believed: one judgement for the pill, the banner and the screen reader.
import type { Store } from "../model/store.ts";
import { span } from "../model/time.ts";
import type { Playback } from "./playback.ts";

const OLD_S = 3;

export interface Health {
  state: "good" | "stale" | "bad" | "idle";
  text: string;
  /** Said in a banner and read out; empty while all is well. */
  alarm: string;
}

export function health(store: Store, playback: Playback): Health {
  const silent = (performance.now() - store.heard) / 1000;
  if (store.link === "connecting") return { state: "idle", text: "Connecting", alarm: "" };
  if (store.link === "lost")
    return {
      state: "bad",
      text: "Link lost",
      alarm: "The link to the server is lost. What is shown is old; trying again.",
    };
  if (!store.source) return { state: "idle", text: "Waiting for the picture", alarm: "" };
  if (silent > OLD_S)
    return { state: "bad", text: `No word for ${span(silent)}`, alarm: "The server has gone quiet. What is shown is old." };
  if (!store.source.live)
    return { state: "idle", text: playback.playing ? "Recording" : "Recording, paused", alarm: "" };
  if (!playback.playing) return { state: "stale", text: "Paused", alarm: "" };
  const age = store.clock?.dataAgeS ?? 0;
  if (store.clock?.lost)
    return { state: "bad", text: `No core for ${span(age)}`, alarm: "The nation's core does not answer. What is shown is old." };
  if (age > OLD_S) return { state: "stale", text: `Data ${span(age)} old`, alarm: "" };
  return { state: "good", text: "Live", alarm: "" };
}
