// Who sees what: whether the nations' pictures agree, what each node gives, and what the picture would
// be without one of them.
import { Agreement, type NodeView } from "../gen/triwatch/v1/page_pb.js";
import { nationColour } from "../model/colours.ts";
import { median, SAME, WHY_BETTER } from "../model/compare.ts";
import * as format from "../model/format.ts";
import { wordOf } from "../model/sensors.ts";
import type { Store } from "../model/store.ts";
import { ms, span } from "../model/time.ts";
import { nameOf } from "../model/track.ts";
import { h, patch, put } from "./dom.ts";
import type { Playback } from "./playback.ts";
import { mountSensors } from "./sensors.ts";

const LIVENESS = ["", "alive", "stale", "gone", "left"] as const;

export function mountNations(store: Store, playback: Playback, host: HTMLElement): void {
  const agree = h("div", { class: "agree" });
  const cores = h("table", { "aria-label": "Cores" });
  const choice = h("select", { "aria-label": "Compare with", id: "compare" });
  const result = h("div", { class: "quiet", id: "comparison" });
  const nodes = h("table", { "aria-label": "Nodes" });
  const sensors = h("div", { class: "sensors" });
  const compareTitle = h("h3", {}, "Compare with");
  const panel = h(
    "section", { class: "panel nations", "aria-labelledby": "nations-title" },
    h("header", {}, h("h2", { id: "nations-title" }, "Who sees what")),
    h("div", { class: "body" }, agree, h("h3", {}, "Pictures"), cores, compareTitle, choice, result, h("h3", {}, "Nodes"), nodes, sensors),
  );
  host.append(panel);
  mountSensors(store, sensors);

  choice.addEventListener("change", () => {
    store.setView({ counted: choice.value ? choice.value.split(",") : [] });
    playback.ask();
  });
  let known = "";
  store.on(["source", "coalition", "view"], () => {
    const all = [...new Set(store.coalition?.node.map((n) => n.nation) ?? [])].toSorted();
    const names = all.map(store.country).join();
    if (names !== known) {
      known = names;
      put(choice, options(all, store.country).map(([value, text]) => h("option", { value }, text)));
    }
    choice.value = store.view.counted.join(",");
    const can = store.source?.canCompare ?? false;
    for (const element of [compareTitle, choice, result]) element.hidden = !can;
    panel.hidden = !store.view.panels.has("nations");
  });
  store.on(["coalition", "sensors"], () => {
    showAgreement(store, agree);
    put(cores, coreRows(store));
    put(nodes, nodeRows(store));
  });
  store.on(["tracks", "view"], () => put(result, comparison(store).map((line) => h("p", {}, line))));
}

function options(nations: string[], country: (code: string) => string): [string, string][] {
  const without = nations.map((n): [string, string] => [nations.filter((o) => o !== n).join(","), `without ${country(n)}`]);
  const alone = nations.map((n): [string, string] => [n, `${country(n)} alone`]);
  return [["", "nothing: the shared picture"], ...(nations.length > 2 ? without : []), ...(nations.length > 1 ? alone : [])];
}

function showAgreement(store: Store, element: HTMLElement): void {
  const c = store.coalition;
  if (!c) return;
  const words: Record<Agreement, [string, string, string]> = {
    [Agreement.UNSPECIFIED]: ["idle", "–", c.core.length < 2 ? "One picture only" : "Not yet compared"],
    [Agreement.SAME]: ["good", "=", "All pictures agree"],
    [Agreement.DIFFERENT]: ["bad", "≠", "Pictures differ"],
  };
  const [state, mark, text] = words[c.agreement];
  element.dataset["state"] = state;
  const behind = c.agreementTimeNs ? Math.max(0, store.now - ms(c.agreementTimeNs)) / 1000 : 0;
  const detail = [
    c.core.length > 1 ? `${format.percent(c.commonality)} of tracks common` : "",
    c.agreement === Agreement.UNSPECIFIED ? "" : behind < 0.5 ? "checked just now" : `checked ${span(behind)} ago`,
  ];
  put(element, [
    h("span", { class: "mark", "aria-hidden": "true" }, mark),
    h("span", {}, h("strong", {}, text), h("span", { class: "quiet" }, detail.filter(Boolean).join(", "))),
  ]);
}

