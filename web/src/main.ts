// The picture page: wires what is known (model), what is drawn (globe) and what is read (ui) together.
import { limited } from "./globe/camera.ts";
import { Globe } from "./globe/globe.ts";
import { Hand } from "./globe/hand.ts";
import { Socket } from "./link/socket.ts";
import { Store } from "./model/store.ts";
import { AFAR } from "./model/view.ts";
import { listenToKeys, makeActions, nationViews } from "./ui/actions.ts";
import { keepAddress, readAddress, readMoment } from "./ui/address.ts";
import { mountBar } from "./ui/bar.ts";
import { mountDetails } from "./ui/details.ts";
import { byId } from "./ui/dom.ts";
import { mountHelp } from "./ui/help.ts";
import { mountHint } from "./ui/hint.ts";
import { mountLegend } from "./ui/legend.ts";
import { mountNations } from "./ui/nations.ts";
import { mountNotices } from "./ui/notices.ts";
import { Playback } from "./ui/playback.ts";
import { mountSearches } from "./ui/searches.ts";
import { mountTable } from "./ui/table.ts";
import { mountTabs } from "./ui/tabs.ts";
import { applyTheme, onSystemTheme } from "./ui/theme.ts";
import { mountTime } from "./ui/time.ts";
import { mountWarnings } from "./ui/warnings.ts";

const store = new Store();
store.view = readAddress();
store.view.camera = limited(store.view.camera, AFAR);

const playback = new Playback(store);
/** What the server shows a guarded picture for. */
const token = new URLSearchParams(location.search).get("token") ?? "";
const address = new URL("./ws", location.href);
address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
address.hash = "";
address.search = token ? `?${new URLSearchParams({ token })}` : "";
const socket = new Socket(
  address.href,
  () => playback.hello(),
  () => playback.wish(),
  (frame) => store.apply(frame),
  (state) => store.setLink(state),
);
playback.connect(socket);
const moment = readMoment();
if (moment) playback.go(moment);
store.on(["source"], () => {
  const codes = store.source?.nation ?? [];
  if (codes.length && !codes.includes(store.view.nation)) {
    store.setView({ nation: codes[0]! });
    playback.ask();
  }
});
store.on(["tracks", "source"], () => {
  document.title = `${store.tracks.size} · ${store.view.nation || "triwatch"} · triwatch`;
});

// `?plain` draws without antialiasing, for machines (and tests) without a graphics card.
const smooth = !new URLSearchParams(location.search).has("plain");
const globe = await Globe.load(store, byId<HTMLCanvasElement>("globe"), byId<HTMLCanvasElement>("overlay"), smooth);
const hand = new Hand(store, globe);
const actions = makeActions(store, hand, globe, playback);
applyTheme(globe);
onSystemTheme(globe);

mountBar(store, playback, actions, hand, byId("bar"));
mountWarnings(store, hand, byId("left"));
mountSearches(store, hand, byId("left"));
mountNations(store, playback, byId("left"));
mountDetails(store, actions, byId("right"));
mountTable(store, actions, byId("right"));
mountTime(store, playback, actions, byId("foot"));
mountHint(store, playback, actions, byId("stage"));
mountTabs(store, byId("tabs"));
mountLegend(store, document.body);
mountHelp(actions, byId<HTMLDialogElement>("help"));
mountNotices(store, playback);
listenToKeys(actions, () => nationViews(store, hand));
keepAddress(store, playback);

store.changed("view", "source", "coalition", "warnings", "events", "clock", "tracks", "link");
store.flush();
byId("globe").setAttribute("aria-label", "Globe with the tracks of the picture");

// For tests and the benchmark: where things are, and how long drawing takes.
Object.assign(window, { triwatch: { store, globe, hand, playback } });
document.documentElement.dataset["ready"] = "true";
