import assert from "node:assert/strict";
import { test } from "node:test";
import { pack, unwrap } from "../plugins/world.ts";
import { geodeticToEcef } from "../src/geo/ellipsoid.ts";
import { lay, unpack } from "../src/geo/world.ts";

const world = lay(unpack(pack()));

/** Whether a triangle of the land covers a place, by the signs of its three sides on the sphere. */
function onLand(lat: number, lon: number): boolean {
  const p = geodeticToEcef(lat, lon, 0);
  const at = (i: number) => [0, 1, 2].map((k) => world.positions[3 * i + k]!);
  const side = (a: number[], b: number[]) =>
    p[0] * (a[1]! * b[2]! - a[2]! * b[1]!) + p[1] * (a[2]! * b[0]! - a[0]! * b[2]!) + p[2] * (a[0]! * b[1]! - a[1]! * b[0]!);
  for (let i = 0; i < world.triangles.length; i += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => at(world.triangles[i + k]!)) as unknown as [number[], number[], number[]];
    if (side(a, b) >= 0 && side(b, c) >= 0 && side(c, a) >= 0 && a[0]! * p[0] + a[1]! * p[1] + a[2]! * p[2] > 0) return true;
  }
  return false;
}

test("land is where land is, also at the poles and beyond the antimeridian", () => {
  for (const [lat, lon] of [[37.5, 127], [36, 138], [40, 116], [66, -175], [67, 178], [-89, 45], [-88, -179.9], [72, -40]] as const)
    assert.ok(onLand(lat, lon), `${lat}, ${lon} is land`);
  for (const [lat, lon] of [[40, 134], [33, 124], [0, -150], [89, 0], [42, 51], [-50, 179.9]] as const)
    assert.ok(!onLand(lat, lon), `${lat}, ${lon} is water`);
});

test("no triangle is so large that it cuts into the globe", () => {
  for (let i = 0; i < world.triangles.length; i += 3) {
    const middle = [0, 1, 2].map(
      (k) => [0, 1, 2].reduce((sum, j) => sum + world.positions[3 * world.triangles[i + j]! + k]!, 0) / 3,
    );
    assert.ok(Math.hypot(...middle) > 6.34);
  }
});

test("a line over the antimeridian is made continuous", () => {
  assert.deepEqual(unwrap([[179, 0], [-179, 1], [178, 2]]), [[179, 0], [181, 1], [178, 2]]);
});
