import assert from "node:assert/strict";
import { test } from "node:test";
import { geodeticToEcef } from "../src/geo/ellipsoid.ts";
import { hidden, toUnit } from "../src/geo/horizon.ts";

const eye = toUnit(geodeticToEcef(35, 130, 2_000_000));
const seen = (lat: number, lon: number, alt: number) => !hidden(eye, toUnit(geodeticToEcef(lat, lon, alt)));

test("the near side is seen down to the sea floor, the far side is not", () => {
  assert.ok(seen(35, 130, -11_000));
  assert.ok(seen(45, 135, 0));
  assert.ok(!seen(-35, -50, 0));
});

test("what stands high enough over the horizon is seen", () => {
  // The horizon lies acos(R / (R + h)) = 40.4 degrees away; 60 degrees away a point must stand above
  // R (1 / cos(19.6 degrees) - 1) = 392 km.
  assert.ok(!seen(35 - 60, 130, 300_000));
  assert.ok(seen(35 - 60, 130, 500_000));
});

test("a point between the eye and the Earth is seen", () => {
  assert.ok(seen(35, 130, 1_000_000));
});
