// What is written over the globe, on a plain canvas: labels, marks of the chosen track, countdowns.
import type { Track } from "../model/track.ts";
import type { Palette } from "./palette.ts";
import type { Box } from "./room.ts";
import { placeLabels, type Wanted } from "./labels.ts";

/** A track, and where it is on the screen. */
export interface Screened {
  track: Track;
  x: number;
  y: number;
}

export interface Spot {
  x: number;
  y: number;
  mark: "launch" | "impact";
}

export interface Ring {
  x: number;
  y: number;
  radius: number;
  strong: boolean;
}

const FONT = "12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
const BOLD_FONT = `600 ${FONT}`;
const LINE = 15;

export class Overlay {
  readonly canvas: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private readonly widths = new Map<string, number>();
  private labelled = new Set<string>();

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d")!;
    this.context.font = BOLD_FONT;
  }

  resize(width: number, height: number, ratio: number): void {
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.font = BOLD_FONT;
  }

  private width(text: string): number {
    let width = this.widths.get(text);
    if (width === undefined) {
      if (this.widths.size > 4000) this.widths.clear();
      width = Math.ceil(this.context.measureText(text).width);
      this.widths.set(text, width);
    }
    return width;
  }

  /** The room that lines of text take. */
  measure(lines: string[]): { width: number; height: number } {
    return { width: Math.max(...lines.map((l) => this.width(l))), height: LINE * lines.length };
  }

  draw(
    size: { width: number; height: number },
    wanted: Wanted[],
    rings: Ring[],
    spots: Spot[],
    palette: Palette,
    warned: ReadonlySet<string>,
    limit: number,
    covered: Box[],
  ): void {
    const { context: c } = this;
    c.clearRect(0, 0, size.width, size.height);
    for (const ring of rings) this.ring(ring, palette);
    for (const spot of spots) this.spot(spot, palette);
    const placed = placeLabels(wanted, size, this.labelled, limit, covered);
    this.labelled = new Set(placed.map((p) => p.id));
    c.textBaseline = "middle";
    c.lineJoin = "round";
    c.lineWidth = 3;
    for (const { id, x, y, lines } of placed)
      lines.forEach((line, i) => {
        c.font = i === 0 ? BOLD_FONT : FONT;
        c.strokeStyle = palette.halo;
        c.fillStyle = warned.has(id) ? palette.warning : i === 0 ? palette.text : palette.quiet;
        const at = y + LINE * (i + 0.5);
        c.globalAlpha = 0.85;
        c.strokeText(line, x, at);
        c.globalAlpha = 1;
        c.fillText(line, x, at);
      });
    c.font = BOLD_FONT;
  }

  /** A launch is a triangle, an impact a cross: seen even where the ellipse is too small to be. */
  private spot({ x, y, mark }: Spot, palette: Palette): void {
    const { context: c } = this;
    const lines = mark === "launch" ? [[0, -6, 6, 5], [6, 5, -6, 5], [-6, 5, 0, -6]] : [[-5, -5, 5, 5], [-5, 5, 5, -5]];
    for (const [colour, width] of [[palette.halo, 4.5], [palette.warning, 2]] as const) {
      c.strokeStyle = colour;
      c.lineWidth = width;
      c.lineCap = "round";
      c.beginPath();
      for (const [x1, y1, x2, y2] of lines) {
        c.moveTo(x + x1!, y + y1!);
        c.lineTo(x + x2!, y + y2!);
      }
      c.stroke();
    }
  }

  /** Four corners around a chosen track: they hide nothing. */
  private ring({ x, y, radius: r, strong }: Ring, palette: Palette): void {
    const { context: c } = this;
    c.strokeStyle = palette.text;
    c.globalAlpha = strong ? 1 : 0.5;
    c.lineWidth = 1.5;
    c.beginPath();
    for (const [sx, sy] of [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const) {
      c.moveTo(x + sx * r, y + sy * (r - 6));
      c.lineTo(x + sx * r, y + sy * r);
      c.lineTo(x + sx * (r - 6), y + sy * r);
    }
    c.stroke();
    c.globalAlpha = 1;
  }
}
