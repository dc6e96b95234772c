/** Rectangles into pixels. Twenty thousand small ones cost a canvas tens of milliseconds, and a loop
 *  over its pixels two. Pure. */
export class Raster {
  readonly pixels: Uint32Array<ArrayBuffer>;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.pixels = new Uint32Array(width * height);
  }

  /** All of it. */
  clear(colour: number): void {
    this.pixels.fill(colour);
  }

  /** From a corner up to another one, which does not belong to it; what is outside is left out. */
  fill(x0: number, y0: number, x1: number, y1: number, colour: number): void {
    const { width, height, pixels } = this;
    const left = x0 < 0 ? 0 : x0;
    const right = x1 > width ? width : x1;
    const bottom = y1 > height ? height : y1;
    if (right <= left) return;
    for (let y = y0 < 0 ? 0 : y0; y < bottom; y += 1) {
      const line = y * width;
      for (let at = line + left; at < line + right; at += 1) pixels[at] = colour;
    }
  }
}

/** `#rrggbb` as the number that stands for it in an image's pixels (little-endian ABGR). */
export function pixel(hex: string): number {
  const value = Number.parseInt(hex.slice(1), 16);
  return (0xff000000 | ((value & 0xff) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}
