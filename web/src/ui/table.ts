// The table of tracks: the same tracks as on the globe, sortable, only the rows in sight drawn.
import { colourOf } from "../model/colours.ts";
import { isFiltering, NO_FILTER } from "../model/filter.ts";
import * as format from "../model/format.ts";
import type { Store } from "../model/store.ts";
import type { Track } from "../model/track.ts";
import { keyName, titleOf, type Actions } from "./actions.ts";
import { COLUMNS, sorted } from "./columns.ts";
import { h, patch, put, say } from "./dom.ts";

const ROW_PX = 28;
const SPARE = 6;

export function mountTable(store: Store, actions: Actions, host: HTMLElement): void {
  const count = h("span", { class: "count", id: "track-count" });
  const clear = h("button", { type: "button", class: "plain", title: `Clear all filters (${keyName(actions.clear)})`, click: () => store.setView({ filter: NO_FILTER }) }, "Show all");
  const save = h("button", { type: "button", class: "plain", title: titleOf(actions.csv), click: () => actions.csv.run() }, "CSV");
  const find = h("input", { type: "search", id: "find", placeholder: "Find", "aria-label": actions.find.title, title: titleOf(actions.find) });
  const environment = choose("Environment", [["", "All environments"], ["1", "Air"], ["2", "Space"], ["3", "Surface"], ["4", "Subsurface"]]);
  const identity = choose("Identity", [["", "All identities"], ["6", "Hostile"], ["5", "Suspect"], ["1", "Unknown"], ["4", "Neutral"], ["3", "Friend"]]);
  const heads = COLUMNS.map((c) => {
    const button = h("button", { type: "button", title: `Sort by ${c.title.toLowerCase()}${c.meaning ? `: ${c.meaning}` : ""}` }, c.title);
    button.addEventListener("click", () => store.setView({ sort: store.view.sort === c.name ? `-${c.name}` : c.name }));
    return { column: c, button, cell: h("th", { scope: "col" }, button) };
  });
  const body = h("tbody");
  const table = h("table", { role: "grid", "aria-labelledby": "tracks-title", "aria-multiselectable": "true" },
    h("thead", {}, h("tr", {}, ...heads.map((x) => x.cell))), body);
  const rows = h("div", { class: "rows" }, table);
  const panel = h(
    "section", { class: "panel tracks", "aria-labelledby": "tracks-title" },
    h("header", {}, h("h2", { id: "tracks-title", tabindex: "-1" }, "Tracks"), count, h("span", { class: "gap" }), clear, save),
    h("div", { class: "tools" }, find, environment, identity),
    rows,
  );
  host.append(panel);

  const set = (change: Partial<typeof NO_FILTER>) => store.setView({ filter: { ...store.view.filter, ...change } });
  find.addEventListener("input", () => set({ text: find.value.trim() }));
  // Esc takes back what was asked for, in the field and in the picture, and gives the keys back to the page.
  const takeBack = (field: HTMLInputElement | HTMLSelectElement, change: Partial<typeof NO_FILTER>) =>
    field.addEventListener("keydown", (e: Event) => {
      if ((e as KeyboardEvent).key !== "Escape") return;
      e.preventDefault();
      e.stopPropagation();
      field.value = "";
      set(change);
      field.blur();
    });
  takeBack(find, { text: "" });
  takeBack(environment, { environments: [] });
  takeBack(identity, { identities: [] });
  environment.addEventListener("change", () => set({ environments: environment.value ? [Number(environment.value)] : [] }));
  identity.addEventListener("change", () => set({ identities: identity.value ? [Number(identity.value)] : [] }));

  let shown: Track[] = [];
  let focused = "";
  const draw = () => {
    const first = Math.max(0, Math.floor(rows.scrollTop / ROW_PX) - SPARE);
    const last = Math.min(shown.length, first + Math.ceil(rows.clientHeight / ROW_PX) + 2 * SPARE);
    const active = shown.some((t) => t.id === focused) ? focused : (shown[0]?.id ?? "");
    const hadFocus = body.contains(document.activeElement);
    put(body, [
      spacer(first),
      ...shown.slice(first, last).map((t, i) => row(store, t, first + i + 2, t.id === active)),
      spacer(shown.length - last),
    ]);
    if (hadFocus) body.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
  };
  // A row that a press is on stays where it is: rows that change places would lose it.
  let held = false;
  const refresh = () => {
    if (held) return;
    panel.hidden = !store.view.panels.has("tracks");
    if (panel.hidden) return;
    const { filter, sort } = store.view;
    shown = sorted(store.visible(), sort, store);
    table.setAttribute("aria-rowcount", String(shown.length + 1));
    const all = store.tracks.size;
    say(count, isFiltering(filter) ? `${shown.length} of ${all}` : String(all));
    clear.hidden = !isFiltering(filter);
    if (document.activeElement !== find) find.value = filter.text;
    environment.value = filter.environments.length === 1 ? String(filter.environments[0]) : "";
    identity.value = filter.identities.length === 1 ? String(filter.identities[0]) : "";
    for (const { column, button, cell } of heads) {
      const direction = sort === column.name ? "up" : sort === `-${column.name}` ? "down" : "";
      button.toggleAttribute("data-sorted", direction !== "");
      if (direction) button.dataset["sorted"] = direction;
      cell.setAttribute("aria-sort", direction === "up" ? "ascending" : direction ? "descending" : "none");
    }
    draw();
  };
  store.on(["tracks", "view", "coalition"], refresh);
  rows.addEventListener("scroll", draw);
  new ResizeObserver(draw).observe(rows);

  const pick = (id: string, more: boolean) => {
    focused = id;
    if (!more) return store.select([id], store.view.follow && id);
    const selected = new Set(store.view.selected);
    if (!selected.delete(id)) selected.add(id);
    store.select(selected, store.view.follow);
  };
  const idOf = (e: Event) => (e.target as HTMLElement).closest<HTMLElement>("tr.row")?.dataset["track"];
  // only of the first button: a menu that another one opens may keep its end to itself
  body.addEventListener("pointerdown", (e) => (held = e.button === 0));
  for (const end of ["pointerup", "pointercancel"])
    addEventListener(end, () => held && setTimeout(() => ((held = false), refresh())));
  body.addEventListener("click", (e) => {
    const id = idOf(e);
    if (id) pick(id, e.shiftKey || e.ctrlKey || e.metaKey);
  });
  body.addEventListener("dblclick", () => actions.centre.run());
  body.addEventListener("keydown", (e) => {
    const at = shown.findIndex((t) => t.id === idOf(e));
    if (at < 0) return;
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12, Home: -at, End: shown.length };
    if (e.key === "Enter" || e.key === " ") pick(shown[at]!.id, e.key === " ");
    else if (e.key in steps) {
      const to = Math.max(0, Math.min(shown.length - 1, at + steps[e.key]!));
      focused = shown[to]!.id;
      const top = to * ROW_PX;
      if (top < rows.scrollTop) rows.scrollTop = top;
      if (top + 2 * ROW_PX > rows.scrollTop + rows.clientHeight) rows.scrollTop = top + 2 * ROW_PX - rows.clientHeight;
      draw();
    } else return;
    e.preventDefault();
    e.stopPropagation();
  });
}

