// Every symbol in one draw call: a square of constant size on the screen at each track's true position.
import {
  DynamicDrawUsage, GLSL3, InstancedBufferAttribute, InstancedBufferGeometry, BufferAttribute, Mesh,
  RawShaderMaterial, Vector2, type IUniform,
} from "three";
import type { Vec3 } from "../geo/ellipsoid.ts";
import type { Atlas } from "./atlas.ts";
import { HORIZON, SCALE } from "./shaders.ts";

const VERTEX = /* glsl */ `
precision highp float;
in vec2 corner;
in vec3 position;
in vec2 cell;
in vec4 tint;
in float size;
uniform mat4 viewMatrix, projectionMatrix;
uniform vec2 viewport, cells;
out vec2 uv;
out vec4 colour;
${HORIZON}
void main() {
  colour = tint;
  uv = (cell + corner + 0.5) / cells;
  vec4 p = projectionMatrix * viewMatrix * vec4(position, 1.0);
  p.xy += vec2(corner.x, -corner.y) * size * 2.0 / viewport * p.w;
  gl_Position = hidden(position) ? vec4(2.0, 2.0, 2.0, 1.0) : p;
}`;

const FRAGMENT = /* glsl */ `
precision highp float;
in vec2 uv;
in vec4 colour;
uniform sampler2D atlas;
out vec4 pixel;
void main() {
  vec4 t = texture(atlas, uv);
  if (t.a < 0.02) discard;
  pixel = vec4(t.rgb * colour.rgb, t.a) * colour.a;
}`;

export interface Mark {
  position: Vec3;
  code: string;
  colour: readonly [number, number, number];
  alpha: number;
  /** Pixels that the whole cell takes on the screen. */
  size: number;
}

export class Symbols {
  readonly mesh: Mesh<InstancedBufferGeometry, RawShaderMaterial>;
  private capacity = 0;
  private readonly atlas: Atlas;

  constructor(atlas: Atlas, eye: IUniform, viewport: IUniform<Vector2>) {
    this.atlas = atlas;
    const geometry = new InstancedBufferGeometry();
    const corners = new Float32Array([-0.5, -0.5, 0.5, -0.5, 0.5, 0.5, -0.5, 0.5]);
    geometry.setAttribute("corner", new BufferAttribute(corners, 2));
    geometry.setIndex([0, 2, 1, 0, 3, 2]);
    geometry.instanceCount = 0;
    const material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      uniforms: {
        eye, viewport, atlas: { value: atlas.texture }, cells: { value: new Vector2(atlas.columns, atlas.rows) },
      },
      transparent: true,
      premultipliedAlpha: true,
      depthTest: false,
      depthWrite: false,
    });
    this.mesh = new Mesh(geometry, material);
    this.mesh.frustumCulled = false;
  }

  set(marks: Mark[]): void {
    const geometry = this.mesh.geometry;
    if (marks.length > this.capacity) this.grow(marks.length);
    geometry.instanceCount = marks.length;
    if (!this.capacity) return;
    const position = geometry.getAttribute("position") as InstancedBufferAttribute;
    const cell = geometry.getAttribute("cell") as InstancedBufferAttribute;
    const tint = geometry.getAttribute("tint") as InstancedBufferAttribute;
    const size = geometry.getAttribute("size") as InstancedBufferAttribute;
    marks.forEach((mark, i) => {
      const [x, y, z] = mark.position;
      position.setXYZ(i, x * SCALE, y * SCALE, z * SCALE);
      cell.setXY(i, ...this.atlas.cell(mark.code));
      tint.setXYZW(i, ...mark.colour, mark.alpha);
      size.setX(i, mark.size);
    });
    for (const attribute of [position, cell, tint, size]) attribute.needsUpdate = true;
  }

  private grow(wanted: number): void {
    this.mesh.geometry.dispose();
    this.capacity = Math.max(64, 2 ** Math.ceil(Math.log2(wanted)));
    for (const [name, width] of [["position", 3], ["cell", 2], ["tint", 4], ["size", 1]] as const) {
      const data = new InstancedBufferAttribute(new Float32Array(this.capacity * width), width);
      this.mesh.geometry.setAttribute(name, data.setUsage(DynamicDrawUsage));
    }
  }
}
