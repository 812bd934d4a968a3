import assert from "node:assert/strict";
import { test } from "node:test";
import { ecefToGeodetic, geodeticToEcef, motion } from "../src/geo/ellipsoid.ts";

// pymap3d 3.2.0: geodetic2ecef(lat, lon, alt)
const GOLDEN: [number, number, number, number, number, number][] = [
  [36.7, 127.5, 100, -3116882.557863545, 4062000.4335739696, 3790812.0581391607],
  [-33.9, 151.2, -4000, -4641036.646177547, 2551431.4872332397, -3535014.367469338],
  [0, 180, 0, -6378137.0, 7.810965061573302e-10, 0.0],
  [89.9, 12, 10000.0, 10942.38604086926, 2325.875953313216, 6366742.551878448],
  [39.2, 125.7, 6049200.0, -5623655.716035985, 7826145.05887356, 7832819.600908357],
];

test("geodetic to ECEF agrees with pymap3d to a micrometre", () => {
  for (const [lat, lon, alt, ...expected] of GOLDEN) {
    const got = geodeticToEcef(lat, lon, alt);
    for (let i = 0; i < 3; i++) assert.ok(Math.abs(got[i]! - expected[i]!) < 1e-5);
  }
});

test("there and back, from the sea floor to geostationary height", () => {
  for (let lat = -90; lat <= 90; lat += 15)
    for (let lon = -165; lon <= 180; lon += 45)
      for (const alt of [-11_000, 0, 10_000, 8_000_000, 35_786_000]) {
        const back = ecefToGeodetic(geodeticToEcef(lat, lon, alt));
        assert.ok(Math.abs(back.lat - lat) < 1e-9);
        assert.ok(Math.abs(back.alt - alt) < 1e-4);
        if (Math.abs(lat) < 90) assert.ok(Math.abs(((back.lon - lon + 540) % 360) - 180) < 1e-9);
      }
});

test("eastward motion at the equator has course 90", () => {
  const m = motion([0, 250, 0], 0, 0);
  assert.ok(Math.abs(m.course - 90) < 1e-9 && Math.abs(m.speed - 250) < 1e-9 && Math.abs(m.climb) < 1e-9);
});
