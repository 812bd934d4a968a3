// Maps of where lost contacts may be: the cells of the 90 % region, the likelier the stronger, and its rim.
import { rgb } from "../model/colours.ts";
import { area } from "../model/format.ts";
import { corners, nameOfSearch, region, type Cell } from "../model/searches.ts";
import type { Store } from "../model/store.ts";
import type { Areas, ThinLines } from "./lines.ts";
import type { GroundLabel } from "./threats.ts";

const SIDES = [[0, -1, 0, 0, 1, 0], [0, 1, 0, 1, 1, 1], [-1, 0, 0, 0, 0, 1], [1, 0, 1, 0, 1, 1]] as const;

/** Draws every map; returns what is to be written at its likeliest cell. */
export function searches(store: Store, colourHex: string, thin: ThinLines, areas: Areas): GroundLabel[] {
  if (!store.view.layers.has("searches")) return [];
  const colour = rgb(colourHex);
  return store.searches.flatMap((map) => {
    const cells = region(map);
    const at = corners(map);
    const held = new Set(cells.map(placeOf));
    for (const { row, column, share } of cells) {
      const alpha = 0.06 + 0.5 * share;
      areas.quad(at(column, row), at(column + 1, row), at(column + 1, row + 1), at(column, row + 1), colour, alpha);
      for (const [right, up, fromColumn, fromRow, toColumn, toRow] of SIDES)
        if (!held.has(placeOf({ row: row + up, column: column + right })))
          thin.segment(at(column + fromColumn, row + fromRow), at(column + toColumn, row + toRow), colour, 0.8);
    }
    const [likeliest] = cells;
    const text = () => `${nameOfSearch(map)}\n90 % within ${area(map.regionM2)}`;
    return likeliest ? [{ position: at(likeliest.column + 0.5, likeliest.row + 0.5), text }] : [];
  });
}

const placeOf = ({ row, column }: Pick<Cell, "row" | "column">): string => `${row},${column}`;
