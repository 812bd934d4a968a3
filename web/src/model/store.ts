// All that the page knows and all that the person chose, in one place. Parts of the page ask to be told
// when a topic changed; they are told once an animation frame, however often it changed. A page that is out
// of sight has no animation frames: it is told now and then, so that its title and its alarm go on.
import type { BiasHistory, Coalition, Event, PageClock, PageFrame, PageSource, SearchHistory } from "../gen/triwatch/v1/page_pb.js";
import { PictureKind, type NodeConsistency, type PictureUpdate, type SearchMap, type SensorBias } from "../gen/triwatch/v1/picture_pb.js";
import type { MissileWarning } from "../gen/triwatch/v1/warning_pb.js";
import { compare, type Comparison } from "./compare.ts";
import { passes } from "./filter.ts";
import { isPlace } from "./regions.ts";
import { ms } from "./time.ts";
import { tracksOf, type Track } from "./track.ts";
import { Trails } from "./trails.ts";
import { defaultView, type View } from "./view.ts";

export type Topic =
  | "tracks" | "clock" | "source" | "coalition" | "warnings" | "events" | "link" | "view" | "camera" | "sensors" | "search";
export type Link = "connecting" | "open" | "lost" | "closed" | "full" | "refused";

const UNSEEN_MS = 250;

export class Store {
  tracks = new Map<string, Track>();
  trails = new Trails();
  compared: Track[] = [];
  counted: string[] = [];
  comparison: Comparison | undefined;
  clock: PageClock | undefined;
  source: PageSource | undefined;
  coalition: Coalition | undefined;
  warnings: MissileWarning[] = [];
  /** By how much each sensor is found to be off, how that came about, and how true each node's word has been. */
  biases: SensorBias[] = [];
  histories: BiasHistory[] = [];
  words: NodeConsistency[] = [];
  /** Where contacts that nobody hears may be, and how each search went. */
  searches: SearchMap[] = [];
  searchHistories: SearchHistory[] = [];
  events: Event[] = [];
  link: Link = "connecting";
  /** performance.now() of the last frame from the server. */
  receivedMs = 0;
  view: View = defaultView();
  /** The nation and finality of the picture now held. */
  picture: Pick<PictureUpdate, "nation" | "finality" | "finalTimeNs" | "pictureDigest"> | undefined;

  private nations = new Map<string, string>();
  private readonly listeners = new Map<Topic, Set<() => void>>();
  private readonly dirty = new Set<Topic>();
  private scheduled = false;

  constructor() {
    document.addEventListener("visibilitychange", () => this.flush());
  }

  /** Calls `listener` soon after any of the topics changed. */
  on(topics: Topic[], listener: () => void): void {
    for (const topic of topics) {
      const set = this.listeners.get(topic) ?? new Set();
      this.listeners.set(topic, set.add(listener));
    }
  }

  changed(...topics: Topic[]): void {
    for (const topic of topics) this.dirty.add(topic);
    if (this.scheduled) return;
    this.scheduled = true;
    if (document.hidden) setTimeout(() => this.flush(), UNSEEN_MS);
    else requestAnimationFrame(() => this.flush());
  }

  /** Tells at once what is to be told. */
  flush(): void {
    this.scheduled = false;
    const told = new Set([...this.dirty].flatMap((topic) => [...(this.listeners.get(topic) ?? [])]));
    this.dirty.clear();
    for (const listener of told) listener();
  }

  /** Scenario time shown, UTC ms; 0 while nothing is known. */
  get now(): number {
    return this.clock ? ms(this.clock.timeNs) : 0;
  }

  readonly nationOf = (node: string): string => this.nations.get(node) ?? node.split(/[-_]/)[0]!;

  /** What a nation is called, its own fuller picture too; its code where the server knows no name. */
  readonly country = (code: string): string => {
    const [member = "", own] = code.split(" ");
    const name = this.source?.country[member] ?? member;
    return own ? `${name}, with what others may not see` : name;
  };

  /** The tracks that the filter lets through. */
  visible(): Track[] {
    const { filter, selected } = this.view;
    return [...this.tracks.values()].filter((t) => passes(t, filter, selected, this.nationOf));
  }

  setView(change: Partial<View>): void {
    this.view = { ...this.view, ...change };
    this.changed("view");
  }

  select(ids: Iterable<string>, follow = ""): void {
    this.setView({ selected: new Set(ids), follow });
  }

  setLink(link: Link): void {
    if (link === this.link) return;
    // A server that was stopped is gone while it is tried again, too.
    if (link === "lost" && this.link === "closed") return;
    this.link = link;
    this.changed("link");
  }

  apply(frame: PageFrame): void {
    this.receivedMs = performance.now();
    if (frame.source) {
      this.source = frame.source;
      this.changed("source");
    }
    if (frame.clock) {
      this.clock = frame.clock;
      this.changed("clock");
    }
    if (frame.coalition) {
      this.coalition = frame.coalition;
      this.nations = new Map(frame.coalition.node.map((n) => [n.nodeId, n.nation]));
      this.changed("coalition");
    }
    if (frame.warnings) {
      this.warnings = frame.warnings.warning;
      this.changed("warnings");
    }
    if (frame.events) {
      this.events = frame.events.event;
      this.changed("events");
    }
    if (frame.biasHistory.length) {
      this.histories = frame.biasHistory;
      this.changed("sensors");
    }
    if (frame.searchHistory.length) {
      this.searchHistories = frame.searchHistory;
      this.changed("search");
    }
    if (frame.picture) this.applyPicture(frame.picture, frame);
    if (frame.compared) {
      this.compared = tracksOf(frame.compared);
      this.counted = frame.counted;
    }
    if (frame.picture || frame.compared) {
      const wanted = this.counted.length > 0 && this.counted.join() === this.view.counted.join();
      this.comparison = wanted ? compare(this.tracks.values(), this.compared) : undefined;
      this.changed("tracks");
    }
  }

  private applyPicture(update: PictureUpdate, frame: PageFrame): void {
    if (update.kind === PictureKind.SNAPSHOT) {
      this.tracks = new Map();
      this.counted = [];
      this.trails.reset(frame.trail);
      this.histories = frame.biasHistory;
      this.searchHistories = frame.searchHistory;
    }
    if (update.kind === PictureKind.SNAPSHOT || update.search) {
      this.searches = update.search?.map ?? [];
      this.changed("search");
    }
    if (update.kind === PictureKind.SNAPSHOT || update.sensorBias.length || update.nodeConsistency.length) {
      this.biases = update.sensorBias;
      this.words = update.nodeConsistency;
      this.changed("sensors");
    }
    for (const number of update.removed) this.tracks.delete(number.toString());
    for (const track of tracksOf(update, frame.region)) {
      this.tracks.set(track.id, track);
      if (isPlace(track)) this.trails.add(track.id, track.time, track.position);
    }
    this.trails.keep(this.tracks);
    this.picture = update;
  }
}
