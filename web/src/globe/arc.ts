// The view of a whole flight, from the launch to the impact.
import { distance, destination, type LatLon } from "../geo/ellipse.ts";
import { RAD } from "../geo/ellipsoid.ts";
import { impactOf, stands } from "../model/missiles.ts";
import type { Store } from "../model/store.ts";
import type { CameraView } from "../model/view.ts";

/** The highest flight from the side, far enough that its top is in the view; undefined where nothing flies. */
export function wholeArc(store: Store): CameraView | undefined {
  const flights = store.warnings.filter(stands).flatMap((w) => (w.flight?.launch && impactOf(w) ? [w.flight] : []));
  if (!flights.length) return undefined;
  const flight = flights.reduce((a, b) => (b.apogeeM > a.apogeeM ? b : a));
  const from: LatLon = [flight.launch!.latDeg, flight.launch!.lonDeg];
  const to: LatLon = [flight.impact!.latDeg, flight.impact!.lonDeg];
  const range = distance(from, to) / 1000;
  const azimuth = azimuthOf(from, to);
  const [lat, lon] = destination(from[0], from[1], azimuth, (range * 1000) / 2);
  const apogee = Math.max(flight.apogeeM / 1000, 100);
  return {
    lat,
    lon,
    alt: apogee * 0.47,
    distance: Math.max(apogee * 2.1, range * 1.6, 900),
    // From the side from which north is not behind the eye.
    heading: (azimuth + (azimuth < 180 ? -90 : 90) + 360) % 360,
    tilt: 80,
  };
}

function azimuthOf(a: LatLon, b: LatLon): number {
  const dl = (b[1] - a[1]) * RAD;
  const y = Math.sin(dl) * Math.cos(b[0] * RAD);
  const x = Math.cos(a[0] * RAD) * Math.sin(b[0] * RAD) - Math.sin(a[0] * RAD) * Math.cos(b[0] * RAD) * Math.cos(dl);
  return (Math.atan2(y, x) / RAD + 360) % 360;
}
