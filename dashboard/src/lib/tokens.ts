/** What is wrong with a token, as words. Pure. */
import type { ApiError } from './errors';

/** The claims of a JSON Web Token, unverified: only good for telling its owner what is in it. */
export function claims(token: string): Record<string, unknown> | null {
  const part = token.split('.')[1];
  if (part === undefined || token.split('.').length !== 3) return null;
  try {
    const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    );
    const read: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Why the gateway refused `token`, and what to do about it. */
export function whyRefused(token: string, error: ApiError, now: number): string {
  const said = claims(token);
  if (said === null) {
    return 'This is not a token. One is three parts of letters and digits, with a dot between each.';
  }
  const expires = said['exp'];
  if (typeof expires === 'number' && expires * 1000 <= now) {
    const when = new Date(expires * 1000).toLocaleString();
    return `This token expired on ${when}. Ask for a new one, or make one: voltfleet token create`;
  }
  if (/unknown key|bad_signature/i.test(error.message)) {
    return 'This token was issued by another gateway: its signature is none of this gateway’s keys.';
  }
  return error.message;
}
