// BLAKE2b after RFC 7693, unkeyed, with a personalisation; of short messages, so that plainness counts.

const MASK = (1n << 64n) - 1n;
const IV = [
  0x6a09e667f3bcc908n, 0xbb67ae8584caa73bn, 0x3c6ef372fe94f82bn, 0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n, 0x9b05688c2b3e6c1fn, 0x1f83d9abfb41bd6bn, 0x5be0cd19137e2179n,
];
const SIGMA = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4], [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13], [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11], [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5], [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];
const COLUMNS = [
  [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
  [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
];

const right = (x, n) => (x >> n) | ((x << (64n - n)) & MASK);

/** The digest of `message`, both as bytes; `person` are at most 16 characters. */
export function blake2b(message, size, person = "") {
  const parameters = new Uint8Array(64);
  parameters[0] = size;
  parameters[2] = parameters[3] = 1;
  parameters.set(new TextEncoder().encode(person), 48);
  const words = new DataView(parameters.buffer);
  const h = IV.map((v, i) => v ^ words.getBigUint64(8 * i, true));
  const blocks = Math.max(1, Math.ceil(message.length / 128));
  for (let at = 0; at < blocks; at++) {
    const part = message.subarray(128 * at, 128 * at + 128);
    const block = new Uint8Array(128);
    block.set(part);
    const m = new DataView(block.buffer);
    const v = [...h, ...IV];
    v[12] ^= BigInt(128 * at + part.length);
    if (at === blocks - 1) v[14] ^= MASK;
    for (let round = 0; round < 12; round++) {
      const order = SIGMA[round % 10];
      COLUMNS.forEach(([a, b, c, d], k) => {
        v[a] = (v[a] + v[b] + m.getBigUint64(8 * order[2 * k], true)) & MASK;
        v[d] = right(v[d] ^ v[a], 32n);
        v[c] = (v[c] + v[d]) & MASK;
        v[b] = right(v[b] ^ v[c], 24n);
        v[a] = (v[a] + v[b] + m.getBigUint64(8 * order[2 * k + 1], true)) & MASK;
        v[d] = right(v[d] ^ v[a], 16n);
        v[c] = (v[c] + v[d]) & MASK;
        v[b] = right(v[b] ^ v[c], 63n);
      });
    }
    for (let i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8];
  }
  const out = new DataView(new ArrayBuffer(64));
  h.forEach((word, i) => out.setBigUint64(8 * i, word, true));
  return new Uint8Array(out.buffer, 0, size);
}

/** Big-endian bytes as a number. */
export const toNumber = (bytes) => bytes.reduce((n, byte) => (n << 8n) | BigInt(byte), 0n);

/** A number as so many big-endian bytes. */
export function toBytes(value, size) {
  const out = new Uint8Array(size);
  for (let i = size - 1; i >= 0; i--, value >>= 8n) out[i] = Number(value & 0xffn);
  return out;
}

/** Bytes as hexadecimal digits. */
export const toHex = (bytes) => Buffer.from(bytes).toString("hex");