function row(store: Store, t: Track, index: number, active: boolean): HTMLElement {
  const swatch = patch("swatch", colourOf(t, store.view.colour, store.nationOf));
  swatch.dataset["identity"] = String(t.identity);
  const lost = store.comparison?.lost.has(t.id);
  return h(
    "tr",
    {
      class: lost ? "row lost" : "row", role: "row", "data-key": t.id, "data-track": t.id, "aria-rowindex": String(index),
      "aria-selected": String(store.view.selected.has(t.id)), tabindex: active ? "0" : "-1",
      title: `${format.IDENTITY[t.identity] ?? "Unknown"}, ${format.kindName(t).toLowerCase()}; seen by ${format.list([...new Set(t.contributors.map((c) => store.nationOf(c.node)))].toSorted())}`,
    },
    ...COLUMNS.map((c, i) => h("td", {}, i === 0 && swatch, c.cell(t, store))),
  );
}

function spacer(rows: number): HTMLElement {
  const element = h("tr", { "aria-hidden": "true" });
  element.style.height = `${Math.max(0, rows) * ROW_PX}px`;
  return element;
}

function choose(label: string, options: [string, string][]): HTMLSelectElement {
  return h("select", { "aria-label": label }, ...options.map(([value, text]) => h("option", { value }, text)));
}
