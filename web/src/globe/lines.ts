// Lines that change with the picture: thin ones in one draw call, bold ones as ribbons of constant width
// on the screen, and filled areas.
import {
  BufferAttribute, BufferGeometry, DoubleSide, DynamicDrawUsage, GLSL3, InstancedBufferAttribute,
  InstancedBufferGeometry, LineSegments, Mesh, RawShaderMaterial, type IUniform, type Vector2,
} from "three";
import type { Vec3 } from "../geo/ellipsoid.ts";
import { HORIZON, SCALE } from "./shaders.ts";

export type Colour = readonly [number, number, number];

/** Bold lines and areas are few and long: each pixel is asked whether the Earth hides it. */
const EXACT = /* glsl */ `
precision highp float;
in vec3 world;
in vec4 colour;
out vec4 pixel;
${HORIZON}
void main() {
  if (hidden(world)) discard;
  pixel = colour;
}`;

/** Thin lines are many and short: only their ends are asked. */
const ENDS = /* glsl */ `
precision mediump float;
in vec4 colour;
out vec4 pixel;
void main() {
  pixel = colour;
}`;

const THIN_ENDS = /* glsl */ `
precision highp float;
in vec3 position;
in vec4 tint;
uniform mat4 viewMatrix, projectionMatrix;
out vec4 colour;
${HORIZON}
void main() {
  colour = hidden(position) ? vec4(tint.rgb, 0.0) : tint;
  gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0);
}`;

const PLAIN = /* glsl */ `
precision highp float;
in vec3 position;
in vec4 tint;
uniform mat4 viewMatrix, projectionMatrix;
out vec3 world;
out vec4 colour;
void main() {
  world = position;
  colour = tint;
  gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0);
}`;

const BOLD = /* glsl */ `
precision highp float;
in vec2 corner;
in vec3 from, to;
in vec4 tint;
in float width;
uniform mat4 viewMatrix, projectionMatrix;
uniform vec2 viewport;
out vec3 world;
out vec4 colour;
void main() {
  vec4 a = projectionMatrix * viewMatrix * vec4(from, 1.0);
  vec4 b = projectionMatrix * viewMatrix * vec4(to, 1.0);
  colour = a.w < 0.0 || b.w < 0.0 ? vec4(0.0) : tint;
  vec2 along = (b.xy / b.w - a.xy / a.w) * viewport;
  float l = length(along);
  along = l > 0.0 ? along / l : vec2(1.0, 0.0);
  world = mix(from, to, corner.x);
  vec4 p = mix(a, b, corner.x);
  // a line of no length is a square
  vec2 across = vec2(-along.y, along.x) * corner.y + along * (corner.x - 0.5) * (l > 0.0 ? 0.8 : 2.0);
  p.xy += across * width / viewport * p.w;
  gl_Position = p;
}`;

function material(vertexShader: string, fragmentShader: string, uniforms: Record<string, IUniform>): RawShaderMaterial {
  return new RawShaderMaterial({
    glslVersion: GLSL3, vertexShader, fragmentShader, uniforms, transparent: true,
    depthTest: false, depthWrite: false, side: DoubleSide,
  });
}

/** A list of vertices that is written from the start for each picture and grows when it must. */
class Vertices {
  count = 0;
  positions = new Float32Array(3 * 256);
  tints = new Uint8Array(4 * 256);

  add([x, y, z]: Vec3, [r, g, b]: Colour, alpha: number): void {
    if (3 * this.count === this.positions.length) this.grow();
    const { positions, tints } = this;
    const [p, t] = [3 * this.count, 4 * this.count];
    positions[p] = x * SCALE;
    positions[p + 1] = y * SCALE;
    positions[p + 2] = z * SCALE;
    tints[t] = r * 255;
    tints[t + 1] = g * 255;
    tints[t + 2] = b * 255;
    tints[t + 3] = alpha * 255;
    this.count++;
  }

  private grow(): void {
    const [positions, tints] = [this.positions, this.tints];
    this.positions = new Float32Array(2 * positions.length);
    this.tints = new Uint8Array(2 * tints.length);
    this.positions.set(positions);
    this.tints.set(tints);
  }

  /** Puts what was written into the geometry. */
  flush(geometry: BufferGeometry): void {
    const held = geometry.getAttribute("position") as BufferAttribute | undefined;
    if (held?.array === this.positions) {
      held.needsUpdate = true;
      geometry.getAttribute("tint").needsUpdate = true;
    } else {
      geometry.dispose();
      geometry.setAttribute("position", new BufferAttribute(this.positions, 3).setUsage(DynamicDrawUsage));
      geometry.setAttribute("tint", new BufferAttribute(this.tints, 4, true).setUsage(DynamicDrawUsage));
    }
    geometry.setDrawRange(0, this.count);
    this.count = 0;
  }
}

