import assert from "node:assert/strict";
import { test } from "node:test";
import { dot, enuAxes, type Vec3 } from "../src/geo/ellipsoid.ts";
import {
  K95, destination, distance, horizontalEllipse95, outline, positionSigma, sector, verticalSigma,
} from "../src/geo/ellipse.ts";

/** Lower triangle of a 6 x 6 covariance whose position block is sum of sigma² axis axis'. */
function triangle(axes: Vec3[], sigma: number[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < 6; i++)
    for (let j = 0; j <= i; j++)
      out.push(i < 3 ? axes.reduce((s, a, k) => s + sigma[k]! ** 2 * a[i]! * a[j]!, 0) : i === j ? 1 : 0);
  return out;
}

test("an ellipse made along a known bearing is found again", () => {
  for (const [lat, lon, bearing] of [[37, 127, 30], [-45, -170, 100], [5, 0, 179]] as const) {
    const { east, north, up } = enuAxes(lat, lon);
    const [s, c] = [Math.sin((bearing * Math.PI) / 180), Math.cos((bearing * Math.PI) / 180)];
    const along = east.map((e, i) => e * s + north[i]! * c) as unknown as Vec3;
    const across = east.map((e, i) => e * c - north[i]! * s) as unknown as Vec3;
    assert.ok(Math.abs(dot(along, across)) < 1e-12);
    const p = triangle([along, across, up], [900, 200, 50]);
    const got = horizontalEllipse95(p, lat, lon);
    assert.ok(Math.abs(got.major - 900 * K95) < 1e-6 && Math.abs(got.minor - 200 * K95) < 1e-6);
    assert.ok(Math.abs(got.orientation - bearing) < 1e-9);
    assert.ok(Math.abs(positionSigma(p) - Math.hypot(900, 200, 50)) < 1e-9);
    assert.ok(Math.abs(verticalSigma(p, lat, lon) - 50) < 1e-9);
  }
});

test("K95 holds 95 % of a Rayleigh distribution", () => {
  assert.ok(Math.abs(1 - Math.exp((-K95 * K95) / 2) - 0.95) < 1e-12);
});

test("destination goes the distance that distance measures", () => {
  for (const azimuth of [0, 45, 133, 270])
    for (const d of [10, 5_000, 2_000_000]) {
      const to = destination(35, 179.5, azimuth, d);
      assert.ok(Math.abs(distance([35, 179.5], to) - d) < 1e-3);
      assert.ok(to[1] >= -180 && to[1] < 180);
    }
});

test("an outline is closed and its farthest and nearest points are the semi-axes", () => {
  const centre = [33, 140] as const;
  const points = outline(centre, { major: 30_000, minor: 8_000, orientation: 60 });
  const ranges = points.map((p) => distance(centre, p));
  assert.deepEqual(points[0], points.at(-1));
  assert.ok(Math.abs(Math.max(...ranges) - 30_000) < 1 && Math.abs(Math.min(...ranges) - 8_000) < 1);
  const tip = destination(centre[0], centre[1], 60, 30_000);
  assert.ok(distance(points[0]!, tip) < 1);
});

test("a sector over north keeps to its span and returns to its centre", () => {
  const points = sector([36, 128], 100_000, 330, 30);
  assert.deepEqual(points[0], [36, 128]);
  assert.deepEqual(points.at(-1), [36, 128]);
  const arc = points.slice(1, -1);
  assert.ok(arc.every((p) => p[0] > 36.7), "all of it lies north");
  assert.ok(Math.abs(arc[0]![1] - 128 + (arc.at(-1)![1] - 128)) < 1e-9, "even to both sides");
});
