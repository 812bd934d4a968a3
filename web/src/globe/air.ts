// The rim of air: a ring just outside the Earth's outline as seen from the eye, and nothing where the
// Earth itself is drawn.
import { BufferAttribute, BufferGeometry, Color, DoubleSide, GLSL3, Mesh, RawShaderMaterial, Vector3, type IUniform } from "three";
import type { Palette } from "./palette.ts";

const EARTH_MM = 6.357;
const TOP_MM = 6.74;
const AROUND = 96;
const ACROSS = 6;

const VERTEX = /* glsl */ `
precision highp float;
in vec3 position;
uniform mat4 viewMatrix, projectionMatrix;
uniform vec3 eye;
out vec3 ray;
void main() {
  ray = position;
  gl_Position = projectionMatrix * viewMatrix * vec4(eye + position, 1.0);
}`;

const FRAGMENT = /* glsl */ `
precision highp float;
in vec3 ray;
uniform vec3 colour, eye;
uniform float strength;
out vec4 pixel;
void main() {
  vec3 r = normalize(ray);
  // From within the air, looking up, the nearest point of the ray is the eye itself.
  float nearest = dot(r, eye) < 0.0 ? length(cross(r, eye)) : length(eye);
  float above = (nearest - 6.378) / 0.36;
  pixel = vec4(colour, exp(-5.5 * max(above, 0.0)) * smoothstep(1.0, 0.55, above) * strength);
}`;

export class Air {
  readonly object: Mesh<BufferGeometry, RawShaderMaterial>;
  private readonly eye: IUniform<Vector3>;

  constructor(eye: IUniform<Vector3>) {
    this.eye = eye;
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(3 * AROUND * (ACROSS + 1)), 3));
    const index: number[] = [];
    for (let i = 0; i < AROUND; i++)
      for (let j = 0; j < ACROSS; j++) {
        const a = i * (ACROSS + 1) + j;
        const b = ((i + 1) % AROUND) * (ACROSS + 1) + j;
        index.push(a, b, a + 1, b, b + 1, a + 1);
      }
    geometry.setIndex(index);
    const material = new RawShaderMaterial({
      glslVersion: GLSL3, vertexShader: VERTEX, fragmentShader: FRAGMENT, side: DoubleSide,
      uniforms: { eye, colour: { value: new Color() }, strength: { value: 1 } },
      transparent: true, depthTest: false, depthWrite: false,
    });
    this.object = new Mesh(geometry, material);
    this.object.frustumCulled = false;
    this.object.renderOrder = 0;
  }

  /** Lays the ring around the Earth as the eye sees it now. */
  look(): void {
    const distance = this.eye.value.length();
    const down = this.eye.value.clone().divideScalar(-distance);
    const side = new Vector3(0, 0, 1).cross(down).normalize();
    const across = down.clone().cross(side);
    const inner = Math.asin(Math.min(1, EARTH_MM / distance)) - 0.01;
    const outer = distance > TOP_MM ? Math.asin(TOP_MM / distance) : 0.75 * Math.PI;
    const position = this.object.geometry.getAttribute("position") as BufferAttribute;
    for (let i = 0; i < AROUND; i++) {
      const turn = (2 * Math.PI * i) / AROUND;
      const out = side.clone().multiplyScalar(Math.cos(turn)).addScaledVector(across, Math.sin(turn));
      for (let j = 0; j <= ACROSS; j++) {
        const angle = inner + ((outer - inner) * j) / ACROSS;
        const ray = down.clone().multiplyScalar(Math.cos(angle)).addScaledVector(out, Math.sin(angle));
        position.setXYZ(i * (ACROSS + 1) + j, ray.x, ray.y, ray.z);
      }
    }
    position.needsUpdate = true;
  }

  paint(palette: Palette): void {
    const { colour, strength } = this.object.material.uniforms;
    (colour!.value as Color).set(palette.air).convertLinearToSRGB();
    strength!.value = palette.airStrength;
  }
}
