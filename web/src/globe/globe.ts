// The globe: what is drawn, and when. It draws only after something changed, so a quiet picture costs
// nothing.
import { Color, PerspectiveCamera, Scene, Vector2, Vector3, WebGLRenderer } from "three";
import world from "virtual:world";
import { RAD, type Vec3 } from "../geo/ellipsoid.ts";
import { lay, unpack } from "../geo/world.ts";
import { isUnderWater } from "../model/extent.ts";
import { stands } from "../model/missiles.ts";
import type { Store } from "../model/store.ts";
import type { Track } from "../model/track.ts";
import type { CameraView } from "../model/view.ts";
import { makeAtlas } from "./atlas.ts";
import { place } from "./camera.ts";
import { fitted, holds, NEAREST_KM, NEAREST_UNDER_WATER_KM, pixelsOf, type Screen } from "./fit.ts";
import { Ground } from "./ground.ts";
import { heard } from "./heard.ts";
import { coverage, marks, symbolSize, trackLines } from "./layers.ts";
import { Areas, BoldLines, ThinLines } from "./lines.ts";
import { DARK, LIGHT, type Palette } from "./palette.ts";
import { room, type Room } from "./room.ts";
import { searches } from "./searches.ts";
import { Overlay, type Ring, type Screened, type Spot } from "./overlay.ts";
import { Symbols } from "./symbols.ts";
import { threats, type GroundLabel } from "./threats.ts";
import { wantedLabels } from "./wanted.ts";

export const FOV = 38;

export class Globe {
  readonly canvas: HTMLCanvasElement;
  readonly overlay: Overlay;
  /** The tracks drawn last, and where on the screen. */
  screened: Screened[] = [];
  hovered = "";
  /** Milliseconds that the last frame took to draw. */
  frame = 0;

  private readonly store: Store;
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(FOV, 1, 0.001, 120);
  private readonly eye = { value: new Vector3() };
  private readonly viewport = { value: new Vector2(1, 1) };
  private readonly ground: Ground;
  private readonly symbols: Symbols;
  private readonly areas: Areas;
  private readonly thin: ThinLines;
  private readonly bold: BoldLines;
  private tracks: Track[] = [];
  private notes: GroundLabel[] = [];
  private palette: Palette = DARK;
  private measured: Room | undefined;
  private stale = true;
  private scheduled = false;
  private second = 0;

  /** Loads what the globe needs. `smooth`: antialiasing, which halves the frame rate without a GPU. */
  static async load(store: Store, canvas: HTMLCanvasElement, overlay: HTMLCanvasElement, smooth: boolean): Promise<Globe> {
    const [bytes, atlas] = await Promise.all([
      fetch(world).then((answer) => answer.arrayBuffer()),
      makeAtlas(),
    ]);
    return new Globe(store, canvas, overlay, smooth, new Uint8Array(bytes), atlas);
  }

  private constructor(
    store: Store, canvas: HTMLCanvasElement, overlay: HTMLCanvasElement, smooth: boolean,
    bytes: Uint8Array, atlas: Awaited<ReturnType<typeof makeAtlas>>,
  ) {
    this.store = store;
    this.canvas = canvas;
    this.overlay = new Overlay(overlay);
    this.renderer = new WebGLRenderer({ canvas, antialias: smooth, depth: false });
    this.renderer.autoClear = true;
    this.ground = new Ground(lay(unpack(bytes)), this.eye);
    this.areas = new Areas(this.eye);
    this.thin = new ThinLines(this.eye);
    this.bold = new BoldLines(this.eye, this.viewport);
    this.symbols = new Symbols(atlas, this.eye, this.viewport);
    const above = [this.areas.object, this.thin.object, this.bold.object, this.symbols.mesh];
    above.forEach((object, i) => (object.renderOrder = 100 + i));
    this.scene.add(this.ground.group, ...above);
    store.on(["tracks", "warnings", "coalition", "search", "view"], () => this.refresh());
    store.on(["camera"], () => this.redraw());
    store.on(["view", "warnings", "source"], () => (this.measured = undefined));
    store.on(["clock"], () => this.tick());
    new ResizeObserver(() => this.resize()).observe(canvas.parentElement!);
    this.resize();
  }

  get size(): { width: number; height: number } {
    return { width: this.viewport.value.x, height: this.viewport.value.y };
  }

