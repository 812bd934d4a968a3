// Views worth a key: the theatre, its countries, and the whole of what flies.
import { distance, destination, type LatLon } from "../geo/ellipse.ts";
import { RAD } from "../geo/ellipsoid.ts";
import type { Store } from "../model/store.ts";
import { THEATRE, type CameraView } from "../model/view.ts";
import { impactOf, stands } from "./threats.ts";

export const KOREA: CameraView = { lat: 37.3, lon: 127.6, alt: 0, distance: 1250, heading: 0, tilt: 30 };
export const JAPAN: CameraView = { lat: 37.6, lon: 137.5, alt: 0, distance: 2450, heading: 0, tilt: 30 };

/** Seen from the side, far enough that the top of every flight is in the view. */
export function wholeArc(store: Store): CameraView {
  const flights = store.warnings.filter(stands).flatMap((w) => (w.flight?.launch && impactOf(w) ? [w.flight] : []));
  if (!flights.length) return { ...THEATRE, distance: 14_000, tilt: 50 };
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
