import { describe, expect, it } from 'vitest';

import { cellAt, fitting, indexAt, indexesIn, layOut, neighbour } from '../src/lib/grid';

/** Chargers 0 to n-1 at the locations given. */
function laid(sizes: readonly number[], width = 100, pitch = 10) {
  const locations = Uint32Array.from(sizes.flatMap((size, at) => Array<number>(size).fill(at + 1)));
  const order = Uint32Array.from(locations.keys());
  return { order, locations, layout: layOut(order, locations, width, pitch, true) };
}

describe('layOut', () => {
  it('gives every charger a cell of its own, which is found again', () => {
    const { order, layout } = laid([25, 1, 10, 333]);
    const seen = new Set<string>();
    for (const index of order) {
      const { x, y } = cellAt(layout, index);
      seen.add(`${x},${y}`);
      for (const inside of [0, layout.pitch - 0.5]) {
        expect(indexAt(layout, x + inside, y + inside)).toBe(index);
      }
    }
    expect(seen.size).toBe(order.length);
  });

  it('finds nothing beside the cells', () => {
    const { layout } = laid([25, 1]);
    const second = layout.sections[1];
    expect(indexAt(layout, 5, second?.top ?? 0)).toBe(-1); // its heading
    expect(indexAt(layout, 15, (second?.cells ?? 0) + 5)).toBe(-1); // right of its only cell
    expect(indexAt(layout, 5, layout.height + 1)).toBe(-1);
    expect(indexAt(layout, -1, 30)).toBe(-1);
  });

  it('is empty for no chargers', () => {
    const { layout } = laid([]);
    expect(layout.height).toBe(0);
    expect(indexAt(layout, 1, 1)).toBe(-1);
    expect(indexesIn(layout, 0, 0, 9, 9)).toEqual([]);
  });
});

describe('indexesIn', () => {
  it('finds the cells that a rectangle touches, whichever way it was drawn', () => {
    const { layout } = laid([25, 15]);
    const lastLine = cellAt(layout, 20);
    const next = cellAt(layout, 25);
    const expected = [21, 22, 26, 27];
    expect(indexesIn(layout, 12, lastLine.y + 5, 28, next.y + 5)).toEqual(expected);
    expect(indexesIn(layout, 28, next.y + 5, 12, lastLine.y + 5)).toEqual(expected);
  });
});

describe('neighbour', () => {
  it('goes by arrow keys over the ends of lines and locations', () => {
    const { layout } = laid([25, 15]);
    const go = (from: number, key: string): number => neighbour(layout, from, key, 40);
    expect(go(-1, 'ArrowRight')).toBe(0);
    expect(go(9, 'ArrowRight')).toBe(10);
    expect(go(3, 'ArrowDown')).toBe(13);
    expect(go(17, 'ArrowDown')).toBe(24); // the last line is shorter
    expect(go(22, 'ArrowDown')).toBe(27);
    expect(go(27, 'ArrowUp')).toBe(22);
    expect(go(33, 'ArrowUp')).toBe(24);
    expect(go(39, 'ArrowDown')).toBe(39);
    expect(go(39, 'Home')).toBe(0);
    expect(go(0, 'End')).toBe(39);
  });
});

describe('fitting', () => {
  it('is the largest cell at which all is in sight', () => {
    const { order, locations } = laid([20_000]);
    const pitch = fitting(order, locations, 1000, 600, true);
    expect(layOut(order, locations, 1000, pitch, true).height).toBeLessThanOrEqual(600);
    expect(pitch).toBe(5);
    expect(fitting(order, locations, 50, 50, true)).toBe(3);
  });
});
