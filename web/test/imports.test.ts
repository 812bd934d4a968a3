// The page's imports run one way: no file reaches itself again, through types or otherwise.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";

const SOURCE = join(import.meta.dirname, "../src");

const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".ts") && !f.startsWith("gen"));

const imports = (file: string, text: string): string[] =>
  [...text.matchAll(/^(?:import|export)\b[^;]*?from "(\.[^"]+\.ts)";/gm)].map((m) => normalize(join(dirname(file), m[1]!)));

/** A chain of files that leads back to where it began; undefined where there is none. */
function circle(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, way: string[]): string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const found = visit(next, [...way, file]);
      if (found) return found;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const found = visit(file, []);
    if (found) return found;
  }
  return undefined;
}

test("no circle of imports", () => {
  const graph = new Map(files.map((f) => [f, imports(f, readFileSync(join(SOURCE, f), "utf8"))]));
  assert.ok([...graph.values()].flat().length > 150, "imports are found");
  assert.ok([...graph.values()].flat().every((f) => graph.has(f)), "and lead to files");
  assert.equal(circle(graph)?.join(" -> "), undefined);
});

test("a planted circle is found, of types alone, too", () => {
  const graph = new Map([["a.ts", imports("a.ts", 'import type { B } from "./b.ts";\n')], ["b.ts", imports("b.ts", 'import { a } from "./a.ts";\n')]]);
  assert.deepEqual(circle(graph), ["a.ts", "b.ts", "a.ts"]);
});
