// Bytes of the wire to plain objects: protobuf's encoding and the tables of section 5 and 7, no generated code.

const TABLES = {
  Envelope: { 1: ["key_id", "string"], 2: ["signature", "bytes"], 3: ["payload", "bytes"] },
  TrackBatch: {
    1: ["node_id", "string"], 2: ["nation", "string"], 3: ["incarnation", "varint"], 4: ["sequence", "varint"],
    5: ["stream", "string"], 6: ["sent_time_ns", "fixed64"], 16: ["local_number", "varint*"],
    17: ["valid_time_ns", "fixed64*"], 18: ["state", "double*"], 19: ["covariance", "double*"],
    20: ["environment", "varint*"], 21: ["status", "varint*"], 22: ["process_noise", "double*"],
    23: ["identity", "varint*"], 24: ["identity_confidence", "double*"], 25: ["motion_model", "varint*"],
    26: ["call_sign", "string*"], 27: ["quality", "varint*"], 28: ["parent_local_number", "varint*"],
    29: ["tracklet_information", "double*"], 30: ["tracklet_vector", "double*"], 31: ["tracklet_told", "varint*"],
    32: ["sensor_kind", "varint*"], 33: ["sensor_position", "double*"], 34: ["tracklet_sensor", "varint*"],
    35: ["line_contact", "varint*"], 36: ["line_time_ns", "fixed64*"], 37: ["line_position", "double*"],
    38: ["line_bearing", "double*"], 39: ["line_sigma", "double*"], 40: ["line_environment", "varint*"],
    41: ["line_sound_speed", "double*"], 42: ["line_reach", "double*"],
    43: ["sensor_platform", "varint*"], 44: ["bias_sensor", "varint*"], 45: ["bias_kind", "varint*"], 46: ["bias_sigma", "double*"],
    50: ["look_time_ns", "fixed64*"], 51: ["look_position", "double*"], 52: ["look_source", "double*"],
    53: ["look_probability", "double*"], 54: ["look_range", "double*"], 55: ["look_steepness", "varint*"],
    56: ["look_blind", "double*"], 57: ["look_sector", "double*"],
    60: ["area_number", "varint*"], 61: ["area_time_ns", "fixed64*"], 62: ["area_until_ns", "fixed64*"],
    63: ["area_centre", "double*"], 64: ["area_half", "double*"], 65: ["area_prior", "double*"],
  },
  NodeStatus: {
    1: ["node_id", "string"], 2: ["nation", "string"], 3: ["incarnation", "varint"], 4: ["state", "varint"],
    5: ["time_ns", "fixed64"], 6: ["punctuation", "Punctuation*"], 10: ["previous_incarnation", "varint"],
    11: ["previous_last_sequence", "varint"], 12: ["previous_low_watermark_ns", "fixed64"],
    13: ["earlier", "EarlierStart*"],
  },
  Punctuation: { 1: ["stream", "string"], 2: ["last_sequence", "varint"], 3: ["low_watermark_ns", "fixed64"] },
  EarlierStart: { 1: ["incarnation", "varint"], 2: ["last_sequence", "varint"] },
};
const DEFAULTS = { string: "", bytes: new Uint8Array(), varint: 0n, fixed64: 0n };
const WIRE_TYPE = { varint: 0, fixed64: 1, double: 1 };
const text = new TextDecoder("utf-8", { fatal: true });

function varint(data, at) {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (at >= data.length) break;
    const byte = data[at++];
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return [BigInt.asUintN(64, value), at];
  }
  throw new Error("no varint");
}

function scalars(content, kind) {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const values = [];
  if (kind === "varint") {
    for (let at = 0; at < content.length; ) {
      const [value, next] = varint(content, at);
      values.push(value);
      at = next;
    }
    return values;
  }
  if (content.length % 8) throw new Error("a packed column of eights ends within one");
  for (let at = 0; at < content.length; at += 8) {
    values.push(kind === "double" ? view.getFloat64(at, true) : view.getBigUint64(at, true));
  }
  return values;
}

/** A message with every field of its table, defaults filled in; whole numbers are BigInt. Throws where the bytes are none. */
export function read(name, data) {
  const table = TABLES[name];
  const found = {};
  for (const [field, kind] of Object.values(table)) found[field] = kind.endsWith("*") ? [] : DEFAULTS[kind];
  for (let at = 0; at < data.length; ) {
    const [tag, start] = varint(data, at);
    const type = Number(tag & 7n);
    let begin = start;
    if (tag >> 3n === 0n) throw new Error("field 0");
    if (type === 0) at = varint(data, start)[1];
    else if (type === 1) at = start + 8;
    else if (type === 5) at = start + 4;
    else if (type === 2) {
      const [length, behind] = varint(data, start);
      begin = behind;
      at = behind + Number(length);
    } else throw new Error(`wire type ${type}`);
    if (at > data.length) throw new Error("it ends inside a field");
    const [field, kind] = table[Number(tag >> 3n)] ?? [];
    if (field === undefined) continue;
    const base = kind.replace("*", "");
    const content = data.subarray(begin, at);
    if (type !== (WIRE_TYPE[base] ?? 2) && !(type === 2 && kind.endsWith("*"))) continue; // as an unknown field
    let values;
    if (base === "string") values = [text.decode(content)];
    else if (base === "bytes") values = [content];
    else if (base in TABLES) values = [read(base, content)];
    else values = scalars(content, base);
    if (kind.endsWith("*")) for (const value of values) found[field].push(value);
    else found[field] = values.at(-1);
  }
  return found;
}

const NODE = "[A-Za-z0-9][A-Za-z0-9_.-]{0,63}";
const TOPIC = new RegExp(`^(report|status)/((?:[A-Z]{3}(?:-[A-Z]{3})*)?)/(${NODE})$`);

/** What a node publishes under: {kind, stream, node}; null for no such topic. */
export function topicOf(name) {
  const found = TOPIC.exec(name);
  return found && { kind: found[1], stream: found[2], node: found[3] };
}
