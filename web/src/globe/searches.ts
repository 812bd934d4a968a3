// Maps of where lost contacts may be: the cells of the 90 % region, the likelier the stronger, and its rim.
import { rgb } from "../model/colours.ts";
import { corners, region, type Cell } from "../model/searches.ts";
import type { Store } from "../model/store.ts";
import type { Areas, ThinLines } from "./lines.ts";

const SIDES = [[0, -1, 0, 0, 1, 0], [0, 1, 0, 1, 1, 1], [-1, 0, 0, 0, 0, 1], [1, 0, 1, 0, 1, 1]] as const;

export function searches(store: Store, colourHex: string, thin: ThinLines, areas: Areas): void {
  if (!store.view.layers.has("searches")) return;
  const colour = rgb(colourHex);
  for (const map of store.searches) {
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
  }
}

const placeOf = ({ row, column }: Pick<Cell, "row" | "column">): string => `${row},${column}`;
