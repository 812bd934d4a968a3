// What the person asks of time. Live, a pause holds the picture still; of a recording the server plays
// what is asked for.
import { ms } from "../model/time.ts";
import type { Store } from "../model/store.ts";
import type { Socket, Wish } from "../link/socket.ts";

export const SPEEDS = [0.5, 1, 2, 5, 10, 30, 60];

export class Playback {
  playing = true;
  speed = 1;
  private socket: Socket | undefined;
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  connect(socket: Socket): void {
    this.socket = socket;
  }

  get live(): boolean {
    return this.store.source?.live ?? true;
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
    const { source, now } = this.store;
    if (this.playing && source && !source.live && now >= ms(source.endNs)) return this.seek(ms(source.startNs));
    this.ask();
    this.store.changed("clock");
  }

  setSpeed(speed: number): void {
    this.speed = speed;
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
    const seek = Math.max(ms(source.startNs), Math.min(ms(source.endNs), time));
    this.socket?.ask({ ...this.wish(), seek });
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
