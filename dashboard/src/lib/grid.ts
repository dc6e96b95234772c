/** Where each charger's cell is: sections of locations, each a block of rows of square cells. Pure:
 *  positions are in CSS pixels from the upper left corner of the whole grid. */

export interface Section {
  /** Number of its location in the fleet's table. */
  location: number;
  /** Index, in the order, of its first charger; and how many it has. */
  first: number;
  size: number;
  /** Where its heading begins, and its cells. */
  top: number;
  cells: number;
  bottom: number;
}

export interface Layout {
  /** A cell with its gap, and the cell alone. */
  pitch: number;
  cell: number;
  columns: number;
  width: number;
  height: number;
  sections: readonly Section[];
}

export const PITCHES = [3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28] as const;
const HEADING = 22;
const BELOW = 10;

/** The layout of `order` with cells of that pitch; `locations[row]` is a charger's location. */
export function layOut(
  order: Uint32Array,
  locations: Uint32Array,
  width: number,
  pitch: number,
  headings: boolean,
): Layout {
  const columns = Math.max(1, Math.floor(width / pitch));
  const sections: Section[] = [];
  let top = 0;
  let first = 0;
  while (first < order.length) {
    const location = locations[order[first] ?? 0] ?? 0;
    let end = first + 1;
    while (end < order.length && (!headings || locations[order[end] ?? 0] === location)) end += 1;
    const cells = top + (headings ? HEADING : 0);
    const bottom = cells + Math.ceil((end - first) / columns) * pitch;
    sections.push({ location, first, size: end - first, top, cells, bottom });
    top = bottom + BELOW;
    first = end;
  }
  const cell = pitch - (pitch >= 10 ? 2 : 1);
  return { pitch, cell, columns, width, height: Math.max(0, top - BELOW), sections };
}

/** The largest pitch at which all of it is in sight, or the smallest there is. */
export function fitting(
  order: Uint32Array,
  locations: Uint32Array,
  width: number,
  height: number,
  headings: boolean,
): number {
  let best: number = PITCHES[0];
  for (const pitch of PITCHES) {
    if (pitch > 24) break;
    if (layOut(order, locations, width, pitch, headings).height > height) break;
    best = pitch;
  }
  return best;
}

/** The section that is at a height, or the next one below it; -1 if there is none. */
export function sectionAt(layout: Layout, y: number): number {
  const { sections } = layout;
  let low = 0;
  let high = sections.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sections[middle]?.bottom ?? 0) > y) high = middle;
    else low = middle + 1;
  }
  return low < sections.length ? low : -1;
}

/** The index in the order of the cell at a point; -1 between cells. */
export function indexAt(layout: Layout, x: number, y: number): number {
  const section = layout.sections[sectionAt(layout, y)];
  if (!section || y < section.cells || x < 0) return -1;
  const column = Math.floor(x / layout.pitch);
  if (column >= layout.columns) return -1;
  const at = Math.floor((y - section.cells) / layout.pitch) * layout.columns + column;
  return at < section.size ? section.first + at : -1;
}

/** The upper left corner of the cell of an index. */
export function cellAt(layout: Layout, index: number): { x: number; y: number } {
  const section = layout.sections[sectionOf(layout, index)];
  if (!section) return { x: 0, y: 0 };
  const at = index - section.first;
  return {
    x: (at % layout.columns) * layout.pitch,
    y: section.cells + Math.floor(at / layout.columns) * layout.pitch,
  };
}

/** The section that an index is in; -1 if there is none. */
export function sectionOf(layout: Layout, index: number): number {
  const { sections } = layout;
  let low = 0;
  let high = sections.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const section = sections[middle];
    if (!section) break;
    if (index < section.first) high = middle - 1;
    else if (index >= section.first + section.size) low = middle + 1;
    else return middle;
  }
  return -1;
}

/** The indexes of all cells that a rectangle touches. */
export function indexesIn(layout: Layout, x0: number, y0: number, x1: number, y1: number): number[] {
  const [left, right] = x0 < x1 ? [x0, x1] : [x1, x0];
  const [upper, lower] = y0 < y1 ? [y0, y1] : [y1, y0];
  const { pitch, columns } = layout;
  const from = Math.max(0, Math.floor(left / pitch));
  const to = Math.min(columns - 1, Math.floor(right / pitch));
  const found: number[] = [];
  let number = sectionAt(layout, upper);
  if (number < 0) return found;
  for (; number < layout.sections.length; number += 1) {
    const section = layout.sections[number];
    if (!section || section.cells > lower) break;
    const lines = Math.ceil(section.size / columns);
    const firstLine = Math.max(0, Math.floor((upper - section.cells) / pitch));
    const lastLine = Math.min(lines - 1, Math.floor((lower - section.cells) / pitch));
    for (let line = firstLine; line <= lastLine; line += 1) {
      for (let column = from; column <= to; column += 1) {
        const at = line * columns + column;
        if (at < section.size) found.push(section.first + at);
      }
    }
  }
  return found;
}

/** The index one goes to from another by an arrow key: across sections, keeping the column. */
export function neighbour(layout: Layout, index: number, key: string, total: number): number {
  if (total === 0) return -1;
  if (index < 0) return 0;
  if (key === 'ArrowRight') return Math.min(total - 1, index + 1);
  if (key === 'ArrowLeft') return Math.max(0, index - 1);
  if (key === 'Home') return 0;
  if (key === 'End') return total - 1;
  const { x, y } = cellAt(layout, index);
  const number = sectionOf(layout, index);
  const section = layout.sections[number];
  if (!section) return index;
  if (key === 'ArrowDown') {
    if (index + layout.columns < section.first + section.size) return index + layout.columns;
    if (y + layout.pitch < section.bottom) return section.first + section.size - 1;
    const next = layout.sections[number + 1];
    if (!next) return index;
    return next.first + Math.min(next.size - 1, Math.round(x / layout.pitch));
  }
  if (key !== 'ArrowUp') return index;
  if (index - layout.columns >= section.first) return index - layout.columns;
  const before = layout.sections[number - 1];
  if (!before) return index;
  const lastLine = Math.floor((before.size - 1) / layout.columns) * layout.columns;
  return before.first + Math.min(before.size - 1, lastLine + Math.round(x / layout.pitch));
}
