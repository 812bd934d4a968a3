// Every symbol in one draw call: a square of constant size on the screen at each track's true position.
import {
  DynamicDrawUsage, GLSL3, InstancedBufferAttribute, InstancedBufferGeometry, BufferAttribute, Mesh,
  RawShaderMaterial, type IUniform, type Vector2,
} from "three";
import type { Vec3 } from "../geo/ellipsoid.ts";
import type { Atlas } from "./atlas.ts";
import { HORIZON, SCALE } from "./shaders.ts";

const VERTEX = /* glsl */ `
precision highp float;
in vec2 corner;
in vec3 position;
in vec4 source, box, tint;
uniform mat4 viewMatrix, projectionMatrix;
uniform vec2 viewport;
out vec2 uv;
out vec4 colour;
${HORIZON}
void main() {
  colour = tint;
  uv = source.xy + corner * source.zw;
  vec4 p = projectionMatrix * viewMatrix * vec4(position, 1.0);
  vec2 pixels = box.xy + corner * box.zw;
  p.xy += vec2(pixels.x, -pixels.y) * 2.0 / viewport * p.w;
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
  pixel = vec4(t.rgb * colour.rgb, t.a) * colour.a;
}`;

export interface Mark {
  position: Vec3;
  code: string;
  colour: readonly [number, number, number];
  alpha: number;
  /** Pixels that the symbol's frame takes on the screen. */
  size: number;
}

export class Symbols {
  readonly mesh: Mesh<InstancedBufferGeometry, RawShaderMaterial>;
  private capacity = 0;
  private readonly atlas: Atlas;

  constructor(atlas: Atlas, eye: IUniform, viewport: IUniform<Vector2>) {
    this.atlas = atlas;
    const geometry = new InstancedBufferGeometry();
    const corners = new Float32Array([0, 0, 1, 0, 1, 1, 0, 1]);
    geometry.setAttribute("corner", new BufferAttribute(corners, 2));
    geometry.setIndex([0, 2, 1, 0, 3, 2]);
    geometry.instanceCount = 0;
    const material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      uniforms: { eye, viewport, atlas: { value: atlas.texture } },
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
    const source = geometry.getAttribute("source") as InstancedBufferAttribute;
    const box = geometry.getAttribute("box") as InstancedBufferAttribute;
    const tint = geometry.getAttribute("tint") as InstancedBufferAttribute;
    marks.forEach((mark, i) => {
      const [x, y, z] = mark.position;
      position.setXYZ(i, x * SCALE, y * SCALE, z * SCALE);
      const { texture, screen } = this.atlas.box(mark.code);
      source.setXYZW(i, ...texture);
      box.setXYZW(i, screen[0] * mark.size, screen[1] * mark.size, screen[2] * mark.size, screen[3] * mark.size);
      tint.setXYZW(i, ...mark.colour, mark.alpha);
    });
    for (const attribute of [position, source, box, tint]) attribute.needsUpdate = true;
  }

  private grow(wanted: number): void {
    this.mesh.geometry.dispose();
    this.capacity = Math.max(64, 2 ** Math.ceil(Math.log2(wanted)));
    for (const [name, width] of [["position", 3], ["source", 4], ["box", 4], ["tint", 4]] as const) {
      const data = new InstancedBufferAttribute(new Float32Array(this.capacity * width), width);
      this.mesh.geometry.setAttribute(name, data.setUsage(DynamicDrawUsage));
    }
  }
}
