/** What can go wrong between us and the gateway, as words. Pure. */

/** A field that the gateway did not like. */
export interface FieldProblem {
  /** Where in the request: `["body", 0, "template", "ws_url"]`. */
  loc: (string | number)[];
  msg: string;
  type: string;
}

/** An answer that is not what was asked for. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    /** 0 if there was no answer at all. */
    readonly status: number,
    /** Stable, safe to branch on: `location_not_found`. */
    readonly code: string,
    message: string,
    readonly fields: readonly FieldProblem[] = [],
    /** Seconds that the gateway asks us to wait, or null. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }

  /** What is wrong with one field: `field('ws_url')`; the last part of its place is enough. */
  field(name: string): string | null {
    return this.fields.find((problem) => problem.loc.at(-1) === name)?.msg ?? null;
  }
}

/** The error that an answer of the gateway stands for. */
export function errorOf(status: number, body: unknown, retryAfter: string | null): ApiError {
  const said = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const code = typeof said['code'] === 'string' ? said['code'] : `http_${status}`;
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  const wait = Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
  const detail = said['detail'];
  if (Array.isArray(detail)) {
    const fields = detail as FieldProblem[];
    const message = fields.map((field) => `${place(field.loc)}: ${field.msg}`).join(' ');
    return new ApiError(status, code, message || 'The gateway refused the request.', fields, wait);
  }
  const text = typeof detail === 'string' ? detail : `The gateway answered ${status}.`;
  return new ApiError(status, code, text, [], wait);
}

/** "template, ws_url" for `["body", 0, "template", "ws_url"]`. */
function place(loc: readonly (string | number)[]): string {
  const named = loc.filter((part) => typeof part === 'string' && part !== 'body');
  return named.join(', ') || 'The request';
}

/** One or two sentences for a person, whatever was thrown. */
export function words(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  if (error.status === 0) return 'The gateway does not answer. Is it running?';
  const wait = error.retryAfter === null ? '' : ` Try again in ${error.retryAfter} s.`;
  return error.message + wait;
}
