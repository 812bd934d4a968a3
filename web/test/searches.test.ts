import assert from "node:assert/strict";
import { test } from "node:test";
import { geodeticToEcef } from "../src/geo/ellipsoid.ts";
import type { SearchHistory } from "../src/gen/triwatch/v1/page_pb.js";
import type { SearchMap } from "../src/gen/triwatch/v1/picture_pb.js";
import { corners, region, searchRows } from "../src/model/searches.ts";

const centre = [...geodeticToEcef(36, 131, 0)];
const map = (change: Partial<SearchMap>): SearchMap =>
  ({ track: 100_000_007n, nodeId: "", area: 0, sinceNs: 0n, timeNs: 60_000_000_000n, centre, cellM: 100, cells: 2, probability: [0.5, 0.25, 0.2, 0.05], outside: 0, exists: 1, looks: 32, lookedNs: 30_000_000_000n, regionM2: 3e4, ...change }) as SearchMap;

test("the region is of the likeliest cells, from south to north and west to east", () => {
  const cells = region(map({}));
  assert.deepEqual(cells.map((c) => [c.column, c.row]), [[-1, -1], [0, -1], [-1, 0]]);
  assert.deepEqual(cells.map((c) => c.share), [1, 0.5, 0.4]);
  assert.equal(region(map({ probability: [0, 0, 0, 0] })).length, 0);
  assert.equal(region(map({ probability: [0.1, 0.1, 0.1, 0.1] })).length, 4, "the rest is past the edge");
});

test("cells lie north and east of each other", () => {
  const at = corners(map({}));
  const [origin, east, north] = [at(0, 0), at(1, 0), at(0, 1)];
  assert.deepEqual(origin, centre);
  assert.ok(Math.abs(Math.hypot(...east.map((v, k) => v - origin[k]!)) - 100) < 1e-6);
  assert.ok(north[2]! > origin[2]! + 70, "north is up the axis");
  assert.ok(Math.abs(east[2]! - origin[2]!) < 1e-6);
});

test("a lost contact is told by its number, an area by who declared it", () => {
  const history = { track: 100_000_007n, nodeId: "", area: 0, timeNs: [0n, 60_000_000_000n], regionM2: [1e6, 2e6] } as unknown as SearchHistory;
  const [lost, area] = searchRows([map({}), map({ track: 0n, nodeId: "JPN-1", area: 3, exists: 0.61 })], [history], 60_000);
  assert.equal(lost!.name, "Lost contact T1000-7");
  assert.deepEqual(lost!.points, [{ time: 0, value: 1 }, { time: 60_000, value: 2 }]);
  assert.equal(area!.name, "Area JPN-1/3");
  assert.equal(new Map(area!.facts).get("Something is there"), "61 %");
  assert.deepEqual(area!.points, []);
});
