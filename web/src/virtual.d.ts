declare module "virtual:world" {
  /** Address of the packed land and borders. */
  const address: string;
  export default address;
}

declare module "virtual:symbols" {
  export interface Drawing {
    svg: string;
    /** Pixel of the drawing that lies on the position. */
    anchor: [number, number];
    size: [number, number];
  }
  /** Drawings by MIL-STD-2525D code. */
  const drawings: Record<string, Drawing>;
  export default drawings;
}
