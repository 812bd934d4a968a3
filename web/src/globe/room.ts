// The part of the screen that no panel covers: labels keep to it, and the view is centred in it.

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface Room {
  /** What covers the globe. */
  covered: Box[];
  /** What is free of it, as one box. */
  free: Box;
  /** How far the middle of the free part lies from the middle of the screen, pixels. */
  offset: { x: number; y: number };
}

const COVERS = "#bar, #foot, #tabs, .panel, .legend";

export function room(width: number, height: number): Room {
  const covered = [...document.querySelectorAll<HTMLElement>(COVERS)]
    .map((element) => element.getBoundingClientRect())
    .filter((r) => r.width > 0 && r.height > 0);
  const sides = covered.filter((r) => r.height > height * 0.3 && r.width < width * 0.6);
  const left = Math.max(0, ...sides.filter((r) => r.right < width / 2).map((r) => r.right));
  const right = Math.min(width, ...sides.filter((r) => r.left > width / 2).map((r) => r.left));
  const wide = covered.filter((r) => r.width > width * 0.8);
  const isAbove = (r: DOMRect) => r.top + r.bottom < height;
  const top = Math.max(0, ...wide.filter(isAbove).map((r) => r.bottom));
  const bottom = Math.min(height, ...wide.filter((r) => !isAbove(r)).map((r) => r.top));
  return { covered, free: { left, top, right, bottom }, offset: { x: (left + right - width) / 2, y: (top + bottom - height) / 2 } };
}