function coreRows(store: Store): HTMLElement[] {
  const head = h("tr", {}, ...["Nation", "Tracks", "Final", "Digest"].map((t) => h("th", { scope: "col" }, t)));
  const rows = (store.coalition?.core ?? []).map((core) => {
    const lag = core.finalTimeNs ? (ms(core.timeNs) - ms(core.finalTimeNs)) / 1000 : undefined;
    return h(
      "tr", {},
      h("td", {}, patch("nation-mark", nationColour(core.nation)), core.nation),
      h("td", {}, String(core.tracks)),
      h("td", { title: "How far behind the newest report everything is settled" }, lag === undefined ? "–" : lag < 0.05 ? "now" : `${span(lag)} ago`),
      h("td", { class: "digest", title: core.pictureDigest }, core.pictureDigest.slice(0, 8) || "–"),
    );
  });
  return [h("thead", {}, head), h("tbody", {}, ...rows)];
}

function sensors(node: NodeView): string {
  const kinds = node.sensor.map((s) => (s.rangeM > 0 && s.rangeM < 8e6 ? `${s.kind} to ${format.length(s.rangeM)}` : s.kind));
  return format.list([...new Set(kinds)]);
}

function nodeRows(store: Store): HTMLElement[] {
  const head = h("tr", {}, ...["Node", "Tracks", "Heard", "Word"].map((t) => h("th", { scope: "col" }, t)));
  const nodes = (store.coalition?.node ?? []).toSorted((a, b) => (a.nation + a.nodeId < b.nation + b.nodeId ? -1 : 1));
  const rows = nodes.map((node) => {
    const age = Math.max(0, store.now - ms(node.heardTimeNs)) / 1000;
    const word = LIVENESS[node.liveness];
    const told = wordOf(node.nodeId, store.words);
    return h(
      "tr", { title: sensors(node) || node.nodeId, "data-node": node.nodeId },
      h("td", {}, patch("nation-mark", nationColour(node.nation)), node.nodeId),
      h("td", {}, String(node.tracks)),
      h("td", { class: "liveness", "data-state": String(node.liveness) }, node.liveness === 1 ? "alive" : node.liveness === 4 ? "left" : `${word}, ${span(age)}`),
      h("td", { class: "word", "data-doubted": String(told.doubted), title: told.detail }, told.text || "–"),
    );
  });
  return [h("thead", {}, head), h("tbody", {}, ...rows)];
}

/** "4 of 38 tracks would be missing: T1, T2 and 2 more. The others’ positions would be 1.7 times less certain." */
function comparison(store: Store): string[] {
  const { comparison: c, view } = store;
  if (!view.counted.length) return [];
  if (!c) return ["Folding the reports again…"];
  const lost = [...c.lost].flatMap((id) => store.tracks.get(id) ?? []);
  const names = lost.slice(0, 4).map(nameOf);
  const rest = lost.length - names.length;
  const list = rest > 0 ? `${names.join(", ")} and ${rest} more` : format.list(names);
  const ratios = [...c.ratio.values()];
  const ratio = median(ratios);
  const better = ratios.filter((r) => r < 1 / SAME).length;
  const all = format.count(store.tracks.size, "track");
  return [
    lost.length ? `${lost.length} of ${all} would be missing: ${list}.` : `All ${all} would still be there.`,
    Number.isFinite(ratio) ? `The others’ positions would be ${certainty(ratio)} (median).` : "",
    better ? `${format.count(better, "track")} would claim to be more certain. ${WHY_BETTER}` : "",
  ].filter(Boolean);
}

function certainty(ratio: number): string {
  if (ratio >= SAME) return `${ratio.toFixed(1)} times less certain`;
  return ratio > 1 / SAME ? "as certain" : `stated ${(1 / ratio).toFixed(1)} times more certain`;
}
