/** A payload that the standard allows, made of its schema: something to begin with. Pure. */

type Schema = Record<string, unknown>;

/** What is known of the charger, for fields of these names. */
export type Known = Record<string, unknown>;

const MOST_DEEP = 12;

/** The smallest payload that says something: what must be there, and what is known. */
export function exampleOf(schema: Schema, known: Known): unknown {
  return valueFor(schema, schema, '', known, 0);
}

function valueFor(given: unknown, root: Schema, name: string, known: Known, depth: number): unknown {
  const schema = resolved(given, root);
  if (depth > MOST_DEEP) return null;
  if (schema['type'] === 'object' || schema['properties'] !== undefined) {
    return objectFor(schema, root, known, depth);
  }
  if (schema['type'] === 'array') {
    return [valueFor(schema['items'], root, name, known, depth + 1)];
  }
  const about = known[name];
  const values = schema['enum'];
  if (Array.isArray(values)) {
    return about !== undefined && values.includes(about) ? about : values[0];
  }
  if (about !== undefined && typeof about === jsType(schema['type'])) return shortened(about, schema);
  switch (schema['type']) {
    case 'integer':
    case 'number':
      return Math.max(0, Number(schema['minimum'] ?? 0));
    case 'boolean':
      return false;
    default:
      return textFor(schema, name, known);
  }
}

function objectFor(schema: Schema, root: Schema, known: Known, depth: number): Schema {
  const properties = (schema['properties'] ?? {}) as Record<string, unknown>;
  const required = new Set((schema['required'] ?? []) as string[]);
  const made: Schema = {};
  for (const [key, inner] of Object.entries(properties)) {
    if (required.has(key)) made[key] = valueFor(inner, root, key, known, depth + 1);
  }
  return made;
}

function resolved(given: unknown, root: Schema): Schema {
  const schema = (given ?? {}) as Schema;
  const ref = schema['$ref'];
  if (typeof ref !== 'string') return schema;
  let at: unknown = root;
  for (const part of ref.replace(/^#\/?/, '').split('/')) at = (at as Schema | undefined)?.[part];
  return (at ?? {}) as Schema;
}

function jsType(type: unknown): string {
  return type === 'integer' ? 'number' : String(type);
}

function shortened(value: unknown, schema: Schema): unknown {
  const most = schema['maxLength'];
  return typeof value === 'string' && typeof most === 'number' ? value.slice(0, most) : value;
}

function textFor(schema: Schema, name: string, known: Known): string {
  if (schema['format'] === 'date-time') return String(known['timestamp'] ?? '');
  if (schema['format'] === 'uri') return 'https://example.com/';
  return String(shortened(name, schema));
}
