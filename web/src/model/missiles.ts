// What a warning says, in the page's terms: whether it stands, and where the missile comes down.
import { FlightPhase, type Flight, type GroundPoint } from "../gen/triwatch/v1/picture_pb.js";
import { WarningStatus, type MissileWarning } from "../gen/triwatch/v1/warning_pb.js";

export const stands = (w: MissileWarning): boolean =>
  w.status === WarningStatus.ALERT || w.status === WarningStatus.UPDATE;

/** Wider than this is no place. */
const OPEN_M = 3_000_000;

/** The expected impact, where there is one worth the name: under power a missile may go anywhere in its reach. */
export const impactIn = (flight: Flight | undefined): GroundPoint | undefined => {
  const impact = flight?.phase === FlightPhase.BOOST ? undefined : flight?.impact;
  return impact && impact.ellipse95MajorM < OPEN_M ? impact : undefined;
};

export const impactOf = (w: MissileWarning): GroundPoint | undefined => impactIn(w.flight);
