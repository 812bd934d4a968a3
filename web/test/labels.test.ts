import assert from "node:assert/strict";
import { test } from "node:test";
import { placeLabels, type Wanted } from "../src/globe/labels.ts";

const screen = { width: 800, height: 600 };
const wanted = (id: string, x: number, y: number, rank = 0): Wanted => ({
  id, x, y, gap: 12, lines: [id], width: 60, height: 14, rank,
});
const overlap = (a: { x: number; y: number }, b: { x: number; y: number }) =>
  Math.abs(a.x - b.x) < 60 && Math.abs(a.y - b.y) < 14;

test("no two labels overlap and none leaves the screen", () => {
  const many = Array.from({ length: 90 }, (_, i) => wanted(`T${i}`, (i * 97) % 800, (i * 61) % 600));
  const placed = placeLabels(many, screen, new Set(), 200);
  assert.ok(placed.length > 30);
  for (const [i, a] of placed.entries()) {
    assert.ok(a.x >= 0 && a.y >= 0 && a.x + 60 <= 800 && a.y + 14 <= 600);
    for (const b of placed.slice(i + 1)) assert.ok(!overlap(a, b));
  }
});

test("the more important one keeps its label in a crowd", () => {
  const crowd = Array.from({ length: 40 }, (_, i) => wanted(`T${i}`, 400 + (i % 7), 300 + (i % 5)));
  crowd.push(wanted("threat", 402, 301, 9));
  assert.ok(placeLabels(crowd, screen, new Set(), 3).some((p) => p.id === "threat"));
});

test("of equals, the one labelled before keeps its label", () => {
  const pair = [wanted("a", 400, 300), wanted("b", 401, 300)];
  assert.deepEqual(placeLabels(pair, screen, new Set(["b"]), 1).map((p) => p.id), ["b"]);
});
