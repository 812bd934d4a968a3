// The view in the page's address: a reload, a bookmark or a message shows the same.
import type { Store } from "../model/store.ts";
import { fromQuery, toQuery } from "../model/view.ts";

export const readAddress = (): ReturnType<typeof fromQuery> => fromQuery(location.hash.slice(1));

export function keepAddress(store: Store): void {
  let waiting = 0;
  const write = () => {
    waiting = 0;
    history.replaceState(null, "", `#${toQuery(store.view)}`);
  };
  store.on(["view", "camera"], () => {
    waiting ||= window.setTimeout(write, 250);
  });
  addEventListener("hashchange", () => {
    store.setView(readAddress());
    store.changed("camera");
  });
}
