// Times: nanoseconds on the wire, milliseconds UTC in the page.

export const ms = (ns: bigint): number => Number(ns / 1000n) / 1000;
export const ns = (millis: number): bigint => BigInt(Math.round(millis * 1000)) * 1000n;

const two = (n: number): string => String(Math.floor(n)).padStart(2, "0");

/** 14:03:27Z */
export function clock(millis: number): string {
  const d = new Date(millis);
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}Z`;
}

/** 27 Jun 2024 */
export const date = (millis: number): string =>
  new Date(millis).toLocaleDateString("en-GB", {
    day: "numeric", month: "short", year: "numeric", timeZone: "UTC",
  });

/** A span as a person says it: "0.4 s", "12 s", "3:05", "1:02:09"; a sign in front of a negative one. */
export function span(seconds: number): string {
  const sign = seconds < 0 ? "−" : "";
  const s = Math.abs(seconds);
  if (s < 9.95) return `${sign}${s.toFixed(1)} s`;
  if (s < 59.5) return `${sign}${Math.round(s)} s`;
  const whole = Math.round(s);
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours ? `${sign}${hours}:${two(minutes)}:${two(whole % 60)}` : `${sign}${minutes}:${two(whole % 60)}`;
}

/** A countdown, always minutes and seconds: "05:12", "1:05:12". */
export function countdown(seconds: number): string {
  const s = Math.max(0, Math.ceil(seconds));
  const tail = `${two((s / 60) % 60)}:${two(s % 60)}`;
  return s >= 3600 ? `${Math.floor(s / 3600)}:${tail}` : tail;
}
