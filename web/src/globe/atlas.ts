// All symbols in one texture. Each has a square cell with its anchor in the middle.
import { CanvasTexture, LinearFilter, LinearMipmapLinearFilter } from "three";
import drawings, { type Drawing } from "virtual:symbols";

/** Pixels a cell; a symbol is drawn at twice the size it has on a plain screen. */
export const CELL = 128;
const ZOOM = 1.65;
const COLUMNS = 8;

export interface Atlas {
  texture: CanvasTexture;
  columns: number;
  rows: number;
  /** Column and row of a code's cell. */
  cell(code: string): [number, number];
}

export async function makeAtlas(): Promise<Atlas> {
  const codes = Object.keys(drawings);
  const rows = Math.ceil(codes.length / COLUMNS);
  const canvas = document.createElement("canvas");
  canvas.width = COLUMNS * CELL;
  canvas.height = rows * CELL;
  const context = canvas.getContext("2d")!;
  const images = await Promise.all(codes.map((code) => load(drawings[code]!)));
  images.forEach((image, i) => {
    const { anchor, size } = drawings[codes[i]!]!;
    const x = (i % COLUMNS) * CELL + CELL / 2 - anchor[0] * ZOOM;
    const y = Math.floor(i / COLUMNS) * CELL + CELL / 2 - anchor[1] * ZOOM;
    context.drawImage(image, x, y, size[0] * ZOOM, size[1] * ZOOM);
  });
  const texture = new CanvasTexture(canvas);
  texture.flipY = false;
  texture.minFilter = LinearMipmapLinearFilter;
  texture.magFilter = LinearFilter;
  texture.premultiplyAlpha = true;
  const index = new Map(codes.map((code, i) => [code, [i % COLUMNS, Math.floor(i / COLUMNS)] as const]));
  return {
    texture,
    columns: COLUMNS,
    rows,
    cell: (code) => [...(index.get(code) ?? [0, 0])] as [number, number],
  };
}

async function load({ svg }: Drawing): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  return image;
}
