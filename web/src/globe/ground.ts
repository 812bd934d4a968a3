// The Earth itself: sea with its rim of air, land, borders and a grid, all on the WGS-84 ellipsoid. Land
// and lines come in tiles, of which only those in sight are drawn.
import {
  BufferAttribute, BufferGeometry, Color, DoubleSide, FrontSide, GLSL3, Group, LineSegments, Mesh,
  RawShaderMaterial, Sphere, SphereGeometry, Vector3, type IUniform, type Side,
} from "three";
import { A_M, B_M } from "../geo/ellipsoid.ts";
import type { Lines, Tile, World } from "../geo/world.ts";
import { Air } from "./air.ts";
import type { Palette } from "./palette.ts";
import { HORIZON, SCALE } from "./shaders.ts";

/** Darker towards the rim, so that the globe reads as a body. */
const SURFACE_VERTEX = /* glsl */ `
precision highp float;
in vec3 position;
uniform mat4 modelMatrix, viewMatrix, projectionMatrix;
uniform vec3 colour, rim, eye;
out vec3 shade;
void main() {
  vec4 p = modelMatrix * vec4(position, 1.0);
  float facing = max(0.0, dot(normalize(p.xyz), normalize(eye - p.xyz)));
  shade = mix(rim, colour, smoothstep(0.0, 0.55, facing));
  gl_Position = projectionMatrix * viewMatrix * p;
}`;

const SURFACE_FRAGMENT = /* glsl */ `
precision mediump float;
in vec3 shade;
out vec4 pixel;
void main() {
  pixel = vec4(shade, 1.0);
}`;

const LINE_VERTEX = /* glsl */ `
precision highp float;
in vec3 position;
uniform mat4 viewMatrix, projectionMatrix;
uniform float strength;
out float seen;
${HORIZON}
void main() {
  seen = hidden(position * 1.001) ? 0.0 : strength;
  gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0);
}`;

const LINE_FRAGMENT = /* glsl */ `
precision mediump float;
in float seen;
uniform vec3 colour;
out vec4 pixel;
void main() {
  pixel = vec4(colour, seen);
}`;

type Uniforms = Record<string, IUniform>;

/** All are drawn as if transparent: three.js then keeps the order that is asked for. */
function material(vertexShader: string, fragmentShader: string, uniforms: Uniforms, side: Side): RawShaderMaterial {
  return new RawShaderMaterial({
    glslVersion: GLSL3, vertexShader, fragmentShader, uniforms, side,
    transparent: true, depthTest: false, depthWrite: false,
  });
}

export class Ground {
  readonly group = new Group();
  private readonly eye: IUniform<Vector3>;
  private readonly air: Air;
  private readonly sea: Uniforms;
  private readonly land: Uniforms;
  private readonly border: Uniforms;
  private readonly coast: Uniforms;
  private readonly grid: Uniforms;
  private readonly tiles: { object: Mesh | LineSegments; centre: Vector3; radius: number }[] = [];

  constructor(world: World, eye: IUniform<Vector3>) {
    const colour = () => ({ value: new Color() });
    this.eye = eye;
    this.air = new Air(eye);
    this.sea = { eye, colour: colour(), rim: colour() };
    this.land = { eye, colour: colour(), rim: colour() };
    this.border = { eye, colour: colour(), strength: { value: 1 } };
    this.coast = { eye, colour: colour(), strength: { value: 1 } };
    this.grid = { eye, colour: colour(), strength: { value: 1 } };

    const sphere = new SphereGeometry(1, 144, 96);
    sphere.rotateX(Math.PI / 2);
    const sea = new Mesh(sphere, material(SURFACE_VERTEX, SURFACE_FRAGMENT, this.sea, FrontSide));
    sea.scale.set(A_M * SCALE, A_M * SCALE, B_M * SCALE);
    sea.renderOrder = 1;
    this.group.add(this.air.object, sea);
    this.addLines(world.graticule, this.grid, 2);
    this.addLand(world);
    this.addLines(world.coasts, this.coast, 4);
    this.addLines(world.borders, this.border, 5);
  }

  private addLand({ positions, triangles, tiles }: World): void {
    const vertices = new BufferAttribute(positions, 3);
    const index = new BufferAttribute(triangles, 1);
    const surface = material(SURFACE_VERTEX, SURFACE_FRAGMENT, this.land, FrontSide);
    for (const tile of tiles) {
      const geometry = new BufferGeometry().setAttribute("position", vertices).setIndex(index);
      this.add(new Mesh(geometry, surface), tile, 3);
    }
  }

  private addLines({ positions, tiles }: Lines, uniforms: Uniforms, order: number): void {
    const vertices = new BufferAttribute(positions, 3);
    const line = material(LINE_VERTEX, LINE_FRAGMENT, uniforms, DoubleSide);
    for (const tile of tiles) this.add(new LineSegments(new BufferGeometry().setAttribute("position", vertices), line), tile, order);
  }

  private add(object: Mesh | LineSegments, tile: Tile, order: number): void {
    const centre = new Vector3(...tile.centre);
    object.geometry.setDrawRange(tile.start, tile.count);
    object.geometry.boundingSphere = new Sphere(centre, tile.radius);
    object.renderOrder = order;
    this.group.add(object);
    this.tiles.push({ object, centre, radius: tile.radius });
  }

  /** Leaves out the tiles beyond the horizon; three.js leaves out those beside the view. */
  look(): void {
    const eye = this.eye.value;
    const distance = eye.length();
    // What lies lower than this along the line of sight is beyond the horizon of the smallest Earth.
    const plane = (B_M * SCALE) ** 2 / distance;
    for (const { object, centre, radius } of this.tiles)
      object.visible = centre.dot(eye) / distance + radius > plane - 0.02;
    this.air.look();
  }

  paint(palette: Palette): void {
    const set = (uniforms: Uniforms, name: string, colour: string) =>
      (uniforms[name]!.value as Color).set(colour).convertLinearToSRGB();
    set(this.sea, "colour", palette.sea);
    set(this.sea, "rim", palette.seaRim);
    set(this.land, "colour", palette.land);
    set(this.land, "rim", palette.landRim);
    set(this.coast, "colour", palette.coast);
    set(this.border, "colour", palette.border);
    set(this.grid, "colour", palette.grid);
    this.grid["strength"]!.value = palette.gridStrength;
    this.air.paint(palette);
  }
}
