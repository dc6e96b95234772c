/** Requests to the gateway, with the user's token, for the organization that is chosen. */
import { ApiError, errorOf } from './errors';
import { type Changes, changed } from './query';
import { session, signOut } from './session.svelte';
import { whyRefused } from './tokens';
import type { Me, Page } from './types';

const DEADLINE_MS = 30_000;

interface Options {
  query?: Changes;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** For an administrator's route, which is nobody's organization. */
  withoutOrganization?: boolean;
}

/** The headers that every request carries. */
export function authorization(withoutOrganization = false): Record<string, string> {
  const headers: Record<string, string> = { Authorization: `Bearer ${session.token ?? ''}` };
  if (session.isAdmin && session.organization !== null && !withoutOrganization) {
    headers['X-Organization-Id'] = session.organization;
  }
  return headers;
}

/** Says that the gateway does not take the token any more, and goes back to the sign-in page. */
export function refused(error: ApiError): void {
  if (session.token !== null) signOut(whyRefused(session.token, error, Date.now()));
}

async function send<T>(method: string, path: string, options: Options): Promise<T> {
  const headers = { ...authorization(options.withoutOrganization), ...options.headers };
  const response = await request(method, path, options, headers);
  if (response.status === 401) {
    const error = await failure(response);
    refused(error);
    throw error;
  }
  if (!response.ok) throw await failure(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function request(
  method: string,
  path: string,
  options: Options,
  headers: Record<string, string>,
): Promise<Response> {
  const text = changed(new URLSearchParams(), options.query ?? {}).toString();
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const init: RequestInit = {
    method,
    headers,
    signal: options.signal ? AbortSignal.any([options.signal, deadline]) : deadline,
  };
  if (options.body !== undefined) {
    init.body = JSON.stringify(options.body);
    headers['Content-Type'] = 'application/json';
  }
  try {
    return await fetch(path + (text ? `?${text}` : ''), init);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    const late = deadline.aborted ? ` within ${DEADLINE_MS / 1000} s` : '';
    throw new ApiError(0, 'unreachable', `The gateway did not answer${late}.`);
  }
}

async function failure(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  return errorOf(response.status, body, response.headers.get('Retry-After'));
}

/** `api.get<Charger>('/ocpp/chargers/abc')`. Throws `ApiError`; `words(error)` says it to a person. */
export const api = {
  get: <T>(path: string, options: Options = {}) => send<T>('GET', path, options),
  post: <T>(path: string, body: unknown = {}, options: Options = {}) =>
    send<T>('POST', path, { ...options, body }),
  put: <T>(path: string, body: unknown, options: Options = {}) =>
    send<T>('PUT', path, { ...options, body }),
  delete: <T>(path: string, options: Options = {}) => send<T>('DELETE', path, options),

  /** Every page of a list, one after the other. */
  async all<T>(path: string, query: Changes = {}, options: Options = {}): Promise<T[]> {
    const found: T[] = [];
    for (let page = 1; ; page += 1) {
      const next = await send<Page<T>>('GET', path, {
        ...options,
        query: { ...query, page, limit: 100 },
      });
      found.push(...next.data);
      if (next.data.length === 0 || found.length >= next.total) return found;
    }
  },
};

/** Whose token this is. Throws `ApiError` if the gateway does not take it. */
export async function whoIs(token: string): Promise<Me> {
  const response = await request('GET', '/me', {}, { Authorization: `Bearer ${token}` });
  if (!response.ok) throw await failure(response);
  return (await response.json()) as Me;
}
