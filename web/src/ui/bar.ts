// The bar at the top: whose picture, how it is doing, what is drawn.
import type { Hand } from "../globe/hand.ts";
import { COLOUR_MODES, type ColourMode } from "../model/colours.ts";
import { LAYERS } from "../model/view.ts";
import type { Store } from "../model/store.ts";
import { keyName, nationViews, titleOf, type Action, type Actions } from "./actions.ts";
import { h, put, say, segments } from "./dom.ts";
import { health } from "./health.ts";
import type { Playback } from "./playback.ts";

const COLOUR_NAMES: Record<ColourMode, string> = {
  identity: "Colour by identity", environment: "Colour by environment", contributor: "Colour by contributor",
  altitude: "Colour by altitude",
};

export function mountBar(store: Store, playback: Playback, actions: Actions, hand: Hand, host: HTMLElement): void {
  const nations = h("div", { class: "nations-choice" });
  const pill = h("span", { class: "pill", id: "health" });
  const all = h("button", { type: "button", class: "wide", title: `${titleOf(actions.all)}: the whole exercise`, click: () => actions.all.run() }, actions.all.title);
  const colour = h("select", { class: "wide", "aria-label": "Colouring", title: titleOf(actions.colour) },
    ...COLOUR_MODES.map((m) => h("option", { value: m }, COLOUR_NAMES[m])));
  colour.addEventListener("change", () => store.setView({ colour: colour.value as ColourMode }));
  const boxes = LAYERS.map((layer) => {
    const box = h("input", { type: "checkbox", "data-layer": layer, change: () => actions[layer].run() });
    return { layer, box, label: h("label", {}, box, actions[layer].title, h("kbd", {}, keyName(actions[layer]))) };
  });
  const leader = h("select", { "aria-label": "Minutes that a velocity leader looks ahead" },
    ...[1, 3, 6, 10].map((m) => h("option", { value: String(m) }, `${m} min ahead`)));
  leader.addEventListener("change", () => store.setView({ leader: Number(leader.value) }));
  const row = (action: Action) =>
    h("button", { type: "button", "data-key": action.key || action.title, click: () => action.run() }, action.title, action.key && h("kbd", {}, keyName(action)));
  const members = [h("div"), h("div", { class: "narrow" })] as const;
  const phone = [actions.all, actions.arc].map(row);
  for (const b of phone) b.classList.add("narrow");
  put(host, [
    h("h1", {}, h("img", { src: "./icon.svg", alt: "" }), h("span", {}, "triwatch")),
    nations, pill, h("span", { class: "gap" }), all,
    menu("Views", "wide", members[0], row(actions.arc), row(actions.north)), colour,
    menu("Layers", "", ...boxes.map((b) => b.label), leader),
    menu("More", "", members[1], ...phone, ...[actions.link, actions.image, actions.csv, actions.geojson, actions.theme, actions.kiosk, actions.help].map(row)),
  ]);

  let known = "";
  let choice: ReturnType<typeof segments> | undefined;
  const chooseNation = (nation: string) => {
    store.setView({ nation });
    playback.ask();
  };
  store.on(["source", "coalition"], () => {
    for (const place of members) put(place, nationViews(store, hand).map(row));
  });
  store.on(["source", "view"], () => {
    const codes = store.source?.nation ?? [];
    if (codes.join() !== known) {
      known = codes.join();
      choice = segments("Whose picture", codes.map((n) => [n, n, `Picture of ${store.country(n)}`]), chooseNation);
      put(nations, [choice.element]);
    }
    choice?.mark(store.view.nation);
  });
  store.on(["view"], () => {
    colour.value = store.view.colour;
    leader.value = String(store.view.leader);
    for (const { layer, box } of boxes) box.checked = store.view.layers.has(layer);
    document.body.classList.toggle("kiosk", store.view.kiosk);
  });
  const show = () => {
    const { state, text } = health(store, playback);
    pill.dataset["state"] = state;
    say(pill, text);
  };
  store.on(["link", "clock", "source"], show);
  setInterval(show, 1000);
}

function menu(title: string, size: "wide" | "", ...items: HTMLElement[]): HTMLElement {
  const details = h("details", { class: `menu ${size}` }, h("summary", {}, title), h("div", {}, ...items));
  document.addEventListener("pointerdown", (e) => {
    if (!details.contains(e.target as Node)) details.open = false;
  });
  // A choice closes the menu; layers are switched one after the other.
  details.addEventListener("click", (e) => {
    if ((e.target as HTMLElement).closest("button")) details.open = false;
  });
  details.addEventListener("keydown", (e) => {
    if (e.key !== "Escape" || !details.open) return;
    e.stopPropagation();
    details.open = false;
    details.querySelector("summary")!.focus();
  });
  return details;
}
