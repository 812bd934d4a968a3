import assert from "node:assert/strict";
import { test } from "node:test";
import { ecefToGeodetic, geodeticToEcef, enuAxes } from "../src/geo/ellipsoid.ts";
import { advance, fall } from "../src/geo/freeflight.ts";

/** A state at (lat, lon, alt) flying at `speed` on `azimuth`, `elevation` above the horizontal. */
function launch(lat: number, lon: number, alt: number, speed: number, azimuth: number, elevation: number) {
  const { east, north, up } = enuAxes(lat, lon);
  const [a, e] = [(azimuth * Math.PI) / 180, (elevation * Math.PI) / 180];
  const v = [0, 1, 2].map(
    (i) => speed * (Math.cos(e) * (Math.sin(a) * east[i]! + Math.cos(a) * north[i]!) + Math.sin(e) * up[i]!),
  );
  return [...geodeticToEcef(lat, lon, alt), ...v] as [number, number, number, number, number, number];
}

/** The Jacobi integral of the rotating frame: constant along any free flight. J/kg. */
function jacobi([x, y, z, vx, vy, vz]: number[]): number {
  const r = Math.hypot(x!, y!, z!);
  const mu = 3.986004418e14;
  const p2 = (3 * (z! / r) ** 2 - 1) / 2;
  const potential = (-mu / r) * (1 - 1.08262668e-3 * (6378137 / r) ** 2 * p2);
  return (vx! ** 2 + vy! ** 2 + vz! ** 2) / 2 + potential - (7.292115e-5 ** 2 * (x! ** 2 + y! ** 2)) / 2;
}

test("the Jacobi integral is kept over a lofted flight", () => {
  let s = launch(39.2, 125.7, 100_000, 6_500, 65, 85);
  const before = jacobi(s);
  for (let i = 0; i < 200; i++) s = advance(s, 10);
  assert.ok(Math.abs(jacobi(s) / before - 1) < 1e-7);
});

test("a flight ends on the ground, further on along its azimuth", () => {
  const path = fall(launch(39.2, 125.7, 60_000, 3_000, 90, 45));
  const end = ecefToGeodetic(path.at(-1)!);
  assert.ok(Math.abs(end.alt) < 30);
  assert.ok(end.lon > 132 && end.lon < 142 && Math.abs(end.lat - 39) < 2);
  const heights = path.map((p) => ecefToGeodetic(p).alt);
  const top = heights.indexOf(Math.max(...heights));
  assert.ok(heights.slice(1, top).every((h, i) => h > heights[i]!), "rises to the apogee");
  assert.ok(heights.slice(top + 1).every((h, i) => h < heights[top + i]!), "and falls from there");
});

test("a body in orbit never lands: the path is bounded", () => {
  const path = fall(launch(0, 0, 400_000, 7_200, 90, 0), 600);
  assert.ok(path.length >= 60 && path.length < 65);
});
