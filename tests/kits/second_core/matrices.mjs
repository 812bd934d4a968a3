// fold.md, section 4: symmetric 6 x 6 matrices as lower triangles by rows, [i,j] at i(i+1)/2 + j.

const at = (i, j) => (i >= j ? (i * (i + 1)) / 2 + j : (j * (j + 1)) / 2 + i);
const REGISTERED_M2 = 225;

/** {L, det}; null where A is not positive definite. */
export function factor(A) {
  const L = new Float64Array(21);
  let det = 1;
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j < i; j++) {
      let s = A[at(i, j)];
      for (let k = 0; k < j; k++) s -= L[at(i, k)] * L[at(j, k)];
      L[at(i, j)] = s * L[at(j, j)];
    }
    let s = A[at(i, i)];
    for (let k = 0; k < i; k++) s -= L[at(i, k)] * L[at(i, k)];
    if (!(s > 0)) return null;
    det *= s;
    L[at(i, i)] = 1 / Math.sqrt(s);
  }
  return { L, det };
}

/** {inverse, det}; null where A is not positive definite. */
export function invert(A) {
  const found = factor(A);
  if (!found) return null;
  const { L, det } = found;
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j < i; j++) {
      let s = 0;
      for (let k = j; k < i; k++) s += L[at(i, k)] * L[at(k, j)];
      L[at(i, j)] = -s * L[at(i, i)];
    }
  }
  const inverse = new Float64Array(21);
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j <= i; j++) {
      let s = 0;
      for (let k = i; k < 6; k++) s += L[at(k, i)] * L[at(k, j)];
      inverse[at(i, j)] = s;
    }
  }
  return { inverse, det };
}

/** A v. */
export function product(A, v) {
  const out = new Float64Array(6);
  for (let i = 0; i < 6; i++) {
    let s = 0;
    for (let j = 0; j < 6; j++) s += A[at(i, j)] * v[j];
    out[i] = s;
  }
  return out;
}

/** v'A^-1 v by the factor of A. */
export function quadratic(L, v) {
  const w = new Float64Array(6);
  let total = 0;
  for (let i = 0; i < 6; i++) {
    let s = v[i];
    for (let k = 0; k < i; k++) s -= L[at(i, k)] * w[k];
    s *= L[at(i, i)];
    w[i] = s;
    total += s * s;
  }
  return total;
}

/** {d2, logDet} of two estimates at one moment; null where their covariances have no factor. */
export function separation(x, P, x2, P2) {
  const S = Float64Array.from(P, (p, k) => p + P2[k]);
  for (let i = 0; i < 3; i++) S[at(i, i)] += REGISTERED_M2;
  const found = factor(S);
  return found && { d2: quadratic(found.L, Float64Array.from(x, (v, i) => v - x2[i])), logDet: log(found.det) };
}

/** Carry x and P, in place, over dt seconds of straight motion with white acceleration of density q. */
export function carry(x, P, q, dt) {
  if (dt === 0) return;
  for (let i = 0; i < 3; i++) x[i] += dt * x[i + 3];
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j <= i; j++) P[at(i, j)] += dt * (P[at(i + 3, j)] + P[at(j + 3, i)] + dt * P[at(i + 3, j + 3)]);
  }
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) P[at(i + 3, j)] += dt * P[at(i + 3, j + 3)];
  }
  for (let i = 0; i < 3; i++) {
    P[at(i, i)] += (q * dt * dt * dt) / 3;
    P[at(i + 3, i)] += (q * dt * dt) / 2;
    P[at(i + 3, i + 3)] += q * dt;
  }
}

/** Whether a covariance is positive definite with room for rounding, as section 5 of the wire asks. */
export function positiveDefinite(A) {
  const L = new Float64Array(21);
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j <= i; j++) {
      let s = A[at(i, j)];
      for (let k = 0; k < j; k++) s -= L[at(i, k)] * L[at(j, k)];
      if (i > j) L[at(i, j)] = s / L[at(j, j)];
      else if (!(s > 1e-14 * A[at(i, i)])) return false;
      else L[at(i, i)] = Math.sqrt(s);
    }
  }
  return true;
}

/** ln x for x > 0, no subnormal. */
export function log(x) {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setFloat64(0, x);
  const e = ((bytes.getUint16(0) >> 4) & 0x7ff) - 1022;
  const m = x / 2 ** e;
  const root = 0.7071067811865476;
  const u = (m - root) / (m + root);
  const u2 = u * u;
  let total = 0;
  for (let k = 23; k > 0; k -= 2) total = total * u2 + 1 / k;
  return 2 * u * total + (e - 0.5) * 0.6931471805599453;
}

/** e^x for x <= 0. */
export function exp(x) {
  if (x < -700) return 0;
  const y = x / 4096;
  let s = 1;
  for (let k = 9; k > 0; k--) s = 1 + (s * y) / k;
  for (let k = 0; k < 12; k++) s *= s;
  return s;
}
