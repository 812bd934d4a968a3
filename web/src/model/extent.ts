// Where an exercise takes place: its sensors, its tracks, and where its missiles come from and go to.
import { ecefToGeodetic, geodeticToEcef, type Vec3 } from "../geo/ellipsoid.ts";
import { impactOf, stands } from "./missiles.ts";
import { spread } from "./regions.ts";
import type { Store } from "./store.ts";

const INITIATING = 1;
/** Higher than this a sensor is in orbit, and sees from nowhere in particular. */
const ORBIT_M = 100_000;

function sensors(store: Store, nation?: string): Vec3[] {
  return (store.coalition?.node ?? [])
    .filter((node) => !nation || node.nation === nation)
    .flatMap((node) => node.sensor)
    .filter((sensor) => sensor.position.length === 3)
    .map((sensor) => sensor.position as unknown as Vec3)
    .filter((position) => ecefToGeodetic(position).alt < ORBIT_M);
}

/** What orbits is everywhere, and what has only begun may yet be nothing. */
function tracks(store: Store, nation?: string): Vec3[] {
  return [...store.tracks.values()]
    .filter((t) => t.kind !== "satellite" && t.status !== INITIATING)
    .filter((t) => !nation || t.contributors.some((c) => store.nationOf(c.node) === nation))
    .flatMap((t) => (t.kind === "missile" ? [t.position, geodeticToEcef(t.lat, t.lon, 0)] : spread(t)));
}

/** All of the exercise, ECEF m. */
export function extent(store: Store): Vec3[] {
  const flights = store.warnings
    .filter(stands)
    .flatMap((w) => [w.flight?.launch, impactOf(w)])
    .flatMap((p) => (p ? [geodeticToEcef(p.latDeg, p.lonDeg, 0)] : []));
  return [...sensors(store), ...tracks(store), ...flights];
}

/** Whether all that watches it are sonars. */
export function isUnderWater(store: Store): boolean {
  const watching = (store.coalition?.node ?? []).flatMap((node) => node.sensor);
  return watching.length > 0 && watching.every(({ kind }) => kind === "sonar");
}

/** A nation's part in it: where its sensors stand; of one that has them in orbit alone, what they see. */
export function partOf(store: Store, nation: string): Vec3[] {
  const found = sensors(store, nation);
  return found.length ? found : tracks(store, nation);
}
