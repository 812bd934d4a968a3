import assert from "node:assert/strict";
import { test } from "node:test";
import { limited, between, eyeOf, panned } from "../src/globe/camera.ts";
import { ecefToGeodetic } from "../src/geo/ellipsoid.ts";
import { compare, median } from "../src/model/compare.ts";
import { NO_FILTER, passes } from "../src/model/filter.ts";
import { length, list, place } from "../src/model/format.ts";
import { allCodes, code, kindOf } from "../src/model/symbolcode.ts";
import { momentFrom, momentToFields } from "../src/model/moment.ts";
import { countdown, span } from "../src/model/time.ts";
import { shortNumber, type Track } from "../src/model/track.ts";
import { LIMIT, thin, Trails } from "../src/model/trails.ts";
import { defaultView, fromQuery, AFAR, toQuery } from "../src/model/view.ts";

const track = (id: string, lat: number, lon: number, change: Partial<Track> = {}): Track => ({
  id, time: 0, state: [], position: [0, 0, 0], covariance: [], environment: 1, identity: 3, confidence: 1,
  conflict: false, status: 2, contributors: [{ node: "KOR-1", time: 0 }], modes: [1, 0, 0, 0], callSign: "",
  parent: "", birth: 0, quality: 9, lat, lon, alt: 5000, speed: 200, course: 0, climb: 0, sigma: 50,
  kind: "aircraft", flight: undefined, region: undefined, lines: [], ...change,
});
const nationOf = (node: string) => node.slice(0, 3);

test("a view survives the way through the address", () => {
  const view = {
    ...defaultView(), nation: "JPN", selected: new Set(["502700012", "3"]), follow: "3", counted: ["USA", "KOR"],
    colour: "altitude" as const, sort: "-height", leader: 10, kiosk: true,
    camera: { lat: 33.125, lon: -179.5, alt: 120.5, distance: 850, heading: 12.5, tilt: 40 }, whole: false,
    filter: { text: "KF-16, 51", environments: [1, 2], identities: [6], contributor: "KOR", isolate: true },
    layers: new Set(["ellipses"] as const), panels: new Set([] as const),
  };
  assert.deepEqual(fromQuery(toQuery(view)), view);
  assert.equal(toQuery(defaultView()), "");
});

test("a moment of a recording survives the way through the address", () => {
  const moment = { time: Date.UTC(2024, 5, 27, 0, 2, 5, 300), playing: false, speed: 10 };
  assert.deepEqual(momentFrom(new URLSearchParams(momentToFields(moment)).toString()), moment);
  assert.deepEqual(Object.keys(momentToFields({ ...moment, playing: true, speed: 1 })), ["t"]);
  for (const query of ["", "t=", "t=yesterday", "paused=1"]) assert.equal(momentFrom(query), undefined);
});

test("a broken address gives a view that works", () => {
  for (const query of ["at=1,2,x", "at=1e999,0,0,0,0,0", "layers=bogus&leader=-4&colour=plaid", "%%%=&at"]) {
    const view = fromQuery(query);
    const camera = limited(view.camera, AFAR);
    assert.ok(Object.values(camera).every(Number.isFinite));
    assert.equal(view.colour, "identity");
    assert.equal(view.leader, 3);
  }
});

test("the eye is where the view says", () => {
  const { eye } = eyeOf({ lat: 36, lon: 128, alt: 0, distance: 1000, heading: 0, tilt: 0 });
  const above = ecefToGeodetic(eye);
  assert.ok(Math.abs(above.lat - 36) < 1e-9 && Math.abs(above.lon - 128) < 1e-9 && Math.abs(above.alt - 1e6) < 1e-3);
  const tilted = ecefToGeodetic(eyeOf({ lat: 36, lon: 128, alt: 0, distance: 1000, heading: 90, tilt: 60 }).eye);
  assert.ok(tilted.lon < 128 - 5, "looking east, the eye stands in the west");
});

