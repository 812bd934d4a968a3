// Unpacks land and borders (see plugins/world.ts) and lays them on the ellipsoid as triangles and lines.
import earcut from "earcut";
import { geodeticToEcef } from "./ellipsoid.ts";

/** Part of a mesh or of lines that lies together: drawn only where it can be seen. */
export interface Tile {
  /** Vertices, or for the land indices: the first one and how many. */
  start: number;
  count: number;
  /** Mm, ECEF; every vertex is within `radius` of it. */
  centre: [number, number, number];
  radius: number;
}

export interface Lines {
  positions: Float32Array;
  tiles: Tile[];
}

export interface World {
  /** Mm, ECEF. */
  positions: Float32Array;
  triangles: Uint32Array;
  tiles: Tile[];
  coasts: Lines;
  borders: Lines;
  graticule: Lines;
}

type Line = [number, number][];
const GRID = 131072;
const SCALE = 1e-6;
/** No edge of a triangle spans more degrees than this, so that chords stay close to the surface. */
const EDGE_DEG = 6;
/** Edge of the cells that land and lines are sorted into. */
const TILE_MM = 1.6;

export interface Packed {
  polygons: Line[][];
  borders: Line[];
}

export function unpack(bytes: Uint8Array): Packed {
  let at = 0;
  const unsigned = (): number => {
    let [value, factor, byte] = [0, 1, 0];
    do {
      byte = bytes[at++]!;
      value += (byte & 127) * factor;
      factor *= 128;
    } while (byte & 128);
    return value;
  };
  const signed = (): number => {
    const v = unsigned();
    return v % 2 ? -(v + 1) / 2 : v / 2;
  };
  const line = (): Line => {
    let [x, y] = [0, 0];
    return Array.from({ length: unsigned() }, () => {
      x += signed();
      y += signed();
      return [(x / GRID) * 360, (y / GRID) * 360];
    });
  };
  const polygons = Array.from({ length: unsigned() }, () => Array.from({ length: unsigned() }, line));
  const borders = Array.from({ length: unsigned() }, line);
  return { polygons, borders };
}

export function lay({ polygons, borders }: Packed): World {
  const flat: number[] = [];
  const triangles: number[] = [];
  for (const rings of polygons) fill(rings, flat, triangles);
  const positions = new Float32Array((flat.length / 2) * 3);
  for (let i = 0; i < flat.length / 2; i++) positions.set(onGround(flat[2 * i]!, flat[2 * i + 1]!), 3 * i);
  const tiled = tile(Uint32Array.from(triangles), 3, (i) => positions.subarray(3 * i, 3 * i + 3));
  return {
    positions,
    triangles: tiled.order,
    tiles: tiled.tiles,
    coasts: segments(polygons.flat().map((ring) => ring.filter(([, lat]) => lat > -89.9 && lat < 89.9))),
    borders: segments(borders),
    graticule: segments(graticule()),
  };
}

function onGround(lon: number, lat: number): [number, number, number] {
  const [x, y, z] = geodeticToEcef(lat, lon, 0);
  return [x * SCALE, y * SCALE, z * SCALE];
}

/** Triangles of one polygon with holes, cut until no edge is long. Appends to both lists. */
function fill(rings: Line[], flat: number[], triangles: number[]): void {
  const first = flat.length / 2;
  const holes: number[] = [];
  let n = 0;
  for (const ring of rings) {
    if (n) holes.push(n);
    for (const [lon, lat] of ring) flat.push(lon, lat);
    n += ring.length;
  }
  const own = earcut(flat.slice(2 * first), holes);
  const middles = new Map<string, number>();
  const stack: [number, number, number][] = [];
  for (let i = 0; i < own.length; i += 3) stack.push([own[i]! + first, own[i + 1]! + first, own[i + 2]! + first]);
  while (stack.length) {
    const [a, b, c] = stack.pop()!;
    const lengths = [span(flat, a, b), span(flat, b, c), span(flat, c, a)];
    const longest = Math.max(...lengths);
    if (longest <= EDGE_DEG) triangles.push(...outwards(flat, a, b, c));
    else if (longest === lengths[0]) {
      const m = middle(flat, middles, a, b);
      stack.push([a, m, c], [m, b, c]);
    } else if (longest === lengths[1]) {
      const m = middle(flat, middles, b, c);
      stack.push([b, m, a], [m, c, a]);
    } else {
      const m = middle(flat, middles, c, a);
      stack.push([c, m, b], [m, a, b]);
    }
  }
}

