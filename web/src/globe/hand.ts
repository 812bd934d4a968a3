// Mouse, touch and keys on the globe.
import { limited, between, panned, turned, zoomed } from "./camera.ts";
import { FOV, type Globe } from "./globe.ts";
import type { Screened } from "./overlay.ts";
import { extent, partOf } from "../model/extent.ts";
import type { Store } from "../model/store.ts";
import type { CameraView } from "../model/view.ts";

const REACH_PX = 18;
const LOOK_MS = 1000;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Hand {
  private readonly store: Store;
  private readonly globe: Globe;
  private readonly pointers = new Map<number, { x: number; y: number }>();
  private moved = 0;
  private flight = 0;
  private looked = -LOOK_MS;
  private waiting = false;
  private seen = false;

  constructor(store: Store, globe: Globe) {
    this.store = store;
    this.globe = globe;
    const c = globe.canvas;
    c.addEventListener("pointerdown", (e) => this.down(e));
    c.addEventListener("pointermove", (e) => this.move(e));
    for (const end of ["pointerup", "pointercancel"] as const) c.addEventListener(end, (e) => this.up(e));
    c.addEventListener("pointerleave", () => this.hover(undefined));
    c.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    c.addEventListener("contextmenu", (e) => e.preventDefault());
    c.addEventListener("keydown", (e) => this.key(e));
    store.on(["tracks"], () => this.follow());
    store.on(["tracks", "coalition", "warnings", "view"], () => this.lookSoon());
  }

  /** Puts the eye where the view says. `whole`: because there all of the exercise is seen. */
  set(camera: CameraView, whole = false): void {
    this.store.view = { ...this.store.view, camera: limited(camera, this.store.view.camera), whole };
    this.store.changed("camera");
  }

  /** Moves there gently, or at once for those who want no motion. */
  fly(to: CameraView, whole = false): void {
    const from = this.store.view.camera;
    const mine = ++this.flight;
    if (still.matches) return this.set(to, whole);
    const started = performance.now();
    const step = () => {
      if (mine !== this.flight) return;
      const t = Math.min(1, (performance.now() - started) / 700);
      this.set(between(from, to, t * t * (3 - 2 * t)), whole);
      if (t < 1) requestAnimationFrame(step);
    };
    step();
  }

  /** Shows all of the exercise, and goes on doing so while it grows. */
  all(): void {
    this.unfollow();
    const to = this.globe.fit(extent(this.store));
    if (to) this.fly(to, true);
    else this.store.view = { ...this.store.view, whole: true };
  }

  /** Shows a nation's part of it. */
  nation(nation: string): void {
    this.unfollow();
    const to = this.globe.fit(partOf(this.store, nation));
    if (to) this.fly(to);
  }

  /** Once every part of the page has taken its place, and not too often. */
  private lookSoon(): void {
    if (this.waiting || !this.store.view.whole) return;
    this.waiting = true;
    setTimeout(() => {
      this.waiting = false;
      this.keepWhole();
    }, Math.max(0, this.looked + LOOK_MS - performance.now()));
  }

  /** Goes from afar to the exercise at first, wherever it is; then farther away where no longer all is seen. */
  private keepWhole(): void {
    const points = extent(this.store);
    if (!this.store.view.whole || !points.length) return;
    this.looked = performance.now();
    if (this.seen && this.globe.holds(points)) return;
    const to = this.globe.fit(points)!;
    const { camera } = this.store.view;
    if (Math.abs(Math.log(to.distance / camera.distance)) < 0.02 && Math.abs(to.lat - camera.lat) < 0.5) return;
    // At first there is nothing on the way from afar that is worth to be seen.
    if (this.seen) this.fly(to, true);
    else this.set(to, true);
    this.seen = true;
  }

  private by(change: (camera: CameraView) => CameraView): void {
    this.flight++;
    this.set(change(this.store.view.camera));
  }

  private down(e: PointerEvent): void {
    this.globe.canvas.setPointerCapture(e.pointerId);
    this.pointers.set(e.pointerId, { x: e.offsetX, y: e.offsetY });
    this.moved = 0;
  }

  private move(e: PointerEvent): void {
    const before = this.pointers.get(e.pointerId);
    if (!before) return this.hover(this.nearest(e.offsetX, e.offsetY));
    const [dx, dy] = [e.offsetX - before.x, e.offsetY - before.y];
    this.moved += Math.abs(dx) + Math.abs(dy);
    const spread = this.spread();
    this.pointers.set(e.pointerId, { x: e.offsetX, y: e.offsetY });
    if (this.moved < 4) return;
    if (this.pointers.size === 2) {
      const factor = spread / Math.max(1, this.spread());
      this.by((c) => turned(zoomed(c, factor), 0, -dy * 0.1));
    } else if (e.buttons === 2 || e.shiftKey) this.by((c) => turned(c, dx * 0.3, -dy * 0.25));
    else {
      this.unfollow();
      this.by((c) => panned(c, dx, dy, this.globe.size.height, FOV));
    }
  }

  /** Pixels between two fingers. */
  private spread(): number {
    const [a, b] = [...this.pointers.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 1;
  }

  private up(e: PointerEvent): void {
    const clicked = this.pointers.delete(e.pointerId) && this.moved < 4 && e.type === "pointerup" && e.button === 0;
    if (!clicked) return;
    const hit = this.nearest(e.offsetX, e.offsetY);
    const { selected, follow } = this.store.view;
    if (!hit) return e.shiftKey ? undefined : this.store.select([]);
    const id = hit.track.id;
    if (!(e.shiftKey || e.ctrlKey || e.metaKey)) return this.store.select([id], follow && id);
    const more = new Set(selected);
    if (!more.delete(id)) more.add(id);
    this.store.select(more, follow);
  }

  private nearest(x: number, y: number): Screened | undefined {
    let best: Screened | undefined;
    let reach = REACH_PX;
    for (const s of this.globe.screened) {
      const d = Math.hypot(s.x - x, s.y - y) - (s.track.kind === "missile" ? 6 : 0);
      if (d < reach) [best, reach] = [s, d];
    }
    return best;
  }

  private hover(hit: Screened | undefined): void {
    const id = hit?.track.id ?? "";
    this.globe.canvas.style.cursor = id ? "pointer" : "grab";
    if (id === this.globe.hovered) return;
    this.globe.hovered = id;
    this.globe.redraw();
  }

  private wheel(e: WheelEvent): void {
    e.preventDefault();
    this.by((c) => zoomed(c, Math.exp(Math.max(-60, Math.min(60, e.deltaY)) * 0.004)));
  }

  private key(e: KeyboardEvent): void {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const pan = (dx: number, dy: number) => {
      this.unfollow();
      this.by((c) => panned(c, dx, dy, this.globe.size.height, FOV));
    };
    const turn = (heading: number, tilt: number) => this.by((c) => turned(c, heading, tilt));
    const keys: Record<string, () => void> = {
      ArrowLeft: () => (e.shiftKey ? turn(-8, 0) : pan(70, 0)),
      ArrowRight: () => (e.shiftKey ? turn(8, 0) : pan(-70, 0)),
      ArrowUp: () => (e.shiftKey ? turn(0, 6) : pan(0, 70)),
      ArrowDown: () => (e.shiftKey ? turn(0, -6) : pan(0, -70)),
      "+": () => this.by((c) => zoomed(c, 0.8)),
      "=": () => this.by((c) => zoomed(c, 0.8)),
      "-": () => this.by((c) => zoomed(c, 1.25)),
    };
    const act = keys[e.key];
    if (!act) return;
    e.preventDefault();
    act();
  }

  private unfollow(): void {
    if (this.store.view.follow) this.store.setView({ follow: "" });
  }

  /** Keeps the followed track in the middle. */
  private follow(): void {
    const track = this.store.tracks.get(this.store.view.follow);
    if (!track) return;
    this.set({ ...this.store.view.camera, lat: track.lat, lon: track.lon, alt: track.alt / 1000 });
  }
}
