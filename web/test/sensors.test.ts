import assert from "node:assert/strict";
import { test } from "node:test";
import type { BiasHistory, TrueBias } from "../src/gen/triwatch/v1/page_pb.js";
import type { NodeConsistency, SensorBias } from "../src/gen/triwatch/v1/picture_pb.js";
import { sensorRows, wordOf } from "../src/model/sensors.ts";

const told = (change: Partial<SensorBias>): SensorBias =>
  ({ nodeId: "KOR-1", sensor: 1, kind: 1, bias: [121, 2e-3, -1e-5, 0.031], sigma: [1, 1e-5, 2e-5, 4e-3], used: false, beyond: false, declaredKind: [], declaredBias: [], declaredSigma: [], ...change }) as unknown as SensorBias;
const history = { nodeId: "KOR-1", sensor: 1, timeNs: [1_000_000_000n, 2_000_000_000n], bias: [0, 1e-3, 0, 0, 1, 2e-3, 0, 0], sigma: Array(8).fill(1e-3) } as unknown as BiasHistory;
const truth = { nodeId: "KOR-1", sensor: 1, bias: [120, 2e-3, 0, 0.03] } as unknown as TrueBias;
const word = (change: Partial<NodeConsistency>): NodeConsistency =>
  ({ nodeId: "KOR-1", environment: 1, factor: 1, normalisedError: 0.8, samples: 90, expected: 0, unconfirmed: 0, alone: false, ...change }) as NodeConsistency;

test("a sensor's biases stand beside the truth and their course", () => {
  const [row] = sensorRows([told({ used: true })], [history], [truth]);
  assert.equal(row!.name, "KOR-1/1");
  assert.equal(row!.state, "taken out of reports");
  assert.deepEqual(row!.rows.map((r) => r.name), ["Range", "Azimuth", "Elevation", "Clock"]);
  assert.equal(row!.rows[1]!.estimate, "2.00 ± 0.01 mrad");
  assert.equal(row!.rows[3]!.truth, "30 ms");
  assert.deepEqual(row!.rows[1]!.points, [{ time: 1000, value: 1, sigma: 1 }, { time: 2000, value: 2, sigma: 1 }]);
});

test("a sensor has the biases of its kind, and no truth where none is known", () => {
  const [infrared, sonar] = sensorRows([told({ kind: 2 }), told({ kind: 3, beyond: true })], [], []);
  assert.deepEqual(infrared!.rows.map((r) => r.name), ["Azimuth", "Elevation", "Clock"]);
  assert.deepEqual(sonar!.rows.map((r) => r.name), ["Azimuth", "Clock"]);
  assert.equal(sonar!.state, "broken, or lying");
  assert.equal(infrared!.rows[0]!.truth, "");
  assert.deepEqual(infrared!.rows[0]!.points, []);
});

test("what a node declares of a sensor beside its kind's stands below, with its own course and truth", () => {
  const ship = told({ declaredKind: [5, 6], declaredBias: [4e-3, 151], declaredSigma: [2e-4, 3] });
  const course = { ...history, bias: [0, 0, 0, 0, 1e-3, 90, 0, 0, 0, 0, 4e-3, 151], sigma: Array(12).fill(1e-3) } as unknown as BiasHistory;
  const is = { ...truth, bias: [120, 2e-3, 0, 0.03, 4.1e-3, 150, 0, 0, 0] } as unknown as TrueBias;
  const [row] = sensorRows([ship], [course], [is]);
  assert.deepEqual(row!.rows.map((r) => r.name), ["Range", "Azimuth", "Elevation", "Clock", "Heading", "East"]);
  assert.equal(row!.rows[4]!.estimate, "4.00 ± 0.20 mrad");
  assert.equal(row!.rows[5]!.truth, "150 m");
  assert.deepEqual(row!.rows[5]!.points.map((p) => p.value), [90, 151]);
});

test("a node's word is what the worst of it is", () => {
  assert.deepEqual(wordOf("JPN-1", [word({})]), { text: "", doubted: false, detail: "" });
  assert.equal(wordOf("KOR-1", [word({})]).text, "as declared");
  const doubted = wordOf("KOR-1", [word({}), word({ environment: 3, factor: 3.25 })]);
  assert.deepEqual([doubted.text, doubted.doubted], ["× 3.3", true]);
  const alone = wordOf("KOR-1", [word({ factor: 2 }), word({ alone: true, expected: 12, unconfirmed: 12 })]);
  assert.equal(alone.text, "alone");
  assert.match(alone.detail, /12 of 12/);
});
