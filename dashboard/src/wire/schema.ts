/** Where a payload breaks the standard's JSON schema. Pure; `schema.worker.ts` runs it. */
import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';

export interface SchemaMark {
  /** JSON pointer: `/idTag`, `/meterValue/0/timestamp`; empty for the payload itself. */
  path: string;
  message: string;
}

const MOST = 50;

/** A validator of one schema. */
export function validatorOf(schema: Record<string, unknown>): (payload: unknown) => SchemaMark[] {
  const isDraft4 = String(schema['$schema'] ?? '').includes('draft-04');
  const validator = new Validator(schema as Schema, isDraft4 ? '4' : '7', false);
  return (payload) => marksOf(validator.validate(payload).errors, payload);
}

/** The errors that a person can act on: those of the values, not of the schemas around them. */
function marksOf(errors: readonly OutputUnit[], payload: unknown): SchemaMark[] {
  const marks = new Map<string, SchemaMark>();
  for (const error of errors) {
    const message = wordsOf(error, payload);
    if (message === null) continue;
    const path = error.instanceLocation.replace(/^#/, '');
    marks.set(`${path} ${message}`, { path, message });
    if (marks.size >= MOST) break;
  }
  return [...marks.values()];
}

const quoted = (text: string): string | undefined => /"([^"]*)"/.exec(text)?.[1];
const TYPES: Record<string, string> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
};

function wordsOf(error: OutputUnit, payload: unknown): string | null {
  const value = valueAt(payload, error.instanceLocation);
  switch (error.keyword) {
    case 'required':
      return `${quoted(error.error)} is missing.`;
    case 'false':
      return 'The standard has no such field here.';
    case 'type': {
      const wanted = [...error.error.matchAll(/"([^"]*)"/g)].slice(1).map(([, type = '']) => type);
      return `Must be ${wanted.map((type) => TYPES[type] ?? type).join(' or ')}.`;
    }
    case 'enum': {
      const allowed = error.error.replace(/^.*any of \[/, '').replace(/\]\.$/, '');
      const all = [...allowed.matchAll(/"([^"]*)"/g)].map(([, one = '']) => one);
      const shown = all.length > 12 ? `${all.slice(0, 12).join(', ')}, …` : all.join(', ');
      return `Must be one of ${shown || allowed}.`;
    }
    case 'maxLength':
      return `Too long: ${[...String(value)].length} characters, at most ${limitOf(error)} are allowed.`;
    case 'minLength':
      return `Too short: at least ${limitOf(error)} characters are needed.`;
    case 'maxItems':
    case 'minItems':
      return `${error.keyword === 'maxItems' ? 'At most' : 'At least'} ${limitOf(error)} entries are allowed.`;
    case 'minimum':
    case 'exclusiveMinimum':
      return `Too small: ${limitOf(error)} is the least.`;
    case 'maximum':
    case 'exclusiveMaximum':
      return `Too large: ${limitOf(error)} is the most.`;
    case 'multipleOf':
      return `Must be a multiple of ${limitOf(error)}.`;
    case 'format':
      return `Is no ${quoted(error.error) ?? 'valid value'}.`;
    case 'pattern':
    case 'const':
    case 'uniqueItems':
    case 'not':
      return error.error.replace(/^(Instance|String|Items of array) /, 'It ');
    default:
      return null; // "properties", "items", "$ref": what is inside is told itself
  }
}

/** The number that a message such as "(21 > 20)" or "has fewer than 1" names. */
function limitOf(error: OutputUnit): string {
  const all = [...error.error.matchAll(/-?\d+(?:\.\d+)?/g)].map(([text]) => text);
  return all.at(-1) ?? '';
}

/** The value at a JSON pointer (with or without the `#` before it). */
export function valueAt(root: unknown, pointer: string): unknown {
  let at = root;
  for (const part of pointer.replace(/^#/, '').split('/').slice(1)) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string, unknown>)[unescaped(part)];
  }
  return at;
}

function unescaped(part: string): string {
  return decodeURI(part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The part of a pointer for one step. */
export function step(path: string, name: string | number): string {
  const escaped = encodeURI(String(name).replaceAll('~', '~0').replaceAll('/', '~1'));
  return `${path}/${escaped.replaceAll('#', '%23')}`;
}
