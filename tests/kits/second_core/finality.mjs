// Section 7: how far every node has spoken for time, and what of it is missing, in the streams of every member.

const LEAVING = 2n;
const least = (values) => values.reduce((a, b) => (a < b ? a : b));
const most = (values) => values.reduce((a, b) => (a > b ? a : b), 0n);

/** One start of a node: {watermark, open, missing}. `held` are sequences, `words` its heartbeats, `ends` what ended it. */
function life(held, words, ends, from) {
  let contiguous = 0n;
  while (held.has(contiguous + 1n)) contiguous++;
  const marks = words.flatMap((status) => status.punctuation);
  const reached = marks.filter((mark) => mark.last_sequence <= contiguous).map((mark) => mark.low_watermark_ns);
  const newest = words.toSorted((a, b) => (a.time_ns < b.time_ns ? -1 : 1)).at(-1);
  const announced = most([...held, ...(newest?.punctuation ?? []).map((mark) => mark.last_sequence)]);
  const end = ends.length ? least(ends) : null;
  const known = [...held].filter((sequence) => end === null || sequence <= end).length;
  return {
    watermark: most([from, ...reached]),
    open: end === null || contiguous < end,
    missing: Math.max(0, Number(end ?? announced) - known),
  };
}

/** {final, missing} of nodes {id: from}; `held(id)` are sequences by start, `words(id)` heartbeats, both of what
 * counts; `ends(id)` are further ends by start, of fences and of starts that count for nothing. `newest` is the newest
 * valid time. */
export function finality(nodes, held, words, ends, newest) {
  const waits = [];
  let missing = 0;
  for (const [id, from] of nodes) {
    const said = words(id);
    const ended = new Map([...ends(id)].map(([start, last]) => [start, [last]]));
    const end = (start, last) => ended.set(start, [...(ended.get(start) ?? []), last]);
    const starts = new Set([...held(id).keys(), ...said.map((status) => status.incarnation), ...ended.keys()]);
    for (const status of said) {
      for (const mark of status.punctuation) if (status.state === LEAVING) end(status.incarnation, mark.last_sequence);
      if (!status.previous_incarnation) continue;
      const named = new Map(status.earlier.map((one) => [one.incarnation, one.last_sequence]));
      named.set(status.previous_incarnation, status.previous_last_sequence);
      for (const [start, last] of named) {
        starts.add(start);
        end(start, last);
      }
      const first = least([...named.keys()]);
      for (const start of starts) {
        if (start > first && start < status.incarnation && !named.has(start)) end(start, 0n);
      }
    }
    if (!starts.size) waits.push(from);
    for (const start of starts) {
      const own = said.filter((status) => status.incarnation === start);
      const found = life(held(id).get(start) ?? new Set(), own, ended.get(start) ?? [], from);
      missing += found.missing;
      if (found.open) waits.push(found.watermark);
    }
  }
  return { final: waits.length ? least(waits) : newest, missing };
}
