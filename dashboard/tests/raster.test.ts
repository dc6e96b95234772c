import { describe, expect, it } from 'vitest';

import { pixel, Raster } from '../src/lib/raster';

describe('Raster', () => {
  it('fills rectangles, and nothing beside them or outside', () => {
    const raster = new Raster(4, 3);
    raster.clear(7);
    raster.fill(1, 1, 3, 2, 8);
    raster.fill(3, -5, 99, 1, 9);
    raster.fill(-9, 2, 0, 9, 1);
    expect([...raster.pixels]).toEqual([7, 7, 7, 9, 7, 8, 8, 7, 7, 7, 7, 7]);
  });
});

describe('pixel', () => {
  it('has the bytes in the order of an image', () => {
    expect([...new Uint8Array(Uint32Array.of(pixel('#12ab56')).buffer)]).toEqual([0x12, 0xab, 0x56, 0xff]);
  });
});
