// Where each track has been. The server sends what was before; the page adds what comes. A trail keeps
// at most LIMIT points: when full, every other point of its older half goes.
import type { Trail } from "../gen/triwatch/v1/page_pb.js";
import type { Vec3 } from "../geo/ellipsoid.ts";
import { ms } from "./time.ts";

export const LIMIT = 240;

export interface Point {
  time: number;
  position: Vec3;
}

export class Trails {
  private readonly trails = new Map<string, Point[]>();

  get(id: string): readonly Point[] {
    return this.trails.get(id) ?? [];
  }

  /** Starts afresh with what the server remembers. */
  reset(sent: Trail[]): void {
    this.trails.clear();
    for (const trail of sent) {
      const p = trail.position;
      this.trails.set(
        trail.number.toString(),
        trail.timeNs.map((t, i) => ({
          time: ms(t),
          position: [p[3 * i]! * 1000, p[3 * i + 1]! * 1000, p[3 * i + 2]! * 1000],
        })),
      );
    }
  }

  add(id: string, time: number, position: Vec3): void {
    let points = this.trails.get(id);
    if (!points) this.trails.set(id, (points = []));
    const last = points.at(-1);
    if (last && time <= last.time) return;
    points.push({ time, position });
    if (points.length > LIMIT) this.trails.set(id, thin(points));
  }

  /** Forgets every track that is not among those given. */
  keep(ids: { has(id: string): boolean }): void {
    for (const id of this.trails.keys()) if (!ids.has(id)) this.trails.delete(id);
  }
}

/** Every other point of the older half goes; the oldest stays. */
export function thin<T>(points: T[]): T[] {
  const half = Math.floor(points.length / 2);
  return points.filter((_, i) => i >= half || i % 2 === 0);
}
