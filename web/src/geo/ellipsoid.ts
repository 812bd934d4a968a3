// WGS-84: Earth-centred Earth-fixed (ECEF) m, geodetic degrees and m, local east, north, up.
// Source: NGA.STND.0036 (2014); Bowring (1976) for the way back.

export type Vec3 = readonly [number, number, number];

export const A_M = 6378137.0;
export const F = 1 / 298.257223563;
export const B_M = A_M * (1 - F);
const E2 = F * (2 - F);
const EP2 = E2 / (1 - E2);
export const RAD = Math.PI / 180;

export interface Geodetic {
  lat: number;
  lon: number;
  alt: number;
}

export function geodeticToEcef(lat: number, lon: number, alt: number): Vec3 {
  const sin = Math.sin(lat * RAD);
  const cos = Math.cos(lat * RAD);
  const n = A_M / Math.sqrt(1 - E2 * sin * sin);
  return [
    (n + alt) * cos * Math.cos(lon * RAD),
    (n + alt) * cos * Math.sin(lon * RAD),
    (n * (1 - E2) + alt) * sin,
  ];
}

export function ecefToGeodetic([x, y, z]: Vec3): Geodetic {
  const rho = Math.hypot(x, y);
  let beta = Math.atan2(z, rho * (1 - F));
  let lat = 0;
  for (let i = 0; i < 4; i++) {
    lat = Math.atan2(
      z + EP2 * B_M * Math.sin(beta) ** 3,
      rho - E2 * A_M * Math.cos(beta) ** 3,
    );
    beta = Math.atan2((1 - F) * Math.sin(lat), Math.cos(lat));
  }
  const n = A_M / Math.sqrt(1 - E2 * Math.sin(lat) ** 2);
  return {
    lat: lat / RAD,
    lon: Math.atan2(y, x) / RAD,
    alt: rho * Math.cos(lat) + z * Math.sin(lat) - (A_M * A_M) / n,
  };
}

export interface Axes {
  east: Vec3;
  north: Vec3;
  up: Vec3;
}

export function enuAxes(lat: number, lon: number): Axes {
  const [sp, cp] = [Math.sin(lat * RAD), Math.cos(lat * RAD)];
  const [sl, cl] = [Math.sin(lon * RAD), Math.cos(lon * RAD)];
  return { east: [-sl, cl, 0], north: [-sp * cl, -sp * sl, cp], up: [cp * cl, cp * sl, sp] };
}

export const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** a + k b. */
export const addScaled = (a: Vec3, b: Vec3, k: number): Vec3 => [
  a[0] + k * b[0],
  a[1] + k * b[1],
  a[2] + k * b[2],
];

export interface Motion {
  /** Over ground, m/s. */
  speed: number;
  /** Clockwise from true north, degrees in [0, 360). */
  course: number;
  /** Upwards, m/s. */
  climb: number;
}

export function motion(velocity: Vec3, lat: number, lon: number): Motion {
  const axes = enuAxes(lat, lon);
  const e = dot(velocity, axes.east);
  const n = dot(velocity, axes.north);
  const course = Math.atan2(e, n) / RAD;
  return { speed: Math.hypot(e, n), course: (course + 360) % 360, climb: dot(velocity, axes.up) };
}
