/** Holds frames against the standard's schemas, beside the page: it never waits for this. */
import { type SchemaMark, validatorOf } from './schema';

export interface SchemaQuestion {
  id: number;
  /** Of the schema. */
  url: string;
  /** The frame, and where in its array the payload stands. */
  text: string;
  at: number;
}

export interface SchemaAnswer {
  id: number;
  /** Null: there is no such schema, so the standard knows no such message. */
  marks: SchemaMark[] | null;
  /** Why nothing can be said, if nothing can. */
  failed: boolean;
}

type Check = (payload: unknown) => SchemaMark[];
const checks = new Map<string, Promise<Check | null>>();

async function load(url: string): Promise<Check | null> {
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`The schema could not be loaded (${response.status}).`);
  return validatorOf((await response.json()) as Record<string, unknown>);
}

function checkOf(url: string): Promise<Check | null> {
  let check = checks.get(url);
  if (!check) {
    check = load(url);
    checks.set(url, check);
    check.catch(() => checks.delete(url)); // tried again with the next message
  }
  return check;
}

async function answer({ id, url, text, at }: SchemaQuestion): Promise<SchemaAnswer> {
  try {
    const check = await checkOf(url);
    const payload: unknown = (JSON.parse(text) as unknown[])[at];
    const marks = check && (payload === undefined ? NOTHING : check(payload));
    return { id, marks, failed: false };
  } catch {
    return { id, marks: [], failed: true };
  }
}

const NOTHING: SchemaMark[] = [{ path: '', message: 'The payload is missing.' }];

self.onmessage = (event: MessageEvent<SchemaQuestion>): void => {
  void answer(event.data).then((said) => self.postMessage(said));
};
