// What the person chose to see, and its form in the page's address, so that a view can be kept and sent.
import { COLOUR_MODES, type ColourMode } from "./colours.ts";
import { NO_FILTER, type Filter } from "./filter.ts";

export interface CameraView {
  /** The point looked at. */
  lat: number;
  lon: number;
  /** Its height, km. */
  alt: number;
  /** From there to the eye, km. */
  distance: number;
  /** Clockwise from north, degrees. */
  heading: number;
  /** From straight down, degrees. */
  tilt: number;
}

export const LAYERS = ["labels", "trails", "leaders", "ellipses", "poles", "coverage", "heard", "searches"] as const;
export type Layer = (typeof LAYERS)[number];
export const PANELS = ["warnings", "nations", "tracks"] as const;
export type Panel = (typeof PANELS)[number];

export interface View {
  nation: string;
  counted: string[];
  camera: CameraView;
  /** The camera keeps to all of the exercise, until a person moves it. */
  whole: boolean;
  selected: ReadonlySet<string>;
  follow: string;
  filter: Filter;
  colour: ColourMode;
  layers: ReadonlySet<Layer>;
  /** Minutes that a velocity leader looks ahead. */
  leader: number;
  panels: ReadonlySet<Panel>;
  sort: string;
  kiosk: boolean;
}

/** The Earth from afar: what is seen before anything is known of the exercise. */
export const AFAR: CameraView = { lat: 25, lon: 0, alt: 0, distance: 16_000, heading: 0, tilt: 0 };

export const defaultView = (): View => ({
  nation: "",
  counted: [],
  camera: AFAR,
  whole: true,
  selected: new Set(),
  follow: "",
  filter: NO_FILTER,
  colour: "identity",
  layers: new Set<Layer>(["labels", "trails", "leaders", "poles", "heard", "searches"]),
  leader: 3,
  panels: new Set<Panel>(["warnings", "nations", "tracks"]),
  sort: "name",
  kiosk: false,
});

const round = (v: number, digits: number): string => String(Number(v.toFixed(digits)));

/** Only what differs from the default is written. */
export function toQuery(view: View): string {
  const base = toFields(defaultView());
  const parts = Object.entries(toFields(view)).filter(([key, value]) => base[key] !== value);
  return new URLSearchParams(parts).toString();
}

function toFields(view: View): Record<string, string> {
  const { camera: c, filter: f } = view;
  return {
    at: view.whole
      ? ""
      : [round(c.lat, 3), round(c.lon, 3), round(c.alt, 1), round(c.distance, 1), round(c.heading, 1), round(c.tilt, 1)].join(","),
    nation: view.nation,
    counted: view.counted.join(","),
    track: [...view.selected].join(","),
    follow: view.follow,
    find: f.text,
    environment: f.environments.join(","),
    identity: f.identities.join(","),
    by: f.contributor,
    isolate: f.isolate ? "1" : "",
    colour: view.colour,
    layers: [...view.layers].toSorted().join(","),
    leader: String(view.leader),
    panels: [...view.panels].toSorted().join(","),
    sort: view.sort,
    kiosk: view.kiosk ? "1" : "",
  };
}

const words = (text: string | null): string[] => (text ? text.split(",") : []);
const numbers = (text: string | null): number[] => words(text).map(Number).filter(Number.isFinite);

/** Anything missing or not understood takes its default: an address must never break the page. */
export function fromQuery(query: string): View {
  const q = new URLSearchParams(query);
  const view = defaultView();
  const [lat, lon, alt, distance, heading, tilt] = numbers(q.get("at"));
  if (tilt !== undefined) {
    view.camera = { lat: lat!, lon: lon!, alt: alt!, distance: distance!, heading: heading!, tilt };
    view.whole = false;
  }
  view.nation = q.get("nation") ?? "";
  view.counted = words(q.get("counted"));
  view.selected = new Set(words(q.get("track")));
  view.follow = q.get("follow") ?? "";
  view.filter = {
    text: q.get("find") ?? "",
    environments: numbers(q.get("environment")),
    identities: numbers(q.get("identity")),
    contributor: q.get("by") ?? "",
    isolate: q.get("isolate") === "1",
  };
  view.colour = COLOUR_MODES.find((m) => m === q.get("colour")) ?? view.colour;
  if (q.has("layers")) view.layers = new Set(LAYERS.filter((l) => words(q.get("layers")).includes(l)));
  if (q.has("panels")) view.panels = new Set(PANELS.filter((p) => words(q.get("panels")).includes(p)));
  const leader = Number(q.get("leader"));
  if (leader > 0 && leader <= 60) view.leader = leader;
  view.sort = q.get("sort") ?? view.sort;
  view.kiosk = q.get("kiosk") === "1";
  return view;
}
