// Land and borders of Natural Earth (world-atlas, 1:50m), decoded when the page is built and packed as
// deltas of a 1/131072 grid: a third of the size of the source, and no decoder of topologies in the page.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { feature, mesh } from "topojson-client";
import type { MultiPolygon } from "geojson";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { Plugin } from "vite";

type Point = number[];

function load(): Topology<{ countries: GeometryCollection; land: GeometryCollection }> {
  const path = createRequire(import.meta.url).resolve("world-atlas/countries-50m.json");
  return JSON.parse(readFileSync(path, "utf8"));
}

/** Longitudes made continuous along the line, so that a ring over the antimeridian stays one ring. */
export function unwrap(line: Point[]): Point[] {
  let turn = 0;
  return line.map(([lon, lat], i) => {
    const before = line[i - 1]?.[0];
    if (before !== undefined && lon! - before > 180) turn -= 360;
    if (before !== undefined && lon! - before < -180) turn += 360;
    return [lon! + turn, lat!];
  });
}

/** A ring that went once round the Earth encloses a pole: closed along that pole. */
function closeOverPole(ring: Point[]): Point[] {
  const first = ring[0]!;
  const last = ring.at(-1)!;
  if (Math.abs(last[0]! - first[0]!) < 180) return ring;
  const pole = ring.reduce((sum, p) => sum + p[1]!, 0) > 0 ? 90 : -90;
  return [...ring, [last[0]!, pole], [first[0]!, pole], first];
}

class Packer {
  private bytes: number[] = [];

  unsigned(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.bytes.push((rest & 127) | 128);
      rest = Math.floor(rest / 128);
    }
    this.bytes.push(rest);
  }

  private signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  line(points: Point[]): void {
    let [x, y] = [0, 0];
    this.unsigned(points.length);
    for (const [lon, lat] of points) {
      const nx = Math.round((lon! / 360) * 131072);
      const ny = Math.round((lat! / 360) * 131072);
      this.signed(nx - x);
      this.signed(ny - y);
      [x, y] = [nx, ny];
    }
  }

  done(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

export function pack(): Uint8Array {
  const topology = load();
  const packer = new Packer();
  const polygons = feature(topology, topology.objects.land).features.flatMap(
    (f) => (f.geometry as MultiPolygon).coordinates,
  );
  packer.unsigned(polygons.length);
  for (const rings of polygons) {
    packer.unsigned(rings.length);
    for (const ring of rings) packer.line(closeOverPole(unwrap(ring)));
  }
  const borders = mesh(topology, topology.objects.countries, (a, b) => a !== b).coordinates;
  packer.unsigned(borders.length);
  for (const border of borders) packer.line(unwrap(border));
  return packer.done();
}

/** Offers the module `virtual:world`, whose default export is the address of the packed file. */
export function world(): Plugin {
  const name = "virtual:world";
  return {
    name: "world",
    resolveId: (id) => (id === name ? `\0${name}` : null),
    load(id) {
      if (id !== `\0${name}`) return null;
      if (this.meta.watchMode) {
        return `export default "data:application/octet-stream;base64,${Buffer.from(pack()).toString("base64")}"`;
      }
      const file = this.emitFile({ type: "asset", name: "world.bin", source: pack() });
      return `export default import.meta.ROLLUP_FILE_URL_${file}`;
    },
  };
}