  paint(dark: boolean): void {
    this.palette = dark ? DARK : LIGHT;
    this.scene.background = new Color(this.palette.sky);
    this.ground.paint(this.palette);
    this.refresh();
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement!;
    if (!width || !height) return;
    const ratio = Math.min(2, window.devicePixelRatio);
    this.viewport.value.set(width, height);
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height, false);
    this.overlay.resize(width, height, ratio);
    this.camera.aspect = width / height;
    // The shorter side of the screen has the angle FOV.
    const tan = Math.tan((FOV * RAD) / 2);
    this.camera.fov = width < height ? (2 * Math.atan((tan * height) / width)) / RAD : FOV;
    this.measured = undefined;
    this.redraw();
  }

  private get room(): Room {
    return (this.measured ??= room(this.size.width, this.size.height));
  }

  /** The picture changed: build the lines anew and draw. */
  refresh(): void {
    this.stale = true;
    this.redraw();
  }

  /** A countdown changes once a second; nothing else on the globe hangs on the clock alone. */
  private tick(): void {
    const second = Math.floor(this.store.now / 1000);
    if (second === this.second || !this.notes.length) return;
    this.second = second;
    this.redraw();
  }

  redraw(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.draw();
    });
  }

  /** Draws now. */
  draw(): void {
    const started = performance.now();
    if (this.stale) this.build();
    this.offset(this.camera);
    place(this.camera, this.store.view.camera);
    this.eye.value.copy(this.camera.position);
    this.ground.look();
    this.renderer.render(this.scene, this.camera);
    this.write();
    this.frame = performance.now() - started;
  }

  private build(): void {
    this.stale = false;
    const { store } = this;
    this.tracks = store.visible();
    trackLines(store, this.tracks, this.thin);
    coverage(store, this.thin, this.areas);
    heard(store, this.tracks, this.thin, this.bold, this.areas);
    this.notes = [
      ...searches(store, this.palette.search, this.thin, this.areas),
      ...threats(store, this.palette.warning, this.thin, this.bold, this.areas),
    ];
    this.symbols.set(marks(store, this.tracks, store.view.camera.distance));
    this.thin.flush();
    this.bold.flush();
    this.areas.flush();
  }

  /** Pixels of a position in ECEF m; undefined where the Earth or the edge of the view hides it. */
  project(position: Vec3): { x: number; y: number } | undefined {
    const { size } = this;
    const at = pixelsOf(this.camera, position, size);
    if (!at || Math.abs(at.x / size.width - 0.5) > 0.525 || Math.abs(at.y / size.height - 0.5) > 0.525) return undefined;
    return at;
  }

  /** The view that holds these points, ECEF m; undefined where there are none. */
  fit(points: Vec3[]): CameraView | undefined {
    if (!points.length) return undefined;
    const camera = this.scratch();
    return fitted(camera, points, this.screen);
  }

  /** Whether the view that is wanted now holds these points. */
  holds(points: Vec3[]): boolean {
    const camera = this.scratch();
    return holds(camera, this.store.view.camera, points, this.screen);
  }

  private get screen(): Screen {
    const nearest = isUnderWater(this.store) ? NEAREST_UNDER_WATER_KM : NEAREST_KM;
    return { ...this.size, free: this.room.free, nearest };
  }

  /** A camera as this one that may be moved about. */
  private scratch(): PerspectiveCamera {
    this.measured = undefined; // panels come and go
    const camera = this.camera.clone();
    this.offset(camera);
    return camera;
  }

  private offset(camera: PerspectiveCamera): void {
    const { size, room } = this;
    camera.setViewOffset(size.width, size.height, -room.offset.x, -room.offset.y, size.width, size.height);
  }

  private write(): void {
    const { selected, camera } = this.store.view;
    this.screened = this.tracks.flatMap((track) => {
      const at = this.project(track.position);
      return at ? [{ track, ...at }] : [];
    });
    const radius = (track: Track) => symbolSize(track, this.tracks.length, camera.distance) * 0.85;
    const rings: Ring[] = this.screened
      .filter(({ track }) => selected.has(track.id) || track.id === this.hovered)
      .map(({ track, x, y }) => ({ x, y, radius: radius(track) + 3, strong: selected.has(track.id) }));
    const warned = new Set(this.store.warnings.filter(stands).map((w) => w.flight?.track.toString() ?? ""));
    const wanted = wantedLabels(this.store, this.screened, this.hovered, warned, radius, (l) => this.overlay.measure(l));
    const spots: Spot[] = [];
    this.notes.forEach((note, i) => {
      const at = this.project(note.position);
      const id = `note${i}`;
      const lines = note.text(this.store.now).split("\n");
      if (!at) return;
      if (note.mark) {
        warned.add(id);
        spots.push({ ...at, mark: note.mark });
      }
      wanted.push({ id, ...at, gap: 12, lines, rank: 60, ...this.overlay.measure(lines) });
    });
    const limit = this.store.view.layers.has("labels") ? 70 : 12;
    this.overlay.draw(this.size, wanted, rings, spots, this.palette, warned, limit, this.room.covered);
  }
}
