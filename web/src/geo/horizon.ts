// What the Earth hides. All drawing works without a depth buffer: nothing flickers at any distance.
import { A_M, B_M, type Vec3 } from "./ellipsoid.ts";

/** The hiding ellipsoid lies this much inside WGS-84, so that the sea floor counts as visible. */
export const SHRINK = 0.998;

/** Scales ECEF m so that the hiding ellipsoid becomes the unit sphere. */
export const toUnit = ([x, y, z]: Vec3): Vec3 => [
  x / (A_M * SHRINK),
  y / (A_M * SHRINK),
  z / (B_M * SHRINK),
];

/**
 * Whether the Earth stands between eye and point, both from `toUnit`. Source: the horizon plane and
 * cone test of Ring, "Horizon culling" (2013).
 */
export function hidden(eye: Vec3, point: Vec3): boolean {
  const v: Vec3 = [point[0] - eye[0], point[1] - eye[1], point[2] - eye[2]];
  const toTangent = eye[0] ** 2 + eye[1] ** 2 + eye[2] ** 2 - 1;
  const along = -(v[0] * eye[0] + v[1] * eye[1] + v[2] * eye[2]);
  return along > toTangent && along * along > toTangent * (v[0] ** 2 + v[1] ** 2 + v[2] ** 2);
}
