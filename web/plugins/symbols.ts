// MIL-STD-2525D symbols, drawn by milsymbol when the page is built: the page carries the few drawings
// that it can need, not the library.
import milsymbol from "milsymbol";
import type { Plugin } from "vite";
import { allCodes } from "../src/model/symbolcode.ts";

const BLACK = "#11181c";
const WHITE = "#ffffff";
const everyIdentity = (colour: string) => ({
  Civilian: colour, Friend: colour, Hostile: colour, Neutral: colour, Unknown: colour, Suspect: colour,
});

/** One drawing: white inside, to be tinted in the page; the frame tells the identity by its shape. */
export function draw(code: string): { svg: string; anchor: [number, number]; size: [number, number] } {
  const symbol = new milsymbol.Symbol(code, {
    size: 32,
    simpleStatusModifier: true,
    colorMode: everyIdentity(WHITE),
    frameColor: everyIdentity(BLACK),
    iconColor: BLACK,
    infoFields: false,
    strokeWidth: 7,
    outlineWidth: 0,
  });
  if (!symbol.isValid()) throw new Error(`milsymbol does not know ${code}`);
  const anchor = symbol.getAnchor();
  const size = symbol.getSize();
  // The S of simulation: tinted like the rest, with a dark rim so that it reads on land and sea.
  const rim = `fill="${WHITE}" stroke="${BLACK}" stroke-width="9" stroke-linejoin="round" paint-order="stroke" `;
  const svg = symbol.asSVG().replace(new RegExp(`fill="${BLACK}" (?=>S<)`), rim);
  return { svg, anchor: [anchor.x, anchor.y], size: [size.width, size.height] };
}

/** Offers the module `virtual:symbols`: every code that the page can ask for, with its drawing. */
export function symbols(): Plugin {
  const name = "virtual:symbols";
  return {
    name: "symbols",
    resolveId: (id) => (id === name ? `\0${name}` : null),
    load(id) {
      if (id !== `\0${name}`) return null;
      const drawn = Object.fromEntries(allCodes().map((code) => [code, draw(code)]));
      return `export default ${JSON.stringify(drawn)}`;
    },
  };
}
