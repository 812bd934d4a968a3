// Where contacts under water that nobody hears may be: what the maps of the picture say.
import { ecefToGeodetic, enuAxes, type Vec3 } from "../geo/ellipsoid.ts";
import type { SearchHistory } from "../gen/triwatch/v1/page_pb.js";
import type { SearchMap } from "../gen/triwatch/v1/picture_pb.js";
import { area, count, percent } from "./format.ts";
import { ms, span } from "./time.ts";
import { shortNumber } from "./track.ts";

/** What the region that is drawn holds of the contact. */
const REGION = 0.9;
const KM2 = 1e6;

export interface Cell {
  /** From the centre of the map to the south-west corner, in cells. */
  row: number;
  column: number;
  /** Beside the most probable cell. */
  share: number;
}

export interface SearchRow {
  key: string;
  name: string;
  facts: [string, string][];
  /** Area of the region, km², over scenario time, UTC ms. */
  points: { time: number; value: number }[];
  centre: Vec3;
  /** Half a side of the map, m. */
  half: number;
}

const keyOf = (one: { track: bigint; nodeId: string; area: number }): string =>
  one.track ? one.track.toString() : `${one.nodeId}/${one.area}`;

export const nameOfSearch = (map: SearchMap): string =>
  map.track ? `Lost contact ${shortNumber(keyOf(map))}` : `Area ${keyOf(map)}`;

/** The cells of the smallest region that holds 90 %; fewer where so much lies past the edge. */
export function region({ probability, cells }: Pick<SearchMap, "probability" | "cells">): Cell[] {
  const order = [...probability.keys()].toSorted((a, b) => probability[b]! - probability[a]!);
  const most = probability[order[0] ?? 0] ?? 0;
  const found: Cell[] = [];
  let held = 0;
  for (const at of order) {
    if (held >= REGION || !(probability[at]! > 0)) break;
    held += probability[at]!;
    found.push({ row: Math.floor(at / cells) - cells / 2, column: (at % cells) - cells / 2, share: probability[at]! / most });
  }
  return found;
}

/** From cells to ECEF m, on the map's own level. */
export function corners(map: Pick<SearchMap, "centre" | "cellM">): (column: number, row: number) => Vec3 {
  const centre = map.centre as unknown as Vec3;
  const { lat, lon } = ecefToGeodetic(centre);
  const { east, north } = enuAxes(lat, lon);
  const at = (k: number, column: number, row: number) => centre[k]! + map.cellM * (column * east[k]! + row * north[k]!);
  return (column, row) => [at(0, column, row), at(1, column, row), at(2, column, row)];
}

/** What a person reads of each, in the order in which they began. */
export function searchRows(maps: SearchMap[], histories: SearchHistory[], now: number): SearchRow[] {
  return maps.map((map) => {
    const key = keyOf(map);
    const history = histories.find((other) => keyOf(other) === key);
    const past = (timeNs: bigint) => `${span(Math.max(0, now - ms(timeNs)) / 1000)} ago`;
    return {
      key,
      name: nameOfSearch(map),
      facts: [
        ["Since", past(map.sinceNs)],
        ["90 % within", area(map.regionM2)],
        ["Gone past the map", map.outside >= 0.005 ? percent(map.outside) : ""],
        ["Something is there", map.track ? "" : percent(map.exists)],
        ["Heard nothing", map.looks ? `${count(map.looks, "look")}, the last ${past(map.lookedNs)}` : "nobody listened yet"],
      ],
      points: (history?.timeNs ?? []).map((time, k) => ({ time: ms(time), value: history!.regionM2[k]! / KM2 })),
      centre: map.centre as unknown as Vec3,
      half: (map.cellM * map.cells) / 2,
    };
  });
}

