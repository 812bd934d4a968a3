// What the person asks of time. Live, a pause holds the picture still; of a recording the server plays
// what is asked for. A recording opens where the address says, else at its first event.
import { ms } from "../model/time.ts";
import type { Moment } from "../model/moment.ts";
import type { Store } from "../model/store.ts";
import type { Socket, Wish } from "../link/socket.ts";

export const SPEEDS = [0.5, 1, 2, 5, 10, 30, 60];

export class Playback {
  playing = true;
  speed = 1;
  /** The first event, UTC ms, once a recording has opened there. */
  openedAt: number | undefined;
  /** Told when the person does something about time. */
  acted: () => void = () => undefined;
  private socket: Socket | undefined;
  /** Where to go once the recording has been read as far. */
  private awaited: number | "first event" | undefined = "first event";
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
    store.on(["source", "events"], () => this.open());
  }

  connect(socket: Socket): void {
    this.socket = socket;
  }

  get live(): boolean {
    return this.store.source?.live ?? true;
  }

  /** Where a recording is now; undefined of what is live or not yet there. */
  get moment(): Moment | undefined {
    const { source, now } = this.store;
    if (!source || source.live || !now) return undefined;
    const time = typeof this.awaited === "number" ? this.awaited : now;
    return { time, playing: this.playing, speed: this.speed };
  }

  /** Goes where an address says. */
  go({ time, playing, speed }: Moment): void {
    this.playing = playing;
    this.speed = SPEEDS.includes(speed) ? speed : 1;
    this.awaited = time;
    if (this.store.source) this.open();
    this.store.changed("clock");
  }

  private open(): void {
    const { source, events } = this.store;
    if (!source || source.live || !source.endNs || this.awaited === undefined) return;
    const first = this.awaited === "first event";
    const to = first ? events[0] && ms(events[0].timeNs) : this.awaited;
    if (typeof to !== "number" || to > ms(source.endNs) + 1) return;
    if (first) this.openedAt = to;
    this.jump(to);
  }

  /** What is wanted now, without going anywhere else in time. */
  wish(): Wish {
    const { nation, counted } = this.store.view;
    return { nation, counted, playing: this.playing, speed: this.speed };
  }

  /** What to ask for on a new connection: after a loss the same place in a recording again. */
  hello(): Wish {
    const { source, now } = this.store;
    return source && !source.live && now ? { ...this.wish(), seek: now } : this.wish();
  }

  ask(): void {
    this.socket?.ask(this.wish());
  }

  toggle(): void {
    this.playing = !this.playing;
    this.acted();
    const { source, now } = this.store;
    if (this.playing && source && !source.live && now >= ms(source.endNs)) return this.seek(ms(source.startNs));
    this.ask();
    this.store.changed("clock");
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.acted();
    this.ask();
    this.store.changed("clock");
  }

  faster(steps: number): void {
    const i = SPEEDS.indexOf(this.speed);
    this.setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, i + steps))]!);
  }

  seek(time: number): void {
    const { source } = this.store;
    if (!source || source.live) return;
    this.acted();
    this.jump(Math.max(ms(source.startNs), Math.min(ms(source.endNs), time)));
  }

  private jump(seek: number): void {
    this.awaited = undefined;
    this.socket?.ask({ ...this.wish(), seek });
    this.store.changed("clock");
  }

  by(seconds: number): void {
    this.seek(this.store.now + seconds * 1000);
  }

  /** To the next event, or to the one before. */
  event(direction: 1 | -1): void {
    const times = this.store.events.map((e) => ms(e.timeNs));
    const { now } = this.store;
    const to = direction > 0 ? times.find((t) => t > now + 500) : times.findLast((t) => t < now - 1500);
    if (to !== undefined) this.seek(to);
  }
}
