// What is under water: the areas in which tracks may be, the lines of bearing that say so, and who listens.
import { colourOf, nationColour, rgb } from "../model/colours.ts";
import { linesOf, shapeOf } from "../model/regions.ts";
import type { Polygon } from "../gen/triwatch/v1/page_pb.js";
import type { Vec3 } from "../geo/ellipsoid.ts";
import type { Store } from "../model/store.ts";
import type { Track } from "../model/track.ts";
import { onGround } from "./layers.ts";
import type { Areas, BoldLines, Colour, ThinLines } from "./lines.ts";

/** A line of bearing fades to a quarter within this, ms. */
const FADES_MS = 300_000;
const LISTENER_PX = 5;

export function heard(store: Store, tracks: Track[], thin: ThinLines, bold: BoldLines, areas: Areas): void {
  const { colour, layers, selected } = store.view;
  for (const track of tracks) {
    const { region } = track;
    const chosen = selected.has(track.id);
    if (!region || !(chosen || layers.has("heard") || layers.has("ellipses"))) continue;
    const c = rgb(colourOf(track, colour, store.nationOf));
    fill(region.most, c, chosen ? 0.16 : 0.1, areas);
    fill(region.half, c, chosen ? 0.24 : 0.16, areas);
    rim(region.most, c, chosen ? 0.95 : 0.7, thin);
    rim(region.half, c, chosen ? 0.5 : 0.3, thin);
    for (const line of linesOf(track)) {
      const fresh = Math.max(0.25, 1 - (0.75 * (store.now - line.time)) / FADES_MS);
      thin.segment(onGround(line.from), onGround(line.to), rgb(nationColour(store.nationOf(line.node))), fresh, 0.35 * fresh);
    }
  }
  if (layers.has("heard")) listeners(store, bold);
}

/** A dot where each sonar is, however many a node has. */
function listeners(store: Store, bold: BoldLines): void {
  for (const node of store.coalition?.node ?? [])
    for (const { kind, position } of node.sensor) {
      if (kind !== "sonar" || position.length !== 3) continue;
      const at = position as unknown as Vec3;
      bold.path([at, at], rgb(nationColour(node.nation)), node.liveness === 1 ? 0.95 : 0.35, LISTENER_PX);
    }
}

function fill(polygons: Polygon[], colour: Colour, alpha: number, areas: Areas): void {
  for (const { points, triangles } of polygons.map(shapeOf))
    for (let i = 0; i + 2 < triangles.length; i += 3)
      areas.triangle(points[triangles[i]!]!, points[triangles[i + 1]!]!, points[triangles[i + 2]!]!, colour, alpha);
}

function rim(polygons: Polygon[], colour: Colour, alpha: number, thin: ThinLines): void {
  for (const { points, rings } of polygons.map(shapeOf))
    for (const [first, end] of rings) thin.path(points.slice(first, end), colour, alpha);
}
