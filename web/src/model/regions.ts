// Where tracks under water may be, as areas, and the lines of bearing that say so.
import earcut from "earcut";
import type { Polygon, Region } from "../gen/triwatch/v1/page_pb.js";
import { destination, distance, type LatLon } from "../geo/ellipse.ts";
import { RAD, ecefToGeodetic, geodeticToEcef, type Vec3 } from "../geo/ellipsoid.ts";
import { ms } from "./time.ts";
import type { Track } from "./track.ts";

/** A polygon on the sea: its points, ECEF m, three of them a triangle, and from where to where its rings go. */
export interface Shape {
  points: Vec3[];
  triangles: number[];
  rings: [number, number][];
}

export interface Heard {
  node: string;
  /** When the sound arrived, UTC ms. */
  time: number;
  from: LatLon;
  to: LatLon;
  /** Degrees clockwise from north, and its standard deviation. */
  bearing: number;
  sigma: number;
}

/** A line that leads nowhere that is known ends here, m. */
const UNTOLD_M = 20_000;

const shapes = new WeakMap<Polygon, Shape>();

export function shapeOf(polygon: Polygon): Shape {
  let made = shapes.get(polygon);
  if (!made) {
    const { latLonDeg, offset } = polygon;
    const corners: LatLon[] = [];
    for (let i = 0; i + 1 < latLonDeg.length; i += 2) corners.push([latLonDeg[i]!, latLonDeg[i + 1]!]);
    const west = corners[0]?.[1] ?? 0;
    // across the antimeridian longitudes go on
    const plane = corners.flatMap(([lat, lon]) => [lon - 360 * Math.round((lon - west) / 360), lat]);
    made = {
      points: corners.map(([lat, lon]) => geodeticToEcef(lat, lon, 0)),
      triangles: earcut(plane, offset.slice(1, -1)),
      rings: offset.slice(1).map((end, i) => [offset[i]!, end]),
    };
    shapes.set(polygon, made);
  }
  return made;
}

/** Whether it is known where a track is; of what is not under water always. */
export const isPlace = (track: Track): boolean => track.region?.fix ?? true;

/** The places that show where a track is or may be, ECEF m. */
export function spread(track: Track): Vec3[] {
  if (isPlace(track)) return [track.position];
  return track.region!.most.flatMap((polygon) => shapeOf(polygon).points.filter((_, i) => i % 8 === 0));
}

/** The lines of bearing of a track, each from its listener to the far end of where the track may be. */
export function linesOf(track: Track): Heard[] {
  return track.lines.map((line) => {
    const { lat, lon } = ecefToGeodetic(line.position as unknown as Vec3);
    const bearing = (line.bearing / RAD + 360) % 360;
    const far = farthest([lat, lon], track.region) || line.reachM || UNTOLD_M;
    return {
      node: line.nodeId, time: ms(line.timeNs), from: [lat, lon], to: destination(lat, lon, bearing, far),
      bearing, sigma: line.sigma / RAD,
    };
  });
}

function farthest(from: LatLon, region: Region | undefined): number {
  let far = 0;
  for (const { latLonDeg } of region?.most ?? [])
    for (let i = 0; i + 1 < latLonDeg.length; i += 2) far = Math.max(far, distance(from, [latLonDeg[i]!, latLonDeg[i + 1]!]));
  return far;
}
