// The view in the page's address, and of a recording the moment: a reload, a bookmark or a colleague shows
// the same.
import { momentFrom, momentToFields } from "../model/moment.ts";
import type { Store } from "../model/store.ts";
import { fromQuery, toQuery } from "../model/view.ts";
import type { Playback } from "./playback.ts";

/** Browsers allow a hundred changes of the address in half a minute. */
const WAIT_MS = 500;

export const readAddress = (hash = location.hash): ReturnType<typeof fromQuery> => fromQuery(hash.slice(1));
export const readMoment = (hash = location.hash): ReturnType<typeof momentFrom> => momentFrom(hash.slice(1));

/** The whole address of what is shown now. */
export function addressOf(store: Store, playback: Playback): string {
  const { moment } = playback;
  const time = moment ? new URLSearchParams(momentToFields(moment)).toString() : "";
  // What may stand in a fragment as it is stays readable.
  const hash = [toQuery(store.view), time].filter(Boolean).join("&").replaceAll("%2C", ",").replaceAll("%3A", ":");
  return `${location.origin}${location.pathname}${location.search}#${hash}`;
}

export function keepAddress(store: Store, playback: Playback): void {
  let waiting = 0;
  const write = () => {
    waiting = 0;
    history.replaceState(null, "", addressOf(store, playback));
  };
  store.on(["view", "camera", "clock", "source"], () => {
    waiting ||= window.setTimeout(write, WAIT_MS);
  });
  addEventListener("hashchange", ({ newURL }) => {
    // What was typed, not what stands there now: a write that was due may have come in between.
    const { hash } = new URL(newURL);
    const view = readAddress(hash);
    if (view.whole) view.camera = store.view.camera;
    store.setView(view);
    store.changed("camera");
    const moment = readMoment(hash);
    if (moment) playback.go(moment);
    else playback.ask();
  });
}
