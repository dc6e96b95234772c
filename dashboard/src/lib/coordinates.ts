/** Coordinates as they are typed and pasted. Pure. */

/** Latitude and longitude out of "48.8918, 2.2380", as maps copy them; null if it is not that. */
export function pair(text: string): [string, string] | null {
  const found = /^\s*\(?\s*(-?\d+(?:\.\d+)?)°?\s*[,;\s]\s*(-?\d+(?:\.\d+)?)°?\s*\)?\s*$/.exec(text);
  return found?.[1] !== undefined && found[2] !== undefined ? [found[1], found[2]] : null;
}

/** What is wrong with one of them; `most` is 90 for a latitude, 180 for a longitude. */
export function degreesProblem(text: string, most: 90 | 180): string | null {
  const name = most === 90 ? 'latitude' : 'longitude';
  if (!text.trim()) return `Give the ${name} in degrees.`;
  const value = Number(text);
  if (!Number.isFinite(value)) return `The ${name} is a number of degrees, such as ${most === 90 ? '48.8918' : '2.2380'}.`;
  if (Math.abs(value) > most) return `The ${name} is between -${most} and ${most}.`;
  return null;
}
