// The foot of the page: the time shown, and for a recording the way through it.
import { EventKind, type Event as Happening } from "../gen/triwatch/v1/page_pb.js";
import type { Store } from "../model/store.ts";
import { clock, date, ms, span } from "../model/time.ts";
import { titleOf, type Actions } from "./actions.ts";
import { h, put, say } from "./dom.ts";
import { SPEEDS, type Playback } from "./playback.ts";

const keyOf = (e: Happening): string => `${e.kind} ${e.timeNs} ${e.track} ${e.nodeId}`;

export function mountTime(store: Store, playback: Playback, actions: Actions, host: HTMLElement): void {
  const time = h("strong", { id: "clock" });
  const day = h("small");
  const play = h("button", { type: "button", class: "play", title: titleOf(actions.pause), click: () => actions.pause.run() });
  const speed = h("select", { "aria-label": "Speed", title: `${titleOf(actions.slower)}, ${titleOf(actions.faster)}` },
    ...SPEEDS.map((s) => h("option", { value: String(s) }, `× ${s}`)));
  speed.addEventListener("change", () => playback.setSpeed(Number(speed.value)));
  const slider = h("input", { type: "range", min: "0", max: "1000", step: "0.1", id: "scrub", "aria-label": "Time of the recording" });
  const ticks = h("div", { class: "ticks" });
  const scrub = h("div", { class: "scrub" }, slider, ticks);
  const items = h("div");
  const menu = h("details", { class: "menu" }, h("summary", { title: `${titleOf(actions.before)}, ${titleOf(actions.after)}` }, "Events"), items);
  const latest = h("span", { class: "latest" });
  put(host, [h("div", { class: "clock" }, time, day), play, speed, scrub, latest, menu]);
  document.addEventListener("pointerdown", (e) => {
    if (!menu.contains(e.target as Node)) menu.open = false;
  });

  let held = false;
  slider.addEventListener("pointerdown", () => (held = true));
  for (const end of ["pointerup", "pointercancel"]) slider.addEventListener(end, () => (held = false));
  slider.addEventListener("input", () => {
    const { source } = store;
    if (source) playback.seek(ms(source.startNs) + (Number(slider.value) / 1000) * (ms(source.endNs) - ms(source.startNs)));
  });

  store.on(["clock", "source"], () => {
    const { source, now } = store;
    const live = playback.live;
    for (const element of [speed, scrub]) element.hidden = live;
    latest.hidden = !live;
    say(time, now ? clock(now) : "––:––:––");
    if (!source || !now) return;
    const [start, end] = [ms(source.startNs), ms(source.endNs)];
    say(day, live ? date(now) : `${date(now)}, ${span((now - start) / 1000)} of ${span((end - start) / 1000)}`);
    if (!live && !held) slider.value = String((1000 * (now - start)) / Math.max(1, end - start));
    slider.setAttribute("aria-valuetext", clock(now));
    const playing = store.clock?.playing ?? playback.playing;
    play.dataset["playing"] = String(live ? playback.playing : playing);
    play.setAttribute("aria-label", (live ? playback.playing : playing) ? "Pause" : "Play");
    speed.value = String(playback.speed);
  });
  store.on(["events", "source"], () => {
    const { source, events } = store;
    menu.hidden = events.length === 0;
    const newestFirst = playback.live ? events.toReversed().slice(0, 60) : events;
    put(items, newestFirst.map((e) =>
      h("button", { type: "button", "data-key": keyOf(e), "data-kind": String(e.kind), "data-event": EventKind[e.kind], click: () => go(e.timeNs, e.track) },
        h("time", {}, clock(ms(e.timeNs))), e.text)));
    const last = events.at(-1);
    say(latest, last ? `${clock(ms(last.timeNs))}  ${last.text}` : "");
    if (!source || source.live) return;
    const [start, end] = [ms(source.startNs), ms(source.endNs)];
    put(ticks, events.map((e) => {
      const at = (ms(e.timeNs) - start) / Math.max(1, end - start);
      const tick = h("button", { type: "button", tabindex: "-1", "data-key": keyOf(e), "data-kind": String(e.kind), title: `${clock(ms(e.timeNs))} ${e.text}`, "aria-label": e.text, click: () => go(e.timeNs, e.track) });
      tick.style.left = `${100 * at}%`;
      return tick;
    }));
  });
  const go = (time: bigint, track: bigint) => {
    menu.open = false;
    if (track) store.select([track.toString()]);
    playback.seek(ms(time));
  };
}
