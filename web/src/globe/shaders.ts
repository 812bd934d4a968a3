// The pieces of GLSL that every drawing shares. Positions are in Mm (1,000 km), ECEF.
import { A_M, B_M } from "../geo/ellipsoid.ts";
import { SHRINK } from "../geo/horizon.ts";

export const SCALE = 1e-6;

/** The same test as geo/horizon.ts `hidden`, with the eye in a uniform. */
export const HORIZON = /* glsl */ `
uniform vec3 eye;
const vec3 toUnit = vec3(${(1 / (A_M * SCALE * SHRINK)).toFixed(9)}, ${(1 / (A_M * SCALE * SHRINK)).toFixed(9)},
  ${(1 / (B_M * SCALE * SHRINK)).toFixed(9)});
bool hidden(vec3 p) {
  vec3 e = eye * toUnit;
  vec3 v = p * toUnit - e;
  float toTangent = dot(e, e) - 1.0;
  float along = -dot(v, e);
  return along > toTangent && along * along > toTangent * dot(v, v);
}
`;

export const HEADER = /* glsl */ `#version 300 es
precision highp float;
precision highp int;
`;
