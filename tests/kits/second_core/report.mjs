// Section 5: a report's rows, and the first rule of content that they break.

import { positiveDefinite } from "./matrices.mjs";

const ROWS_MAX = 20_000;
const TIME_MAX = 2n ** 62n;
const HIGHEST = { environment: 5n, status: 4n, identity: 6n, motion_model: 2n };
const COLUMNS = {
  // name: width, may it be absent, and what stands for it then
  local_number: [1], valid_time_ns: [1], state: [6], covariance: [21], environment: [1], status: [1],
  process_noise: [1, 0], identity: [1, 0n], identity_confidence: [1, 0], motion_model: [1, 0n], quality: [1, 0n],
  parent_local_number: [1, 0n], call_sign: [1, ""], tracklet_sensor: [1, 0n],
};
const SENSORS_MAX = 64;
const REALS = [
  "state", "covariance", "process_noise", "identity_confidence", "tracklet_information", "tracklet_vector", "sensor_position",
  "bias_sigma",
  "line_position", "line_bearing", "line_sigma", "line_sound_speed", "line_reach",
  "look_position", "look_source", "look_probability", "look_range", "look_blind", "look_sector",
  "area_centre", "area_half", "area_prior",
];
const LOOKS_MAX = 4096;
const AREAS_MAX = 64;

export class Refusal extends Error {
  constructor(reason, text) {
    super(text);
    this.reason = reason;
  }
}

const diagonal = (i) => (i * (i + 3)) / 2;
const isFinite = (values) => values.every(Number.isFinite);
const isPlace = (x) => x.every((v) => Math.abs(v) <= 1e8) && x.some((v) => Math.abs(v) >= 1e6);

/** The rows of a TrackBatch. Throws Refusal for "not finite" or "content". */
export function rowsOf(batch) {
  const n = batch.local_number.length;
  const broken = (text) => {
    throw new Refusal(REALS.every((name) => isFinite(batch[name])) ? "content" : "not finite", text);
  };
  if (n > ROWS_MAX) broken(`${n} rows`);
  const column = {};
  for (const [name, [width, absent]] of Object.entries(COLUMNS)) {
    const values = batch[name];
    if (values.length === 0 && absent !== undefined) column[name] = Array(n).fill(absent);
    else if (values.length === n * width) column[name] = values;
    else broken(`column ${name} has ${values.length} values for ${n} rows`);
  }
  const carries = batch.tracklet_information.length > 0 || batch.tracklet_vector.length > 0;
  const told = batch.tracklet_told.length ? batch.tracklet_told : Array(carries ? n : 0).fill(1n);
  const lengths = [batch.tracklet_information.length, batch.tracklet_vector.length, told.length];
  if (carries ? lengths.some((l, i) => l !== n * [21, 6, 1][i]) : told.length) broken("tracklets of another length");

  const sensors = batch.sensor_kind.length;
  const places = batch.sensor_position;
  if (sensors > SENSORS_MAX || places.length !== 3 * sensors) broken("sensors of another length");
  for (let k = 0; k < sensors; k++) if (!isPlace(places.slice(3 * k, 3 * k + 3))) broken(`sensor ${k} is nowhere`);
  if (column.tracklet_sensor.some((k) => k > BigInt(sensors))) broken("a sensor that is not declared");

  const fault = faultOfBiases(batch);
  if (fault) broken(fault);

  const search = faultOfSearch(batch);
  if (search) broken(search);
  const lines = faultOfLines(batch);
  if (lines) broken(lines);

  const declares = batch.sensor_kind.some((kind) => kind >= 1n && kind <= 3n);
  const seen = new Set();
  const rows = [];
  for (let r = 0; r < n; r++) {
    const known = (name) => Number(column[name][r] <= HIGHEST[name] ? column[name][r] : 0n);
    const row = {
      local: column.local_number[r],
      time: column.valid_time_ns[r],
      x: column.state.slice(6 * r, 6 * r + 6),
      P: column.covariance.slice(21 * r, 21 * r + 21),
      environment: known("environment"),
      status: known("status"),
      q: column.process_noise[r],
      identity: known("identity"),
      confidence: column.identity_confidence[r],
      motion: known("motion_model"),
      callSign: column.call_sign[r],
      parent: column.parent_local_number[r],
      tracklet: null,
      declares,
    };
    const wrong = faultOf(row, column.quality[r]);
    if (wrong) broken(`row ${r}: ${wrong}`);
    if (carries) {
      const Y = batch.tracklet_information.slice(21 * r, 21 * r + 21);
      const y = batch.tracklet_vector.slice(6 * r, 6 * r + 6);
      if (!isFinite(Y) || !isFinite(y)) broken(`row ${r}: tracklet`);
      if (told[r]) {
        if (!isSemidefinite(Y)) broken(`row ${r}: tracklet`);
        row.tracklet = { Y, y };
      }
    }
    const name = `${row.local} ${row.time}`;
    if (seen.has(name)) broken(`row ${r}: the local number stands twice at one time`);
    seen.add(name);
    rows.push(row);
  }
  return rows;
}

