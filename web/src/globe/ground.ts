// The Earth itself: sea with its rim of air, land, borders and a grid, all on the WGS-84 ellipsoid.
import {
  BackSide, BufferAttribute, BufferGeometry, Color, FrontSide, GLSL3, Group, LineSegments, Mesh,
  RawShaderMaterial, SphereGeometry, type IUniform,
} from "three";
import { A_M, B_M } from "../geo/ellipsoid.ts";
import type { World } from "../geo/world.ts";
import type { Palette } from "./palette.ts";
import { HORIZON, SCALE } from "./shaders.ts";

const VERTEX = /* glsl */ `
precision highp float;
in vec3 position;
uniform mat4 modelMatrix, viewMatrix, projectionMatrix;
out vec3 world;
void main() {
  vec4 p = modelMatrix * vec4(position, 1.0);
  world = p.xyz;
  gl_Position = projectionMatrix * viewMatrix * p;
}`;

/** `shade` darkens towards the rim, so that the globe reads as a body. */
const SURFACE = /* glsl */ `
precision highp float;
in vec3 world;
uniform vec3 colour, rim, eye;
out vec4 pixel;
void main() {
  float facing = max(0.0, dot(normalize(world), normalize(eye - world)));
  pixel = vec4(mix(rim, colour, smoothstep(0.0, 0.55, facing)), 1.0);
}`;

const AIR = /* glsl */ `
precision highp float;
in vec3 world;
uniform vec3 colour, eye;
uniform float strength;
out vec4 pixel;
void main() {
  vec3 ray = normalize(world - eye);
  // From within the air, looking up, the nearest point of the ray is the eye itself.
  float nearest = dot(ray, eye) < 0.0 ? length(cross(ray, eye)) : length(eye);
  float above = (nearest - 6.378) / 0.36;
  float glow = exp(-5.5 * max(above, 0.0)) * smoothstep(1.0, 0.55, above);
  pixel = vec4(colour, glow * strength);
}`;

const LINE = /* glsl */ `
precision highp float;
in vec3 world;
uniform vec3 colour;
uniform float strength;
out vec4 pixel;
${HORIZON}
void main() {
  if (hidden(world * 1.001)) discard;
  pixel = vec4(colour, strength);
}`;

type Uniforms = Record<string, IUniform>;

/** All are drawn as if transparent: three.js then keeps the order that is asked for. */
function material(fragmentShader: string, uniforms: Uniforms): RawShaderMaterial {
  return new RawShaderMaterial({
    glslVersion: GLSL3,
    vertexShader: VERTEX,
    fragmentShader,
    uniforms,
    transparent: true,
    depthTest: false,
    depthWrite: false,
    side: FrontSide,
  });
}

export class Ground {
  readonly group = new Group();
  private readonly sea: Uniforms;
  private readonly land: Uniforms;
  private readonly air: Uniforms;
  private readonly border: Uniforms;
  private readonly coast: Uniforms;
  private readonly grid: Uniforms;

  constructor(world: World, eye: IUniform) {
    const colour = () => ({ value: new Color() });
    this.sea = { eye, colour: colour(), rim: colour() };
    this.land = { eye, colour: colour(), rim: colour() };
    this.air = { eye, colour: colour(), strength: { value: 1 } };
    this.border = { eye, colour: colour(), strength: { value: 1 } };
    this.coast = { eye, colour: colour(), strength: { value: 1 } };
    this.grid = { eye, colour: colour(), strength: { value: 1 } };

    const sphere = new SphereGeometry(1, 144, 96);
    sphere.rotateX(Math.PI / 2);
    const air = new Mesh(sphere, material(AIR, this.air));
    air.scale.set(6.74, 6.74, 6.74);
    (air.material as RawShaderMaterial).side = BackSide;
    const sea = new Mesh(sphere, material(SURFACE, this.sea));
    sea.scale.set(A_M * SCALE, A_M * SCALE, B_M * SCALE);
    const land = new Mesh(indexed(world.triangles, world.positions), material(SURFACE, this.land));
    const layers = [
      air,
      sea,
      new LineSegments(plain(world.graticule), material(LINE, this.grid)),
      land,
      new LineSegments(plain(world.coasts), material(LINE, this.coast)),
      new LineSegments(plain(world.borders), material(LINE, this.border)),
    ];
    layers.forEach((layer, i) => {
      layer.renderOrder = i;
      layer.frustumCulled = false;
      this.group.add(layer);
    });
  }

  paint(palette: Palette): void {
    const set = (uniforms: Uniforms, name: string, colour: string) =>
      (uniforms[name]!.value as Color).set(colour).convertLinearToSRGB();
    set(this.sea, "colour", palette.sea);
    set(this.sea, "rim", palette.seaRim);
    set(this.land, "colour", palette.land);
    set(this.land, "rim", palette.landRim);
    set(this.air, "colour", palette.air);
    set(this.coast, "colour", palette.coast);
    set(this.border, "colour", palette.border);
    set(this.grid, "colour", palette.grid);
    this.air["strength"]!.value = palette.airStrength;
    this.grid["strength"]!.value = palette.gridStrength;
  }
}

function plain(positions: Float32Array): BufferGeometry {
  return new BufferGeometry().setAttribute("position", new BufferAttribute(positions, 3));
}

function indexed(triangles: Uint32Array, positions: Float32Array): BufferGeometry {
  return plain(positions).setIndex(new BufferAttribute(triangles, 1));
}
