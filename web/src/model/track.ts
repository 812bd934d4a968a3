// One track as the page knows it, and how a PictureUpdate becomes tracks.
import type { Region } from "../gen/triwatch/v1/page_pb.js";
import type { BearingLine, Flight, PictureUpdate } from "../gen/triwatch/v1/picture_pb.js";
import { ecefToGeodetic, motion, type Vec3 } from "../geo/ellipsoid.ts";
import { positionSigma } from "../geo/ellipse.ts";
import { kindOf, type Kind } from "./symbolcode.ts";
import { ms } from "./time.ts";

export interface Contributor {
  node: string;
  /** Newest report used, UTC ms. */
  time: number;
}

export interface Track {
  id: string;
  /** UTC ms that the state is valid at. */
  time: number;
  state: number[];
  position: Vec3;
  covariance: number[];
  environment: number;
  identity: number;
  confidence: number;
  conflict: boolean;
  status: number;
  contributors: Contributor[];
  modes: number[];
  callSign: string;
  parent: string;
  birth: number;
  quality: number;
  lat: number;
  lon: number;
  alt: number;
  speed: number;
  course: number;
  climb: number;
  /** Standard deviation of the position, m. */
  sigma: number;
  kind: Kind;
  flight: Flight | undefined;
  /** Where it may be, of a track under water. */
  region: Region | undefined;
  /** The newest line of bearing of each contact that it is, where it is only heard. */
  lines: BearingLine[];
}

const BLOCK = 100_000n;

/** "T5027-12": the block of the node that first reported the track, and the number within it. */
export function shortNumber(id: string): string {
  const number = BigInt(id);
  return number < BLOCK ? `T${id}` : `T${number / BLOCK}-${number % BLOCK}`;
}

/** The name a person reads. */
export const nameOf = (track: Track): string => track.callSign || shortNumber(track.id);

/** Free flight or boost is the more probable explanation of how it moves (columns 2 and 3). */
const fliesBallistic = (modes: number[]): boolean => (modes[2] ?? 0) + (modes[3] ?? 0) > 0.5;

/** The tracks of an update's columns. `regions`: where those under water may be. */
export function tracksOf(update: PictureUpdate, regions: Region[] = []): Track[] {
  const flights = new Map(update.flight.map((f) => [f.track, f]));
  const areas = new Map(regions.map((r) => [r.track, r]));
  const lines = new Map(update.heard.map((one) => [one.track, one.line]));
  let first = 0;
  return update.number.map((number, i) => {
    const state = update.state.slice(6 * i, 6 * i + 6);
    const covariance = update.covariance.slice(21 * i, 21 * i + 21);
    const position: Vec3 = [state[0]!, state[1]!, state[2]!];
    const place = ecefToGeodetic(position);
    const count = update.contributorCount[i] ?? 0;
    const contributors = update.contributors.slice(first, first + count).map((node, j) => ({
      node: update.nodeId[node] ?? "",
      time: ms(update.contributorTimeNs[first + j] ?? 0n),
    }));
    first += count;
    const modes = update.modeProbability.slice(4 * i, 4 * i + 4);
    const environment = update.environment[i] ?? 0;
    const identity = update.identity[i] ?? 0;
    const flight = flights.get(number);
    const parent = update.parent[i] ?? 0n;
    return {
      id: number.toString(),
      time: ms(update.trackTimeNs[i] ?? 0n),
      state,
      position,
      covariance,
      environment,
      identity,
      confidence: update.identityConfidence[i] ?? 0,
      conflict: update.identityConflict[i] ?? false,
      status: update.status[i] ?? 0,
      contributors,
      modes,
      callSign: update.callSign[i] ?? "",
      parent: parent ? parent.toString() : "",
      birth: ms(update.birthTimeNs[i] ?? 0n),
      quality: update.quality[i] ?? 0,
      ...place,
      ...motion([state[3]!, state[4]!, state[5]!], place.lat, place.lon),
      sigma: positionSigma(covariance),
      kind: kindOf(environment, identity, flight !== undefined || fliesBallistic(modes)),
      flight,
      region: areas.get(number),
      lines: lines.get(number) ?? [],
    };
  });
}