function faultOf({ local, time, x, P, q, confidence }, quality) {
  const variances = [0, 1, 2, 3, 4, 5].map((i) => P[diagonal(i)]);
  if (time < 1n || time > TIME_MAX) return "time";
  if (!isPlace(x.slice(0, 3)) || !x.slice(3).every((v) => Math.abs(v) <= 2e4)) return "state";
  if (!isFinite(P) || variances.some((v) => v < 1e-9 || v > 1e16)) return "covariance";
  if (!(q >= 0 && q <= 1e6)) return "process noise";
  if (!(confidence >= 0 && confidence <= 1)) return "confidence";
  if (local < 1n || local >= 2n ** 32n) return "local number";
  if (quality > 15n) return "quality";
  return positiveDefinite(P) ? null : "covariance not positive definite";
}

/** The first rule that is broken by what a report's sensors may be off by, or null. */
function faultOfBiases({ sensor_kind, sensor_platform, bias_sensor, bias_kind, bias_sigma }) {
  const [k, b] = [sensor_kind.length, bias_sensor.length];
  if (sensor_platform.length !== 0 && sensor_platform.length !== k) return "platforms";
  if (bias_kind.length !== b || bias_sigma.length !== b) return "biases";
  if (bias_sensor.some((s) => s < 1n || s > BigInt(k))) return "a bias of a sensor that is not declared";
  if (!bias_sigma.every((sigma) => sigma > 0 && sigma <= 1e6)) return "a bias's sigma";
  return new Set(bias_sensor.map((s, i) => `${s} ${bias_kind[i]}`)).size < b ? "a bias twice" : null;
}

/** The first rule that a report's lines of bearing break, or null. */
function faultOfLines(batch) {
  const m = batch.line_contact.length;
  const [places, sigmas] = [batch.line_position, batch.line_sigma];
  if (m > ROWS_MAX) return `${m} lines`;
  if ([batch.line_time_ns, batch.line_bearing, sigmas].some((c) => c.length !== m) || places.length !== 3 * m) return "lines";
  const optional = [batch.line_environment, batch.line_sound_speed, batch.line_reach];
  if (optional.some((c) => c.length !== 0 && c.length !== m)) return "lines";
  const seen = new Set();
  for (let k = 0; k < m; k++) {
    const place = places.slice(3 * k, 3 * k + 3);
    const [sound, reach] = [batch.line_sound_speed[k] ?? 0, batch.line_reach[k] ?? 0];
    const time = batch.line_time_ns[k];
    if (batch.line_contact[k] < 1n || time < 1n || time > TIME_MAX || !isPlace(place)) return `line ${k}`;
    if (!(Math.abs(batch.line_bearing[k]) <= 10) || !(sigmas[k] >= 1e-6 && sigmas[k] <= 3)) return `line ${k}`;
    if (!(sound === 0 || (sound >= 100 && sound <= 1e4)) || !(reach >= 0 && reach <= 1e7)) return `line ${k}`;
    const name = [batch.line_contact[k], time, ...place].join(" ");
    if (seen.has(name)) return `line ${k} stands twice`;
    seen.add(name);
  }
  return null;
}

/** The first rule of looks and areas that is broken, or null. */
function faultOfSearch(batch) {
  const m = batch.look_time_ns.length;
  const a = batch.area_number.length;
  const widths = {
    look_position: 3, look_probability: 1, look_range: 1, look_steepness: 1, look_source: 3, look_blind: 1, look_sector: 2,
  };
  const mayBeAbsent = ["look_source", "look_blind", "look_sector"];
  if (m > LOOKS_MAX || a > AREAS_MAX) return "too many looks or areas";
  for (const [name, width] of Object.entries(widths)) {
    const length = batch[name].length;
    if (length !== m * width && !(length === 0 && mayBeAbsent.includes(name))) return `column ${name}`;
  }
  for (const [name, width] of Object.entries({ area_time_ns: 1, area_until_ns: 1, area_centre: 3, area_half: 2, area_prior: 1 }))
    if (batch[name].length !== a * width) return `column ${name}`;
  const isTime = (t) => t >= 1n && t <= TIME_MAX;
  const within = (values, low, high) => values.every((v) => v >= low && v <= high);
  const places = (values) => Array.from({ length: values.length / 3 }, (_, k) => values.slice(3 * k, 3 * k + 3));
  if (!batch.look_time_ns.every(isTime) || !batch.area_time_ns.every(isTime) || !batch.area_until_ns.every(isTime)) return "time";
  const sources = places(batch.look_source).filter((x) => x.some((v) => v !== 0));
  if (![...places(batch.look_position), ...sources, ...places(batch.area_centre)].every(isPlace)) return "a place";
  if (!within(batch.look_probability, 0, 0.95) || !within(batch.look_range, 1, 1e6)) return "a look";
  if (!within(batch.look_steepness, 1n, 16n) || !within(batch.look_blind, 0, 1e6)) return "a look";
  if (!within(batch.look_sector, 0, 360)) return "a sector";
  if (!within(batch.area_half, 100, 1e5) || !within(batch.area_prior, 0, 1)) return "an area";
  if (batch.area_until_ns.some((until, k) => until <= batch.area_time_ns[k])) return "an area's times";
  if (batch.area_number.some((k) => k < 1n) || new Set(batch.area_number).size < a) return "an area's number";
  return null;
}

function isSemidefinite(Y) {
  const raised = [...Y];
  for (let i = 0; i < 6; i++) {
    const value = Y[diagonal(i)];
    if (value < 0 || value > 1e9) return false;
    raised[diagonal(i)] += 1e-9 * value + 1e-300;
  }
  return positiveDefinite(raised);
}
