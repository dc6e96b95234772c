/** One charger as the API tells it, read again whenever the live stream says that it has changed. */
import { api } from '../lib/api';
import { ApiError, words } from '../lib/errors';
import { fleet } from '../lib/feed.svelte';
import type { Charger } from '../lib/types';
import { ConnectionHistory, type Turn } from './standing';

const SOON_MS = 250;

export class ChargerRecord {
  readonly id: string;
  charger = $state.raw<Charger | null>(null);
  /** Why there is none. */
  failure = $state.raw<string | null>(null);
  isGone = $state(false);
  /** What happened to its connection, as far as this page has seen. */
  turns = $state.raw<readonly Turn[]>([]);

  #history = new ConnectionHistory();
  #stop: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(id: string) {
    this.id = id;
    this.#stop = fleet.subscribe(({ rows }) => {
      const row = fleet.rowOf(id);
      if (row === undefined || !rows.has(row)) return;
      this.#see();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.read(), SOON_MS);
    });
    this.#see();
    void this.read();
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    clearTimeout(this.#timer);
  }

  take(charger: Charger): void {
    this.charger = charger;
  }

  async read(): Promise<void> {
    try {
      const found = await api.get<Charger>(`/ocpp/chargers/${encodeURIComponent(this.id)}`);
      if (this.#closed) return;
      this.charger = found;
      this.failure = null;
    } catch (error) {
      if (this.#closed) return;
      this.isGone = error instanceof ApiError && error.status === 404;
      this.failure = words(error);
    }
  }

  #see(): void {
    const row = fleet.rowOf(this.id);
    if (row === undefined) return;
    const { state, since, error } = fleet.charger(row);
    if (this.#history.saw(state, since, error)) this.turns = this.#history.turns;
  }
}
