// All symbols in one texture, each in a box just large enough.
import { CanvasTexture, LinearFilter, LinearMipmapNearestFilter } from "three";
import drawings, { type Drawing } from "virtual:symbols";

/** A symbol is drawn larger than it is shown, so that it stays sharp on a fine screen. */
const ZOOM = 1.65;
const WIDTH = 1024;
const GAP = 4;
/** Height in the drawings of the frames' octagon: what a symbol's size on the screen counts. */
const UNIT = 32;

/** Where a symbol is in the texture (0 to 1), and where it lies about its position for a size of 1. */
export interface Box {
  texture: readonly [x: number, y: number, width: number, height: number];
  screen: readonly [left: number, top: number, width: number, height: number];
}

export interface Atlas {
  texture: CanvasTexture;
  box(code: string): Box;
}

export async function makeAtlas(): Promise<Atlas> {
  const codes = Object.keys(drawings);
  const images = await Promise.all(codes.map((code) => load(drawings[code]!)));
  const places = shelves(codes.map((code) => drawings[code]!.size.map((s) => Math.ceil(s * ZOOM)) as [number, number]));
  const height = 2 ** Math.ceil(Math.log2(Math.max(...places.map((p) => p.bottom))));
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = height;
  const context = canvas.getContext("2d")!;
  const boxes = new Map<string, Box>();
  codes.forEach((code, i) => {
    const { anchor, size } = drawings[code]!;
    const { x, y } = places[i]!;
    const [w, h] = [size[0] * ZOOM, size[1] * ZOOM];
    context.drawImage(images[i]!, x, y, w, h);
    boxes.set(code, {
      texture: [x / WIDTH, y / height, w / WIDTH, h / height],
      screen: [-anchor[0] / UNIT, -anchor[1] / UNIT, size[0] / UNIT, size[1] / UNIT],
    });
  });
  const texture = new CanvasTexture(canvas);
  texture.flipY = false;
  texture.minFilter = LinearMipmapNearestFilter;
  texture.magFilter = LinearFilter;
  texture.premultiplyAlpha = true;
  const first = boxes.get(codes[0]!)!;
  return { texture, box: (code) => boxes.get(code) ?? first };
}

/** Puts boxes side by side in rows. */
function shelves(sizes: [number, number][]): { x: number; y: number; bottom: number }[] {
  let [x, y, row] = [GAP, GAP, 0];
  return sizes.map(([w, h]) => {
    if (x + w + GAP > WIDTH) [x, y, row] = [GAP, y + row + GAP, 0];
    const place = { x, y, bottom: y + h + GAP };
    x += w + GAP;
    row = Math.max(row, h);
    return place;
  });
}

async function load({ svg }: Drawing): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  return image;
}
