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

const ENDED: Health = {
  state: "idle",
  text: "Exercise ended",
  alarm: "The exercise has ended. What is shown is its last moment.",
};

/** Why there is no connection, and what to do about it. */
function unlinked(store: Store): Health {
  switch (store.link) {
    case "refused":
      return {
        state: "bad",
        text: "No access",
        alarm: new URLSearchParams(location.search).get("token")
          ? "The token in this address is not this page’s: the page was started anew. Open the address that triwatch printed last."
          : "This address lacks the page’s token. Open the whole address that triwatch printed: it has ?token= in it.",
      };
    case "full":
      return { state: "bad", text: "Too many viewers", alarm: "As many browsers as can be served show this page already. Close one; trying again." };
    case "closed":
      if (store.clock?.ended) return ENDED;
      return {
        state: "bad",
        text: "Page stopped",
        alarm: "The page’s server was stopped. What is shown is its last moment; it goes on when the server is started again.",
      };
    case "lost":
      return { state: "bad", text: "Link lost", alarm: "The link to the server is lost. What is shown is old; trying again." };
    default:
      return { state: "idle", text: "Connecting", alarm: "" };
  }
}

export function health(store: Store, playback: Playback): Health {
  if (store.link !== "open") return unlinked(store);
  const { source, clock } = store;
  const silent = (performance.now() - store.receivedMs) / 1000;
  if (!source) return { state: "idle", text: "Waiting for the picture", alarm: "" };
  if (silent > OLD_S)
    return { state: "bad", text: `Silent for ${span(silent)}`, alarm: "The server has gone quiet. What is shown is old." };
  if (!source.live) {
    if (!playback.playing) return { state: "idle", text: "Recording, paused", alarm: "" };
    return { state: "idle", text: clock?.playing === false ? "End of the recording" : "Recording", alarm: "" };
  }
  if (clock?.ended) return ENDED;
  if (!playback.playing) return { state: "stale", text: "Paused", alarm: "" };
  if (!source.nation.length) return { state: "idle", text: "Waiting for a core", alarm: "" };
  const whose = store.country(store.view.nation.split(" ")[0]!);
  const age = clock?.dataAgeS ?? 0;
  if (clock?.stopped)
    return {
      state: "bad",
      text: "Core stopped",
      alarm: `The core of ${whose} runs no longer. What is shown is its last picture; the other nations’ go on.`,
    };
  if (clock?.lost)
    return {
      state: "bad",
      text: `Silent for ${span(age)}`,
      alarm: `The core of ${whose} does not answer. What is shown is old; the other nations’ pictures go on.`,
    };
  if (age > OLD_S) return { state: "stale", text: `Data ${span(age)} old`, alarm: "" };
  return { state: "good", text: "Live", alarm: "" };
}