export class ThinLines {
  readonly object: LineSegments;
  private readonly vertices = new Vertices();

  constructor(eye: IUniform) {
    this.object = new LineSegments(new BufferGeometry(), material(THIN_ENDS, ENDS, { eye }));
    this.object.frustumCulled = false;
  }

  segment(a: Vec3, b: Vec3, colour: Colour, alphaA: number, alphaB = alphaA): void {
    this.vertices.add(a, colour, alphaA);
    this.vertices.add(b, colour, alphaB);
  }

  path(points: readonly Vec3[], colour: Colour, alpha: number): void {
    for (let i = 1; i < points.length; i++) this.segment(points[i - 1]!, points[i]!, colour, alpha);
  }

  flush(): void {
    this.vertices.flush(this.object.geometry);
  }
}

export class Areas {
  readonly object: Mesh;
  private readonly vertices = new Vertices();

  constructor(eye: IUniform) {
    this.object = new Mesh(new BufferGeometry(), material(PLAIN, EXACT, { eye }));
    this.object.frustumCulled = false;
  }

  /** A closed outline filled from its centre. */
  fan(centre: Vec3, rim: readonly Vec3[], colour: Colour, alphaCentre: number, alphaRim: number): void {
    for (let i = 1; i < rim.length; i++) {
      this.vertices.add(centre, colour, alphaCentre);
      this.vertices.add(rim[i - 1]!, colour, alphaRim);
      this.vertices.add(rim[i]!, colour, alphaRim);
    }
  }

  triangle(a: Vec3, b: Vec3, c: Vec3, colour: Colour, alpha: number): void {
    for (const corner of [a, b, c]) this.vertices.add(corner, colour, alpha);
  }

  /** Four corners in turn. */
  quad(a: Vec3, b: Vec3, c: Vec3, d: Vec3, colour: Colour, alpha: number): void {
    for (const corner of [a, b, c, a, c, d]) this.vertices.add(corner, colour, alpha);
  }

  flush(): void {
    this.vertices.flush(this.object.geometry);
  }
}

interface Ribbon {
  from: Vec3;
  to: Vec3;
  colour: Colour;
  alpha: number;
  width: number;
}

export class BoldLines {
  readonly object: Mesh<InstancedBufferGeometry, RawShaderMaterial>;
  private ribbons: Ribbon[] = [];
  private capacity = 0;

  constructor(eye: IUniform, viewport: IUniform<Vector2>) {
    const geometry = new InstancedBufferGeometry();
    geometry.setAttribute("corner", new BufferAttribute(new Float32Array([0, -1, 1, -1, 1, 1, 0, 1]), 2));
    geometry.setIndex([0, 1, 2, 0, 2, 3]);
    geometry.instanceCount = 0;
    this.object = new Mesh(geometry, material(BOLD, EXACT, { eye, viewport }));
    this.object.frustumCulled = false;
  }

  /** `dash`: every second segment is left out. */
  path(points: readonly Vec3[], colour: Colour, alpha: number, width: number, dash = false): void {
    for (let i = 1; i < points.length; i += dash ? 2 : 1)
      this.ribbons.push({ from: points[i - 1]!, to: points[i]!, colour, alpha, width });
  }

  flush(): void {
    const geometry = this.object.geometry;
    const { ribbons } = this;
    if (ribbons.length > this.capacity) {
      geometry.dispose();
      this.capacity = Math.max(64, 2 ** Math.ceil(Math.log2(ribbons.length)));
      for (const [name, width] of [["from", 3], ["to", 3], ["tint", 4], ["width", 1]] as const) {
        const data = new InstancedBufferAttribute(new Float32Array(this.capacity * width), width);
        geometry.setAttribute(name, data.setUsage(DynamicDrawUsage));
      }
    }
    geometry.instanceCount = ribbons.length;
    this.ribbons = [];
    if (!this.capacity) return;
    const attribute = (name: string) => geometry.getAttribute(name) as InstancedBufferAttribute;
    ribbons.forEach(({ from, to, colour, alpha, width }, i) => {
      attribute("from").setXYZ(i, from[0] * SCALE, from[1] * SCALE, from[2] * SCALE);
      attribute("to").setXYZ(i, to[0] * SCALE, to[1] * SCALE, to[2] * SCALE);
      attribute("tint").setXYZW(i, ...colour, alpha);
      attribute("width").setX(i, width);
    });
    for (const name of ["from", "to", "tint", "width"]) attribute(name).needsUpdate = true;
  }
}
