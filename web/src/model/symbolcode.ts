// Which MIL-STD-2525D symbol stands for a track. Version 10, context 2 (simulation): these are
// exercises. The code's fourth digit is the standard identity; the contract's Identity has its values.

export type Kind =
  | "missile" | "aircraft" | "satellite" | "ship" | "warship" | "merchant" | "submarine" | "land";

const ENTITY: Record<Kind, { set: string; entity: string }> = {
  missile: { set: "02", entity: "1100000000" },
  aircraft: { set: "01", entity: "1101000000" },
  satellite: { set: "05", entity: "1107000000" },
  ship: { set: "30", entity: "0000000000" },
  warship: { set: "30", entity: "1202000000" },
  merchant: { set: "30", entity: "1401000000" },
  submarine: { set: "35", entity: "1101000000" },
  land: { set: "15", entity: "0000000000" },
};
const RADAR = { set: "15", entity: "2203000000" };

/** Identity values of the contract that a symbol can have, pending to hostile. */
export const IDENTITIES = [0, 1, 2, 3, 4, 5, 6] as const;

export function code(kind: Kind, identity: number): string {
  const { set, entity } = ENTITY[kind];
  return `102${identity}${set}0000${entity}`;
}

/** A sensor on the ground, on a ship or in orbit: always a friend's. */
export const sensorCode = `1023${RADAR.set}0000${RADAR.entity}`;

export const allCodes = (): string[] => [
  ...(Object.keys(ENTITY) as Kind[]).flatMap((kind) => IDENTITIES.map((i) => code(kind, i))),
  sensorCode,
];

/** What a track is, from its environment (contract values), its identity and how it flies. */
export function kindOf(
  environment: number,
  identity: number,
  ballistic: boolean,
): Kind {
  switch (environment) {
    case 2:
      return ballistic ? "missile" : "satellite";
    case 3:
      if (identity === 4) return "merchant";
      return identity === 3 || identity === 6 ? "warship" : "ship";
    case 4:
      return "submarine";
    case 5:
      return "land";
    default:
      return ballistic ? "missile" : "aircraft";
  }
}