const span = (flat: number[], a: number, b: number): number =>
  Math.hypot(flat[2 * a]! - flat[2 * b]!, flat[2 * a + 1]! - flat[2 * b + 1]!);

/** The middle of an edge, the same one for both triangles at it. */
function middle(flat: number[], middles: Map<string, number>, a: number, b: number): number {
  const key = a < b ? `${a}:${b}` : `${b}:${a}`;
  const known = middles.get(key);
  if (known !== undefined) return known;
  const index = flat.length / 2;
  flat.push((flat[2 * a]! + flat[2 * b]!) / 2, (flat[2 * a + 1]! + flat[2 * b + 1]!) / 2);
  middles.set(key, index);
  return index;
}

/** Counter-clockwise as seen from outside: the far side is then culled. */
function outwards(flat: number[], a: number, b: number, c: number): [number, number, number] {
  const x = (i: number) => flat[2 * i]!;
  const y = (i: number) => flat[2 * i + 1]!;
  const area = (x(b) - x(a)) * (y(c) - y(a)) - (x(c) - x(a)) * (y(b) - y(a));
  return area > 0 ? [a, b, c] : [a, c, b];
}

/** Lines cut into segments, two vertices each. */
function segments(lines: Line[]): Lines {
  const total = lines.reduce((sum, line) => sum + Math.max(0, line.length - 1), 0);
  const loose = new Float32Array(total * 6);
  let at = 0;
  for (const line of lines)
    for (let i = 1; i < line.length; i++, at += 6) {
      loose.set(onGround(...line[i - 1]!), at);
      loose.set(onGround(...line[i]!), at + 3);
    }
  const every = Uint32Array.from({ length: 2 * total }, (_, i) => i);
  const { order, tiles } = tile(every, 2, (i) => loose.subarray(3 * i, 3 * i + 3));
  const positions = new Float32Array(loose.length);
  order.forEach((from, to) => positions.set(loose.subarray(3 * from, 3 * from + 3), 3 * to));
  return { positions, tiles };
}

/** Sorts shapes of `n` vertices each so that what lies in one cell of space comes together. */
function tile(vertices: Uint32Array, n: number, at: (vertex: number) => Float32Array): { order: Uint32Array; tiles: Tile[] } {
  const cells = new Map<string, number[]>();
  for (let i = 0; i < vertices.length; i += n) {
    const key = Array.from(at(vertices[i]!), (v) => Math.floor(v / TILE_MM)).join();
    const held = cells.get(key);
    if (held) held.push(i);
    else cells.set(key, [i]);
  }
  const order = new Uint32Array(vertices.length);
  const tiles: Tile[] = [];
  let start = 0;
  for (const shapes of cells.values()) {
    const first = start;
    for (const i of shapes) for (let k = 0; k < n; k++) order[start++] = vertices[i + k]!;
    tiles.push({ start: first, count: start - first, ...around(order.subarray(first, start), at) });
  }
  return { order, tiles };
}

/** A sphere around vertices: about their mean, as far as the farthest. */
function around(vertices: Uint32Array, at: (vertex: number) => Float32Array): Pick<Tile, "centre" | "radius"> {
  const centre: [number, number, number] = [0, 0, 0];
  for (const v of vertices) at(v).forEach((x, k) => (centre[k]! += x / vertices.length));
  let radius = 0;
  for (const v of vertices) {
    const [x, y, z] = at(v) as unknown as [number, number, number];
    radius = Math.max(radius, Math.hypot(x - centre[0], y - centre[1], z - centre[2]));
  }
  return { centre, radius };
}

/** Meridians and parallels every 10 degrees. */
function graticule(): Line[] {
  const lines: Line[] = [];
  for (let lon = -180; lon < 180; lon += 10)
    lines.push(Array.from({ length: 81 }, (_, i) => [lon, -80 + 2 * i] as [number, number]));
  for (let lat = -80; lat <= 80; lat += 10)
    lines.push(Array.from({ length: 181 }, (_, i) => [-180 + 2 * i, lat] as [number, number]));
  return lines;
}
