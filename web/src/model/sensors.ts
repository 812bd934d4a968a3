// What the picture knows of sensors and nodes: how far each is off, and how true each one's word has been.
import type { BiasHistory, TrueBias } from "../gen/triwatch/v1/page_pb.js";
import type { NodeConsistency, SensorBias } from "../gen/triwatch/v1/picture_pb.js";
import { ENVIRONMENT } from "./format.ts";
import { ms } from "./time.ts";

const BIASES: { name: string; unit: string; scale: number; digits: number }[] = [
  { name: "Range", unit: "m", scale: 1, digits: 0 },
  { name: "Azimuth", unit: "mrad", scale: 1e3, digits: 2 },
  { name: "Elevation", unit: "mrad", scale: 1e3, digits: 2 },
  { name: "Clock", unit: "ms", scale: 1e3, digits: 0 },
  { name: "Heading", unit: "mrad", scale: 1e3, digits: 2 },
  { name: "East", unit: "m", scale: 1, digits: 0 },
  { name: "North", unit: "m", scale: 1, digits: 0 },
  { name: "Roll", unit: "mrad", scale: 1e3, digits: 2 },
  { name: "Pitch", unit: "mrad", scale: 1e3, digits: 2 },
];
/** By kind of sensor (radar, infrared, sonar) the biases that it has, beside those that its node declares of it. */
const MEASURED = [[3], [0, 1, 2, 3], [1, 2, 3], [1, 3]];

export interface Point {
  /** Scenario time, UTC ms. */
  time: number;
  value: number;
  sigma: number;
}

export interface BiasRow {
  name: string;
  estimate: string;
  /** What it is, where the exercise knows it; else empty. */
  truth: string;
  points: Point[];
  true?: number;
}

export interface SensorRow {
  name: string;
  state: string;
  rows: BiasRow[];
}

export function sensorRows(told: SensorBias[], histories: BiasHistory[], truths: TrueBias[]): SensorRow[] {
  return told.map((one) => {
    const same = (other: { nodeId: string; sensor: number }) => other.nodeId === one.nodeId && other.sensor === one.sensor;
    const history = histories.find(same);
    const truth = truths.find(same);
    // columns: the first four, then what is declared, each by its kind from 1
    const declared = one.declaredKind.map((kind, d) => ({ k: kind - 1, at: 4 + d, bias: one.declaredBias[d]!, sigma: one.declaredSigma[d]! }));
    const first = (MEASURED[one.kind] ?? []).map((k) => ({ k, at: k, bias: one.bias[k]!, sigma: one.sigma[k]! }));
    const times = history?.timeNs ?? [];
    const width = times.length ? history!.bias.length / times.length : 0;
    const rows = [...first, ...declared.filter(({ k }) => k in BIASES)].map(({ k, at, bias, sigma }): BiasRow => {
      const { name, unit, scale, digits } = BIASES[k]!;
      const shown = (value: number) => (scale * value).toFixed(digits);
      const known = truth?.bias[k];
      const points = times.map((time, p) => ({
        time: ms(time),
        value: scale * history!.bias[width * p + at]!,
        sigma: scale * history!.sigma[width * p + at]!,
      }));
      return {
        name,
        estimate: `${shown(bias)} ± ${shown(sigma)} ${unit}`,
        truth: known === undefined ? "" : `${shown(known)} ${unit}`,
        points,
        ...(known === undefined ? {} : { true: scale * known }),
      };
    });
    const state = one.beyond ? "broken, or lying" : one.used ? "taken out of reports" : "not significant";
    return { name: `${one.nodeId}/${one.sensor}`, state, rows };
  });
}

/** How a node's word counts, over all that it tells of; empty where nothing is known of it. */
export function wordOf(node: string, words: NodeConsistency[]): { text: string; doubted: boolean; detail: string } {
  const mine = words.filter((word) => word.nodeId === node);
  const alone = mine.find((word) => word.alone);
  const factor = Math.max(1, ...mine.map((word) => word.factor));
  const detail = mine.map((word) => {
    const errs = word.samples ? `errors ${word.normalisedError.toFixed(2)} of declared, counted × ${word.factor.toFixed(1)}` : "errors not known";
    const seen = word.expected ? `; ${word.unconfirmed} of ${word.expected} tracks in others’ reach told of by nobody else` : "";
    return `${ENVIRONMENT[word.environment] ?? ""}: ${errs}${seen}`;
  });
  const text = alone ? "alone" : factor > 1 ? `× ${factor.toFixed(1)}` : mine.length ? "as declared" : "";
  return { text, doubted: alone !== undefined || factor > 1, detail: detail.join("\n") };
}
