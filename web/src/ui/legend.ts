// What the colours mean.
import { legend } from "../model/colours.ts";
import type { Store } from "../model/store.ts";
import { h, patch, put } from "./dom.ts";

export function mountLegend(store: Store, host: HTMLElement): void {
  const element = h("div", { class: "legend", role: "note", "aria-label": "Colours" });
  host.append(element);
  let shown = "";
  store.on(["view", "coalition"], () => {
    const nations = [...new Set(store.coalition?.node.map((n) => n.nation) ?? [])].toSorted();
    const key = store.view.colour + nations.join();
    if (key === shown) return;
    shown = key;
    put(element, legend(store.view.colour, nations).map(({ label, colour }) => h("span", {}, patch("", colour), label)));
  });
}
