// A core without sockets: node core.mjs COALITION < messages. See README.md beside it.

import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { Admission, startOf } from "./admission.mjs";
import { blake2b, toBytes, toHex } from "./blake2b.mjs";
import { Beyond } from "./filter.mjs";
import { finality } from "./finality.mjs";
import { inOrder, Picture } from "./picture.mjs";
import { Policy } from "./policy.mjs";

const EVERY_MEMBER = "";

function inputDigest(reports) {
  const sum = new Uint16Array(1024);
  for (const { digest } of reports) {
    const vector = createHash("shake128", { outputLength: 2048 }).update(digest).digest();
    for (let k = 0; k < sum.length; k++) sum[k] += vector.readUInt16LE(2 * k);
  }
  const elements = Buffer.alloc(2048);
  sum.forEach((value, k) => elements.writeUInt16LE(value, 2 * k));
  return toHex(blake2b(Buffer.concat([toBytes(BigInt(reports.length), 8), elements]), 16, "triwatch input"));
}

/** A report's rows by their moments. */
const eventsOf = ({ batch, rows, times }) =>
  times.map((time) => ({
    time,
    node: batch.node_id,
    incarnation: batch.incarnation,
    sequence: batch.sequence,
    stream: batch.stream,
    rows: rows.filter((row) => row.time === time),
  }));

function folded(reports) {
  const picture = new Picture();
  if (reports.some(({ batch }) => batch.sensor_kind.length)) {
    return { picture_digest: null, tracks: null, beyond: "a node that declares its sensors" };
  }
  if (reports.some(({ batch }) => batch.look_time_ns.length || batch.area_number.length)) {
    return { picture_digest: null, tracks: null, beyond: "a node that tells what it searches" };
  }
  if (reports.some(({ batch }) => batch.line_contact.length)) {
    return { picture_digest: null, tracks: null, beyond: "a line of bearing" };
  }
  try {
    for (const event of reports.flatMap(eventsOf).sort(inOrder)) picture.fold(event);
  } catch (error) {
    if (!(error instanceof Beyond)) throw error;
    return { picture_digest: null, tracks: null, beyond: error.message };
  }
  return { picture_digest: picture.digest(), tracks: picture.tracks.length };
}

/** The shared picture of all that was admitted. */
function shared({ policy, reports, words, refused, convicted }) {
  const here = [...reports.values()].flatMap((contents) => [...contents.values()]).filter((r) => r.stream === EVERY_MEMBER);
  const counts = (message) => !convicted.has(startOf(message, ""));
  const folds = here.filter(({ batch, rows }) => rows && counts(batch));
  const newest = folds.flatMap(({ times }) => times).reduce((a, b) => (a > b ? a : b), 0n);

  const nodes = new Map();
  for (const version of policy.versions) {
    for (const [id, streams] of version.streamsOf) {
      const from = version.version === 1 || !version.effective ? 0n : version.effective - 1n;
      if (streams.has(EVERY_MEMBER) && !nodes.has(id)) nodes.set(id, from);
    }
  }
  const starts = (id) => new Set(here.filter(({ batch }) => batch.node_id === id).map(({ batch }) => batch.incarnation));
  const held = (id) => {
    const found = new Map();
    for (const { batch } of here) {
      if (batch.node_id !== id || !counts(batch)) continue;
      found.set(batch.incarnation, (found.get(batch.incarnation) ?? new Set()).add(batch.sequence));
    }
    return found;
  };
  const said = (id) =>
    words.filter((w) => w.stream === EVERY_MEMBER && w.status.node_id === id && counts(w.status)).map((w) => w.status);
  const ends = (id) => {
    const found = new Map();
    for (const start of starts(id)) {
      const fence = policy.fence(id, start, EVERY_MEMBER);
      if (!counts({ node_id: id, incarnation: start })) found.set(start, 0n);
      else if (fence !== null) found.set(start, fence);
    }
    return found;
  };
  const { final, missing } = finality(nodes, held, said, ends, newest);
  return {
    input_digest: inputDigest(folds),
    ...folded(folds),
    time_ns: newest,
    final_time_ns: final,
    folded: folds.length,
    missing,
    refused,
  };
}

const policy = new Policy(process.argv[2]);
const admission = new Admission(policy);
for await (const line of createInterface({ input: process.stdin })) {
  const { topic, body } = JSON.parse(line);
  admission.hear(topic, Buffer.from(body, "hex"));
}
const { reports, words, refused } = admission;
const result = shared({ policy, reports, words, refused, convicted: admission.convicted(EVERY_MEMBER) });
console.log(JSON.stringify(result, (_, value) => (typeof value === "bigint" ? String(value) : value)));
