// The link to what is shown, for a colleague.
import type { Store } from "../model/store.ts";
import { addressOf } from "./address.ts";
import { byId, h } from "./dom.ts";
import type { Playback } from "./playback.ts";

const SAID_MS = 3000;

export async function copyLink(store: Store, playback: Playback): Promise<void> {
  const address = addressOf(store, playback);
  try {
    await navigator.clipboard.writeText(address);
    note("The link is copied: it shows the same view and moment.");
  } catch {
    // Browsers let only a page from this machine, or one by https, write there.
    history.replaceState(null, "", address);
    note("This browser lets no page copy: take the link from the address bar.");
  }
}

function note(text: string): void {
  const element = h("div", { class: "note", role: "status" }, text);
  byId("stage").append(element);
  setTimeout(() => element.remove(), SAID_MS);
}
