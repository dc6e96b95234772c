/** Commands of one charger: sends them, and follows what becomes of them. */
import { api } from '../lib/api';
import { ApiError, words } from '../lib/errors';
import { notify } from '../lib/notices.svelte';
import type { CommandRecord, LocationCommand, Page } from '../lib/types';
import { commandLabel, fateOf } from './situation';

const KEPT = 8;
/** While something is open; else only now and then, for what others do. */
const SOON_MS = 300;
const SELDOM_MS = 8000;

export class CommandDesk {
  readonly chargerId: string;
  /** The newest first. */
  commands = $state.raw<readonly CommandRecord[]>([]);
  total = $state(0);
  /** Routes that are being asked. */
  busy = $state.raw<ReadonlySet<string>>(new Set());
  loaded = $state(false);

  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  /** Those whose end is to be said aloud. */
  #mine = new Set<string>();
  announced = $state('');

  constructor(chargerId: string) {
    this.chargerId = chargerId;
    void this.#look();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Sends a command that is queued; what becomes of it shows in `commands`. */
  async send(route: string, event: Record<string, unknown>): Promise<void> {
    await this.#during(route, async () => {
      const asked = { target: { charger_id: this.chargerId }, event };
      const said = await api.post<LocationCommand | { id: string }>(`/ocpp/commands/${route}`, asked);
      if ('results' in said) {
        for (const { error } of said.failed) notify(error, 'bad');
        for (const { command } of said.results) this.#mine.add(command.id);
      } else this.#mine.add(said.id);
    });
  }

  /** Sends one whose answer comes at once. Returns it, or null if it was refused. */
  async ask<T>(route: string, event: Record<string, unknown> | null): Promise<T | null> {
    let answer: T | null = null;
    await this.#during(route, async () => {
      const asked = { target: { charger_id: this.chargerId }, event };
      answer = await api.post<T>(`/ocpp/commands/${route}`, asked);
    });
    return answer;
  }

  /** Starts, stops or restarts the runtime. */
  async run(what: 'start-charger' | 'stop-charger' | 'reset-charger'): Promise<void> {
    await this.#during(what, async () => {
      await api.post(`/ocpp/chargers/${encodeURIComponent(this.chargerId)}/${what}`);
    });
  }

  async #during(route: string, work: () => Promise<void>): Promise<void> {
    this.busy = new Set([...this.busy, route]);
    try {
      await work();
    } catch (error) {
      notify(error instanceof ApiError ? `${commandLabel(route.replaceAll('-', '_').replace('/', '_'))}: ${words(error)}` : words(error), 'bad');
    } finally {
      this.busy = new Set([...this.busy].filter((other) => other !== route));
      void this.#look();
    }
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    try {
      const path = `/ocpp/chargers/${encodeURIComponent(this.chargerId)}/commands`;
      const { data, total } = await api.get<Page<CommandRecord>>(path, { query: { limit: KEPT } });
      this.#announce(data);
      this.commands = data;
      this.total = total;
      this.loaded = true;
    } catch {
      // The page says that the gateway is away; this comes back by itself.
    }
    if (this.#closed) return;
    const isOpen = this.commands.some((command) => !fateOf(command.state).final);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), isOpen ? SOON_MS : SELDOM_MS);
  }

  #announce(commands: readonly CommandRecord[]): void {
    for (const { id, event_type, state, reason } of commands) {
      const fate = fateOf(state);
      if (!fate.final || !this.#mine.delete(id)) continue;
      this.announced = [`${commandLabel(event_type)}: ${fate.word}`, reason].filter(Boolean).join('. ');
    }
  }
}
