// On a phone one panel is open at a time, as a sheet over the globe.
import { PANELS, type Panel } from "../model/view.ts";
import type { Store } from "../model/store.ts";
import { h, put } from "./dom.ts";

const NAMES: Record<Panel, string> = { warnings: "Warnings", nations: "Nations", tracks: "Tracks" };
const narrow = matchMedia("(max-width: 760px)");

/** Shows a panel, on a phone that one alone. */
export function openPanel(store: Store, panel: Panel): void {
  store.setView({ panels: new Set(narrow.matches ? [panel] : [...store.view.panels, panel]) });
}

export function mountTabs(store: Store, host: HTMLElement): void {
  const toggle = (panel: Panel | undefined) => () =>
    store.setView({ panels: new Set(panel ? [panel] : []) });
  const globe = h("button", { type: "button", click: toggle(undefined) }, "Globe");
  const buttons = PANELS.map((p) => ({ p, button: h("button", { type: "button", click: toggle(p) }, NAMES[p]) }));
  put(host, [globe, ...buttons.map((b) => b.button)]);
  const fit = () => {
    if (narrow.matches && store.view.panels.size > 1) store.setView({ panels: new Set<Panel>(["warnings"]) });
  };
  narrow.addEventListener("change", fit);
  fit();
  store.on(["view"], () => {
    globe.setAttribute("aria-pressed", String(store.view.panels.size === 0));
    for (const { p, button } of buttons) button.setAttribute("aria-pressed", String(store.view.panels.has(p)));
  });
}
