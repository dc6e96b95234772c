/** Queries of addresses, and patterns of paths. Pure. */

export type Changes = Record<string, string | number | boolean | readonly string[] | null | undefined>;

/** `params` with `changes`; null, undefined, '', false and [] take a name away. */
export function changed(params: URLSearchParams, changes: Changes): URLSearchParams {
  const result = new URLSearchParams(params);
  for (const [name, value] of Object.entries(changes)) {
    result.delete(name);
    if (value === null || value === undefined || value === '' || value === false) continue;
    const all = typeof value === 'object' ? value : [String(value)];
    for (const one of all) result.append(name, one);
  }
  return result;
}

/** The parameters of `path` if it has the form of `pattern` (`/locations/:id`), else null. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':')) {
      if (!value) return null;
      params[part.slice(1)] = value;
    } else if (part !== value) return null;
  }
  return params;
}
