// A moment of a recording, and its form in the page's address.

export interface Moment {
  /** UTC ms. */
  time: number;
  playing: boolean;
  speed: number;
}

/** "t=2024-06-27T00:02:05.300Z&paused=1": only what differs from playing at its own speed. */
export function momentToFields({ time, playing, speed }: Moment): Record<string, string> {
  return {
    t: new Date(time).toISOString(),
    ...(playing ? {} : { paused: "1" }),
    ...(speed === 1 ? {} : { speed: String(speed) }),
  };
}

/** Undefined where the address names no time that is one. */
export function momentFrom(query: string): Moment | undefined {
  const q = new URLSearchParams(query);
  const time = Date.parse(q.get("t") ?? "");
  if (!Number.isFinite(time)) return undefined;
  return { time, playing: q.get("paused") !== "1", speed: Number(q.get("speed") ?? 1) };
}
