/** The live stream of the gateway, `GET /live`: server-sent events over fetch, which can carry the
 *  user's token. It comes back by itself and goes on where it stopped (Last-Event-ID). */
import { ApiError, errorOf } from './errors';
import { changed } from './query';
import { SseParser, backOffMs } from './sse';

/** `connecting` for the first time; `live`; `waiting` for the next attempt; `paused` because nobody
 *  looks at the tab; `closed` for good. */
export type LiveState = 'connecting' | 'live' | 'waiting' | 'paused' | 'closed';

export interface LiveStatus {
  state: LiveState;
  /** Why it is not live, for a person. */
  reason: string | null;
  /** When the next attempt is due, in ms; null if none is. */
  retryAt: number | null;
}

export interface LiveOptions {
  /** Chargers whose frames are wanted, or `['*']`. */
  frames?: readonly string[];
  /** Whether charger rows, jobs and rates are wanted too. */
  fleet?: boolean;
  /** The headers of a request, asked for anew at every attempt. */
  headers: () => Record<string, string>;
  onEvent: (event: string, data: unknown) => void;
  onStatus?: (status: LiveStatus) => void;
  /** The gateway does not take the token (any more). The stream is closed then. */
  onRefused?: (error: ApiError) => void;
  /** For tests. */
  fetch?: typeof fetch;
}

/** The gateway writes at least every 10 s; three times that, and the line is dead. */
const SILENCE_MS = 30_000;
/** A tab that nobody has looked at for so long lets go of its connection: a browser has only six
 *  of them for all the tabs of a gateway. */
const HIDDEN_MS = 60_000;

export class LiveStream {
  #options: LiveOptions;
  #status: LiveStatus = { state: 'connecting', reason: null, retryAt: null };
  #lastId = '';
  #attempts = 0;
  #retryMs = 500;
  #abort: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hidden: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveOptions) {
    this.#options = options;
    if (typeof document !== 'undefined') {
      document.addEventListener('visibilitychange', this.#onVisibility);
    }
    void this.#run();
  }

  get status(): LiveStatus {
    return this.#status;
  }

  /** Ends it for good. */
  close(): void {
    if (typeof document !== 'undefined') {
      document.removeEventListener('visibilitychange', this.#onVisibility);
    }
    this.#stop();
    this.#tell('closed', null, null);
  }

  /** Tries at once instead of when the next attempt is due. */
  retryNow(): void {
    if (this.#status.state !== 'waiting' && this.#status.state !== 'paused') return;
    clearTimeout(this.#timer);
    void this.#run();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#hidden);
    this.#abort?.abort();
    this.#abort = null;
  }

  #onVisibility = (): void => {
    clearTimeout(this.#hidden);
    if (document.visibilityState === 'hidden') {
      this.#hidden = setTimeout(() => {
        if (this.#status.state === 'closed') return;
        this.#stop();
        this.#tell('paused', 'Paused while the tab is in the background.', null);
      }, HIDDEN_MS);
    } else if (this.#status.state === 'paused' || this.#status.state === 'waiting') {
      this.retryNow();
    }
  };

  #tell(state: LiveState, reason: string | null, retryAt: number | null): void {
    this.#status = { state, reason, retryAt };
    this.#options.onStatus?.(this.#status);
  }

  async #run(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    if (this.#status.state !== 'connecting') this.#tell('connecting', this.#status.reason, null);
    let reason = 'The connection to the gateway was lost.';
    let wait: number | null = null;
    try {
      const response = await this.#open(abort);
      await this.#read(response, abort);
    } catch (error) {
      if (this.#abort !== abort) return; // stopped or replaced by us
      if (error instanceof ApiError) {
        if (error.status === 401) {
          this.close();
          this.#options.onRefused?.(error);
          return;
        }
        reason = error.message;
        wait = error.retryAfter === null ? null : error.retryAfter * 1000;
      }
    } finally {
      abort.abort();
    }
    if (this.#abort !== abort) return;
    this.#attempts += 1;
    wait = Math.max(wait ?? 0, backOffMs(this.#attempts, Math.random(), this.#retryMs));
    this.#timer = setTimeout(() => void this.#run(), wait);
    this.#tell('waiting', reason, Date.now() + wait);
  }

  async #open(abort: AbortController): Promise<Response> {
    const { frames = [], fleet = true, headers } = this.#options;
    const query = changed(new URLSearchParams(), { frames, fleet: String(fleet) });
    const sent = { ...headers(), Accept: 'text/event-stream' };
    const resume: Record<string, string> = this.#lastId ? { 'Last-Event-ID': this.#lastId } : {};
    const silence = setTimeout(() => abort.abort(), SILENCE_MS);
    try {
      const response = await (this.#options.fetch ?? fetch)(`/live?${query}`, {
        headers: { ...sent, ...resume },
        signal: abort.signal,
        cache: 'no-store',
      });
      if (response.ok && response.body) return response;
      const body: unknown = await response.json().catch(() => null);
      throw errorOf(response.status, body, response.headers.get('Retry-After'));
    } finally {
      clearTimeout(silence);
    }
  }

  async #read(response: Response, abort: AbortController): Promise<void> {
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    const parser = new SseParser();
    for (;;) {
      const silence = setTimeout(() => abort.abort(), SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      if (done || this.#abort !== abort) return;
      for (const { event, data, id } of parser.feed(decoder.decode(value, { stream: true }))) {
        if (this.#abort !== abort) return;
        this.#lastId = id;
        if (event === 'hello') {
          this.#attempts = 0;
          this.#retryMs = parser.retryMs ?? this.#retryMs;
          this.#tell('live', null, null);
        }
        this.#options.onEvent(event, JSON.parse(data));
      }
    }
  }
}