test("dragging the ground east moves the view west, at any heading", () => {
  const view = { ...AFAR, heading: 0, tilt: 0 };
  assert.ok(panned(view, 50, 0, 800, 38).lon < view.lon);
  assert.ok(panned(view, 0, 50, 800, 38).lat > view.lat);
  const south = { ...view, heading: 180 };
  assert.ok(panned(south, 50, 0, 800, 38).lon > south.lon);
});

test("a flight between two views takes the short way over the antimeridian", () => {
  const a = { ...AFAR, lon: 170 };
  const half = between(a, { ...AFAR, lon: -170 }, 0.5);
  assert.ok(Math.abs(half.lon - 180) < 1e-9);
});

test("comparison: matched by place, lost where nothing is near, ratio of what is left", () => {
  const picture = [track("1", 33, 127), track("2", 34, 128), track("3", 35.01, 129.99), track("4", 36, 179.999)];
  const other = [
    track("90", 33.001, 127.001, { sigma: 100 }),
    track("91", 34, 128, { environment: 3 }),
    track("92", 35.0, 130.0, { sigma: 75 }),
    track("93", 36, -179.999, { sigma: 50 }),
  ];
  const { lost, ratio } = compare(picture, other);
  assert.deepEqual([...lost], ["2"]);
  assert.equal(ratio.get("1"), 2);
  assert.equal(ratio.get("3"), 1.5);
  assert.equal(ratio.get("4"), 1);
  assert.equal(median([3, 1, 2]), 2);
});

test("no two tracks are matched to the same one", () => {
  const { lost, match } = compare([track("1", 33, 127), track("2", 33.001, 127)], [track("9", 33.0011, 127)]);
  assert.deepEqual([...match.keys()], ["2"]);
  assert.deepEqual([...lost], ["1"]);
});

test("a filter passes what it names and nothing else", () => {
  const t = track("502700012", 33, 127, { callSign: "KF-16" });
  const f = (change: object) => passes(t, { ...NO_FILTER, ...change }, new Set(["7"]), nationOf);
  assert.ok(f({}) && f({ text: "kf" }) && f({ text: "kor-1" }) && f({ contributor: "KOR" }) && f({ environments: [1, 3] }));
  assert.ok(!f({ text: "p-8" }) && !f({ contributor: "JPN" }) && !f({ environments: [3] }) && !f({ identities: [6] }));
  assert.ok(!f({ isolate: true }));
});

test("trails stay bounded and keep their ends", () => {
  const trails = new Trails();
  for (let i = 0; i < 5000; i++) trails.add("1", i, [i, 0, 0]);
  const points = trails.get("1");
  assert.ok(points.length <= LIMIT);
  assert.equal(points[0]!.time, 0);
  assert.equal(points.at(-1)!.time, 4999);
  assert.deepEqual(thin([1, 2, 3, 4, 5, 6]), [1, 3, 4, 5, 6]);
  trails.keep(new Set());
  assert.equal(trails.get("1").length, 0);
});

test("every kind and identity has a symbol of a simulation", () => {
  assert.ok(allCodes().every((c) => /^102[0-6]\d{14,16}$/.test(c)));
  assert.equal(code("missile", 6), "10260200001100000000");
  assert.equal(kindOf(2, 6, true), "missile");
  assert.equal(kindOf(2, 1, false), "satellite");
  assert.equal(kindOf(3, 4, false), "merchant");
});

test("numbers and times read as people write them", () => {
  assert.equal(length(-3), "−3 m");
  assert.equal(length(12_350), "12.3 km");
  assert.equal(length(2_802_000), "2,802 km");
  assert.equal(place(-33.9, 151.2, 1), "33.9° S, 151.2° E");
  assert.equal(list(["a", "b", "c"]), "a, b and c");
  assert.equal(span(65), "1:05");
  assert.equal(countdown(312), "05:12");
  assert.equal(countdown(-3), "00:00");
  assert.equal(countdown(3912), "1:05:12");
  assert.equal(shortNumber("502700012"), "T5027-12");
  assert.equal(shortNumber("7"), "T7");
});
