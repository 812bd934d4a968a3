// Where the eye is, from the six numbers of a CameraView, and how the hand moves them.
import { PerspectiveCamera, Vector3 } from "three";
import { addScaled, enuAxes, geodeticToEcef, RAD, type Vec3 } from "../geo/ellipsoid.ts";
import type { CameraView } from "../model/view.ts";
import { SCALE } from "./shaders.ts";

export const LIMITS = { distance: [15, 45_000], tilt: [0, 88], lat: [-89, 89], alt: [-12, 10_000] } as const;

const clamp = (v: number, [low, high]: readonly [number, number]): number => Math.max(low, Math.min(high, v));

/** The same view within sane limits; anything that is no number falls back to `fallback`. */
export function limited(view: CameraView, fallback: CameraView): CameraView {
  const { lat, lon, alt, distance, heading, tilt } = view;
  if (![lat, lon, alt, distance, heading, tilt].every(Number.isFinite)) return fallback;
  return {
    lat: clamp(lat, LIMITS.lat),
    lon: ((((lon + 180) % 360) + 360) % 360) - 180,
    alt: clamp(alt, LIMITS.alt),
    distance: clamp(distance, LIMITS.distance),
    heading: ((heading % 360) + 360) % 360,
    tilt: clamp(tilt, LIMITS.tilt),
  };
}

/** Position of the eye and its up direction in ECEF m. */
export function eyeOf(view: CameraView): { eye: Vec3; target: Vec3; up: Vec3 } {
  const { east, north, up } = enuAxes(view.lat, view.lon);
  const target = geodeticToEcef(view.lat, view.lon, view.alt * 1000);
  const [sh, ch] = [Math.sin(view.heading * RAD), Math.cos(view.heading * RAD)];
  const ahead = addScaled([north[0] * ch, north[1] * ch, north[2] * ch], east, sh);
  const [st, ct] = [Math.sin(view.tilt * RAD), Math.cos(view.tilt * RAD)];
  const d = view.distance * 1000;
  const eye = addScaled(addScaled(target, up, d * ct), ahead, -d * st);
  return { eye, target, up: addScaled([up[0] * st, up[1] * st, up[2] * st], ahead, ct) };
}

export function place(camera: PerspectiveCamera, view: CameraView): void {
  const { eye, target, up } = eyeOf(view);
  camera.position.set(eye[0], eye[1], eye[2]).multiplyScalar(SCALE);
  camera.up.set(up[0], up[1], up[2]);
  camera.lookAt(new Vector3(target[0], target[1], target[2]).multiplyScalar(SCALE));
  camera.near = 0.001;
  camera.far = 120;
  camera.updateProjectionMatrix();
  camera.updateMatrixWorld();
}

/** Moves the point looked at by pixels, as if the ground were held by the hand. */
export function panned(view: CameraView, dx: number, dy: number, height: number, fov: number): CameraView {
  const kmPerPixel = (2 * view.distance * Math.tan((fov * RAD) / 2)) / height;
  const [sh, ch] = [Math.sin(view.heading * RAD), Math.cos(view.heading * RAD)];
  const forward = (dy * kmPerPixel) / Math.max(0.35, Math.cos(view.tilt * RAD));
  const right = -dx * kmPerPixel;
  const north = forward * ch - right * sh;
  const east = forward * sh + right * ch;
  const perDegree = 111.2;
  const cos = Math.max(0.1, Math.cos(view.lat * RAD));
  const damp = Math.min(1, 9000 / view.distance);
  return {
    ...view,
    lat: view.lat + (north * damp) / perDegree,
    lon: view.lon + (east * damp) / perDegree / cos,
  };
}

export const zoomed = (view: CameraView, factor: number): CameraView => ({
  ...view,
  distance: view.distance * factor,
});

export const turned = (view: CameraView, heading: number, tilt: number): CameraView => ({
  ...view,
  heading: view.heading + heading,
  tilt: view.tilt + tilt,
});

/** Between two views, `t` from 0 to 1; the short way round. */
export function between(a: CameraView, b: CameraView, t: number): CameraView {
  const mix = (p: number, q: number) => p + (q - p) * t;
  const round = (p: number, q: number) => p + ((((q - p + 540) % 360) + 360) % 360 - 180) * t;
  return {
    lat: mix(a.lat, b.lat),
    lon: round(a.lon, b.lon),
    alt: mix(a.alt, b.alt),
    distance: Math.exp(mix(Math.log(a.distance), Math.log(b.distance))),
    heading: round(a.heading, b.heading),
    tilt: mix(a.tilt, b.tilt),
  };
}
