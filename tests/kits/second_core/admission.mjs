// Sections 3, 4, 6, 7 and 11: what of all that was heard counts. All is judged by the set of what was heard; no order
// of arrival, and no clock, comes in.

import { createHash } from "node:crypto";
import { Refusal, rowsOf } from "./report.mjs";
import { isSigned } from "./policy.mjs";
import { read, topicOf } from "./wire.mjs";

const KINDS = {
  report: { message: "TrackBatch", bytes: 1 << 20 },
  status: { message: "NodeStatus", bytes: 64 << 10 },
};
const SEQUENCE_MAX = 2n ** 53n - 1n;
const INCARNATION_MAX = 2n ** 63n - 1n;

function parsed(name, bytes, reason) {
  try {
    return read(name, bytes);
  } catch (error) {
    throw new Refusal(reason, String(error));
  }
}

/** A life of a node, as far as one stream tells. */
export const startOf = (message, stream) => [message.node_id, message.incarnation, stream].join("\0");

export class Admission {
  reports = new Map(); // by node, incarnation, stream and sequence: reports by the SHA-256 of their payload
  words = []; // heartbeats, {stream, status}
  refused = {};

  constructor(policy) {
    this.policy = policy;
  }

  /** Take one message in, whatever it is. */
  hear(topicName, body) {
    try {
      this.#take(topicName, body);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refused[error.reason] = (this.refused[error.reason] ?? 0) + 1;
    }
  }

  /** The starts of nodes that their own signatures prove liars, in a stream. */
  convicted(stream) {
    const found = new Set();
    for (const contents of this.reports.values()) {
      const [one] = contents.values();
      if (one.stream === stream && contents.size > 1) found.add(startOf(one.batch, ""));
    }
    const marks = new Map();
    for (const { stream: own, status } of this.words) {
      if (own !== stream) continue;
      const start = startOf(status, "");
      marks.set(start, [...(marks.get(start) ?? []), ...status.punctuation]);
    }
    for (const contents of this.reports.values()) {
      for (const { stream: own, batch, rows, times } of contents.values()) {
        if (own !== stream || !rows?.length) continue;
        const said = marks.get(startOf(batch, "")) ?? [];
        const lies = (mark) => batch.sequence > mark.last_sequence && times[0] <= mark.low_watermark_ns;
        if (said.some(lies)) found.add(startOf(batch, ""));
      }
    }
    return found;
  }

  #take(topicName, body) {
    const topic = topicOf(topicName);
    if (!topic) throw new Refusal("topic", topicName);
    const { message: name, bytes } = KINDS[topic.kind];
    if (body.length > bytes) throw new Refusal("oversize", `${body.length} bytes`);
    const envelope = parsed("Envelope", body, "envelope");
    const key = this.#verified(topic, envelope, name);
    const message = parsed(name, envelope.payload, "payload");
    if (message.node_id !== topic.node) throw new Refusal("mismatch", `of ${message.node_id}`);
    const isReport = topic.kind === "report";
    if (message.incarnation > INCARNATION_MAX) throw new Refusal("mismatch", "incarnation");
    const told = isReport ? ["valid", "line", "look", "area"].flatMap((of) => message[`${of}_time_ns`]) : [];
    const times = [...new Set(told)].sort((a, b) => (a < b ? -1 : 1));
    const judged = times.length ? times : [isReport ? message.sent_time_ns : message.time_ns];
    const owner = this.#judged(key, judged.at(-1));
    const streams = isReport ? [message.stream] : message.punctuation.map((mark) => mark.stream);
    if (streams.some((stream) => stream !== topic.stream)) throw new Refusal("mismatch", "of another stream");
    if (isReport) this.#takeReport(topic, message, envelope.payload, times, judged, owner);
    else {
      if (message.nation !== owner) throw new Refusal("mismatch", `of ${message.nation}`);
      this.#member(topic, judged);
      this.words.push({ stream: topic.stream, status: message });
    }
  }

  #takeReport(topic, batch, payload, times, judged, owner) {
    if (batch.incarnation < 1n || batch.sequence < 1n || batch.sequence > SEQUENCE_MAX) throw new Refusal("mismatch", "numbers");
    const key = [batch.node_id, batch.incarnation, topic.stream, batch.sequence].join("\0");
    const digest = createHash("sha256").update(payload).digest();
    const contents = this.reports.get(key) ?? new Map();
    if (contents.has(digest.toString("hex"))) return;
    const report = { stream: topic.stream, batch, digest, times, rows: null };
    contents.set(digest.toString("hex"), report);
    this.reports.set(key, contents); // it has taken its number, whatever is wrong with it
    if (batch.nation !== owner) throw new Refusal("mismatch", `of ${batch.nation}`);
    this.#member(topic, judged);
    const fence = this.policy.fence(topic.node, batch.incarnation, topic.stream);
    if (fence !== null && batch.sequence > fence) throw new Refusal("fenced", `above ${fence}`);
    report.rows = rowsOf(batch);
  }

  #verified(topic, envelope, name) {
    if (!envelope.key_id || !envelope.signature.length) throw new Refusal("unsigned", "");
    const key = this.policy.key(envelope.key_id);
    if (!key || key.use !== "sign") throw new Refusal("unknown key", envelope.key_id);
    if (key.owner !== topic.node) throw new Refusal("foreign key", key.owner);
    const signed = Buffer.concat([Buffer.from(`triwatch.v1.${name}\0`), envelope.payload]);
    if (!isSigned(key.public, envelope.signature, signed)) throw new Refusal("signature", key.id);
    return key.id;
  }

  /** Whose a key was at a time. */
  #judged(keyId, time) {
    const key = this.policy.at(time).keyById.get(keyId);
    if (!key) throw new Refusal("revoked", keyId);
    const over = key.not_after_ns !== undefined && key.not_after_ns !== null && time > BigInt(key.not_after_ns);
    if (time < BigInt(key.not_before_ns ?? 0) || over) throw new Refusal("expired", keyId);
    return key.nation;
  }

  #member(topic, times) {
    const speaks = (time) => this.policy.at(time).streamsOf.get(topic.node)?.has(topic.stream);
    if (!times.every(speaks)) throw new Refusal("membership", `${topic.node} in ${topic.stream}`);
  }
}
