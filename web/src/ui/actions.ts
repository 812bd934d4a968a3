// Everything a person can do, by name: the buttons, the menus, the keys and the help sheet all take it
// from here, so that a key in a title is the key that works.
import type { Hand } from "../globe/hand.ts";
import { wholeArc } from "../globe/arc.ts";
import { COLOUR_MODES } from "../model/colours.ts";
import { NO_FILTER } from "../model/filter.ts";
import type { Store } from "../model/store.ts";
import type { Layer, Panel } from "../model/view.ts";
import type { Playback } from "./playback.ts";
import { exportCsv } from "./csv.ts";
import { exportGeoJson, exportImage } from "./export.ts";
import { copyLink } from "./link.ts";
import type { Globe } from "../globe/globe.ts";
import { openPanel } from "./tabs.ts";
import { toggleTheme } from "./theme.ts";
import { byId } from "./dom.ts";

export interface Action {
  key: string;
  title: string;
  group: "View" | "Layers" | "Tracks" | "Time" | "Page";
  run: () => void;
}

export type Actions = ReturnType<typeof makeActions>;

export function makeActions(store: Store, hand: Hand, globe: Globe, playback: Playback) {
  const layer = (name: Layer) => () => {
    const layers = new Set(store.view.layers);
    if (!layers.delete(name)) layers.add(name);
    store.setView({ layers });
  };
  const panel = (name: Panel) => () => {
    const panels = new Set(store.view.panels);
    if (!panels.delete(name)) panels.add(name);
    store.setView({ panels });
  };
  const one = () => [...store.view.selected].at(-1) ?? "";
  const centre = () => {
    const track = store.tracks.get(one());
    if (track)
      hand.fly({
        ...store.view.camera, lat: track.lat, lon: track.lon, alt: Math.max(0, track.alt / 1000),
        distance: Math.min(store.view.camera.distance, Math.max(500, track.alt / 500)),
      });
  };
  return {
    all: { key: "0", title: "Fit all", group: "View", run: () => hand.all() },
    arc: {
      key: "a", title: "Whole arc of the highest flight", group: "View",
      run: () => {
        const to = wholeArc(store);
        if (!to) return hand.all();
        store.setView({ follow: "" });
        hand.fly(to);
      },
    },
    north: {
      key: "n", title: "North up", group: "View",
      run: () => hand.fly({ ...store.view.camera, heading: 0 }),
    },
    labels: { key: "l", title: "Labels", group: "Layers", run: layer("labels") },
    trails: { key: "r", title: "Trails", group: "Layers", run: layer("trails") },
    leaders: { key: "v", title: "Velocity leaders", group: "Layers", run: layer("leaders") },
    ellipses: { key: "e", title: "95 % ellipses", group: "Layers", run: layer("ellipses") },
    poles: { key: "p", title: "Height poles", group: "Layers", run: layer("poles") },
    coverage: { key: "c", title: "Sensors and coverage", group: "Layers", run: layer("coverage") },
    heard: { key: "b", title: "Under water: areas, bearings, listeners", group: "Layers", run: layer("heard") },
    searches: { key: "w", title: "Searches", group: "Layers", run: layer("searches") },
    colour: {
      key: "o", title: "Next colouring", group: "Layers",
      run: () => {
        const i = COLOUR_MODES.indexOf(store.view.colour);
        store.setView({ colour: COLOUR_MODES[(i + 1) % COLOUR_MODES.length]! });
      },
    },
    find: {
      key: "/", title: "Find a track", group: "Tracks",
      run: () => {
        openPanel(store, "tracks");
        // What is typed next belongs to the field already.
        store.flush();
        byId<HTMLInputElement>("find").select();
      },
    },
    follow: {
      key: "f", title: "Follow the chosen track", group: "Tracks",
      run: () => {
        centre();
        store.setView({ follow: store.view.follow ? "" : one() });
      },
    },
    centre: { key: "z", title: "Go to the chosen track", group: "Tracks", run: centre },
    isolate: {
      key: "i", title: "Only the chosen tracks", group: "Tracks",
      run: () => store.setView({ filter: { ...store.view.filter, isolate: !store.view.filter.isolate } }),
    },
    clear: {
      key: "Escape", title: "Clear selection, then filters", group: "Tracks",
      run: () => (store.view.selected.size ? store.select([]) : store.setView({ filter: NO_FILTER })),
    },
    pause: { key: " ", title: "Pause or play", group: "Time", run: () => playback.toggle() },
    slower: { key: "[", title: "Slower", group: "Time", run: () => playback.faster(-1) },
    faster: { key: "]", title: "Faster", group: "Time", run: () => playback.faster(1) },
    back: { key: ",", title: "10 s back", group: "Time", run: () => playback.by(-10) },
    on: { key: ".", title: "10 s ahead", group: "Time", run: () => playback.by(10) },
    before: { key: "<", title: "Previous event", group: "Time", run: () => playback.event(-1) },
    after: { key: ">", title: "Next event", group: "Time", run: () => playback.event(1) },
    warnings: { key: "1", title: "Warnings", group: "Page", run: panel("warnings") },
    nations: { key: "2", title: "Who sees what", group: "Page", run: panel("nations") },
    tracks: { key: "3", title: "Tracks", group: "Page", run: panel("tracks") },
    theme: { key: "d", title: "Dark or light", group: "Page", run: () => toggleTheme(globe) },
    geojson: { key: "g", title: "Save the picture as GeoJSON", group: "Page", run: () => exportGeoJson(store, globe) },
    image: { key: "s", title: "Save the picture as an image", group: "Page", run: () => exportImage(store, globe) },
    csv: { key: "t", title: "Save the table as CSV", group: "Page", run: () => exportCsv(store) },
    link: { key: "u", title: "Copy the link to this view", group: "Page", run: () => void copyLink(store, playback) },
    kiosk: { key: "x", title: "Only the globe and the warnings", group: "Page", run: () => store.setView({ kiosk: !store.view.kiosk }) },
    help: { key: "?", title: "Help", group: "Page", run: () => byId<HTMLDialogElement>("help").showModal() },
  } satisfies Record<string, Action>;
}

const KEY_NAMES: Record<string, string> = { " ": "Space", Escape: "Esc" };
export const keyName = (action: Action): string => KEY_NAMES[action.key] ?? action.key.toUpperCase();
/** "Follow the chosen track (F)" */
export const titleOf = (action: Action): string => `${action.title} (${keyName(action)})`;

const NATION_KEYS = ["4", "5", "6", "7", "8", "9"];

/** A view of each member's part in the exercise, the first six with a key. */
export function nationViews(store: Store, hand: Hand): Action[] {
  const members = [...new Set(store.coalition?.node.map((n) => n.nation) ?? [])].toSorted();
  return members.map((code, i) => ({
    key: NATION_KEYS[i] ?? "", title: store.country(code), group: "View", run: () => hand.nation(code),
  }));
}

/** The keys work everywhere but where text is written. `more`: those that depend on the exercise. */
export function listenToKeys(actions: Actions, more: () => Action[]): void {
  const byKey = new Map(Object.values<Action>(actions).map((a) => [a.key, a]));
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || byId<HTMLDialogElement>("help").open) return;
    const target = e.target as HTMLElement;
    if (target.matches("input[type=search], select, textarea")) return;
    // A space on a button presses the button.
    if (e.key === " " && target.matches("button, summary, input, [role=row]")) return;
    const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
    const action = byKey.get(key) ?? more().find((a) => a.key === key);
    if (!action || (e.shiftKey && /[a-z]/i.test(e.key))) return;
    e.preventDefault();
    action.run();
  });
}
