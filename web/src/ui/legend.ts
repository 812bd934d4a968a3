// What the colours mean, and what is drawn under water while there is anything.
import { legend } from "../model/colours.ts";
import type { Store } from "../model/store.ts";
import { h, patch, put } from "./dom.ts";

export function mountLegend(store: Store, host: HTMLElement): void {
  const element = h("div", { class: "legend", role: "note", "aria-label": "Colours" });
  host.append(element);
  let shown = "";
  store.on(["view", "coalition", "tracks", "search"], () => {
    const nations = [...new Set(store.coalition?.node.map((n) => n.nation) ?? [])].toSorted();
    const signs = underWater(store);
    const key = [store.view.colour, ...nations, ...signs.map(([name]) => name)].join();
    if (key === shown) return;
    shown = key;
    put(element, [
      ...legend(store.view.colour, nations).map(({ label, colour }) => h("span", {}, patch("", colour), label)),
      ...signs.map(([name, label]) => h("span", {}, h("i", { class: `sign ${name}`, "aria-hidden": "true" }), label)),
    ]);
  });
}

/** Each sign that is now on the globe, as the class that draws it and its meaning. */
function underWater(store: Store): [string, string][] {
  const { layers } = store.view;
  const tracks = [...store.tracks.values()];
  const listens = store.coalition?.node.some((node) => node.sensor.some(({ kind }) => kind === "sonar")) ?? false;
  const signs: [boolean, string, string][] = [
    [layers.has("heard") && tracks.some((t) => t.region), "area", "it is within: 95 %, inner 50 %"],
    [layers.has("heard") && tracks.some((t) => t.lines.length), "bearing", "line of bearing, by nation"],
    [layers.has("heard") && listens, "listener", "listener, by nation"],
    [layers.has("searches") && store.searches.length > 0, "searched", "a lost contact is within: 90 %, the likelier the stronger"],
  ];
  return signs.filter(([on]) => on).map(([, name, label]) => [name, label]);
}
