// A word beside the time when a recording has opened: where it did, and that it can go faster.
import { ms, span } from "../model/time.ts";
import type { Store } from "../model/store.ts";
import { keyName, type Actions } from "./actions.ts";
import { h, put } from "./dom.ts";
import type { Playback } from "./playback.ts";

const SHOWN_MS = 20_000;
const FASTER = 10;

export function mountHint(store: Store, playback: Playback, actions: Actions, host: HTMLElement): void {
  const element = h("div", { class: "hint", id: "hint", role: "status", hidden: true });
  host.append(element);
  const hide = () => (element.hidden = true);
  let said = false;
  // The recording may have opened before there was a place to say so.
  store.on(["clock"], () => {
    const { source } = store;
    if (said || playback.openedAt === undefined || !source) return;
    said = true;
    const into = span((playback.openedAt - ms(source.startNs)) / 1000);
    put(element, [
      h("span", {}, `Opened at the first event, ${into} in. `, h("kbd", {}, keyName(actions.faster)), " goes faster."),
      h("button", { type: "button", click: () => playback.setSpeed(FASTER) }, `Play × ${FASTER}`),
      h("button", { type: "button", class: "plain", "aria-label": "Close the hint", click: hide }, "✕"),
    ]);
    element.hidden = false;
    playback.acted = hide;
    setTimeout(hide, SHOWN_MS);
  });
}
