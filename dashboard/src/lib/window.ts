/** Which rows of a long list are in sight. Pure. */

export interface Slice {
  first: number;
  /** One past the last. */
  end: number;
}

/** The rows to draw: those in sight and `spare` more at either side. */
export function slice(count: number, rowHeight: number, top: number, height: number, spare = 8): Slice {
  const first = Math.max(0, Math.floor(top / rowHeight) - spare);
  const end = Math.min(count, Math.ceil((top + height) / rowHeight) + spare);
  return { first: Math.min(first, end), end };
}
