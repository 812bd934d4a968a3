import assert from "node:assert/strict";
import { test } from "node:test";
import { ecefToGeodetic, geodeticToEcef } from "../src/geo/ellipsoid.ts";
import { distance } from "../src/geo/ellipse.ts";
import type { Polygon, Region } from "../src/gen/triwatch/v1/page_pb.js";
import type { BearingLine } from "../src/gen/triwatch/v1/picture_pb.js";
import { isPlace, linesOf, shapeOf, spread } from "../src/model/regions.ts";
import type { Track } from "../src/model/track.ts";

/** A square of a degree with a hole of a third in its middle; `west` is its western edge. */
const square = (west: number): Polygon => {
  const rim = [[30, 0], [30, 1], [31, 1], [31, 0], [30, 0]];
  const hole = [[30.3, 0.3], [30.6, 0.3], [30.6, 0.6], [30.3, 0.6], [30.3, 0.3]];
  const latLonDeg = [...rim, ...hole].flatMap(([lat, lon]) => [lat!, ((west + lon! + 540) % 360) - 180]);
  return { latLonDeg, offset: [0, 5, 10] } as unknown as Polygon;
};

/** Twice the area of the triangles, in square degrees about `west`. */
function areaOf(polygon: Polygon, west: number): number {
  const { points, triangles } = shapeOf(polygon);
  const plane = points.map((p) => ecefToGeodetic(p)).map(({ lat, lon }) => [lat, (lon - west + 540) % 360 - 180]);
  let sum = 0;
  for (let i = 0; i < triangles.length; i += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => plane[triangles[i + k]!]!);
    sum += Math.abs((b![0]! - a![0]!) * (c![1]! - a![1]!) - (b![1]! - a![1]!) * (c![0]! - a![0]!));
  }
  return sum / 2;
}

test("an area is filled but for its holes, across the antimeridian too", () => {
  for (const west of [130, 179.5]) {
    const polygon = square(west);
    assert.ok(Math.abs(areaOf(polygon, west) - (1 - 0.09)) < 1e-6, String(west));
    assert.deepEqual(shapeOf(polygon).rings, [[0, 5], [5, 10]]);
    assert.equal(shapeOf(polygon), shapeOf(polygon), "made once");
  }
});

const track = (fix: boolean, lines: Partial<BearingLine>[] = []): Track =>
  ({ position: [1, 2, 3], region: { fix, areaM2: 1, most: [square(130)], half: [] } as unknown as Region, lines }) as unknown as Track;

test("what is no place is shown by where it may be", () => {
  assert.deepEqual([isPlace(track(true)), isPlace(track(false))], [true, false]);
  assert.deepEqual(spread(track(true)), [[1, 2, 3]]);
  assert.equal(spread(track(false)).length, 2);
});

test("a line of bearing goes from its listener to the far end of where the track may be", () => {
  const position = [...geodeticToEcef(30.5, 128, -20)];
  const [line] = linesOf(track(false, [{ nodeId: "KOR-1", position, bearing: -0.1 + Math.PI / 2, sigma: 0.02, timeNs: 5_000_000n, reachM: 3 }]));
  assert.ok(Math.abs(line!.from[0] - 30.5) < 1e-9 && Math.abs(line!.from[1] - 128) < 1e-9);
  assert.ok(Math.abs(line!.bearing - (90 - 5.7296)) < 1e-3);
  const far = Math.max(distance(line!.from, [30, 131]), distance(line!.from, [31, 131]));
  assert.ok(Math.abs(distance(line!.from, line!.to) - far) < 1);
  assert.equal(line!.time, 5);
});
