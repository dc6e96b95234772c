/** The messages of some chargers, live and back in time, as the inspector shows them. */
import { SvelteMap } from 'svelte/reactivity';

import { api, authorization, refused } from '../lib/api';
import { words } from '../lib/errors';
import { LiveStream, type LiveStatus } from '../lib/live';
import { count } from '../lib/numbers';
import type { ConnectorDetail, DetailRow, FramesEvent, LogFrame } from '../lib/types';
import { SchemaChecker } from './checker';
import { EVERYTHING, type Filter, FilteredList } from './filter';
import { type Frame, frameOf } from './frames';
import { type Exchange, type LogChange, MessageLog } from './log';

/** A message to open with what was around it. */
export interface Moment {
  charger: string;
  at: number;
  messageId: string;
}

const SLICE = 200;
/** History is asked for one charger after the other; more chargers than this have only a present. */
const MOST_WITH_HISTORY = 20;
const MOST_HELD = 20_000;

export class Wire {
  readonly chargers: readonly string[];
  readonly moment: Moment | null;
  readonly log = new MessageLog();
  readonly list = new FilteredList(this.log);
  readonly checker = new SchemaChecker((row, errors) => this.#take(this.log.checked(row, errors)));
  /** What is physically at the connectors of each charger, as told last. */
  readonly details = new SvelteMap<string, DetailRow>();

  /** Grows with every change of the list, at most once per frame. */
  tick = $state(0);
  status = $state.raw<LiveStatus>({ state: 'connecting', reason: null, retryAt: null });
  paused = $state(false);
  /** Frames that wait while the list is paused. */
  held = $state(0);
  /** Under way: asking for older or newer messages. */
  loading = $state(false);
  /** There is nothing older. */
  atStart = $state(false);
  /** A moment's list has got to the present. */
  atEnd = $state(false);
  /** Why a moment cannot be shown. */
  failure = $state.raw<string | null>(null);
  /** Why older or newer messages are not there. */
  excuse = $state.raw<string | null>(null);
  /** The message that a link was about. */
  found = $state.raw<Exchange | null>(null);

  /** Called before a redraw with how many rows came before all others, and how many left there. */
  onMove: ((before: number, gone: number) => void) | null = null;

  #stream: LiveStream | null = null;
  #waiting: Frame[] = [];
  #heldDropped = 0;
  #due = false;
  #closed = false;
  #timer: ReturnType<typeof setInterval>;
  /** The host's clock is not always ours. */
  #ahead = 0;
  #known = false;
  #exhausted = new Set<string>();

  constructor(chargers: readonly string[], moment: Moment | null = null) {
    this.chargers = chargers;
    this.moment = moment;
    this.#timer = setInterval(() => this.#take(this.log.expire(this.now())), 1000);
    if (moment) void this.#openMoment(moment);
    else this.#follow();
  }

  /** False: these are too many (or all) to look back. */
  get hasHistory(): boolean {
    return !this.chargers.includes('*') && this.chargers.length <= MOST_WITH_HISTORY;
  }

  now(): number {
    return Date.now() + this.#ahead;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#stream?.close();
    this.checker.close();
  }

  retryNow(): void {
    this.#stream?.retryNow();
  }

  detail(charger: string, evse: number, connector: number): ConnectorDetail | null {
    const found = this.details.get(charger)?.[2].find(([e, c]) => e === evse && c === connector);
    return found?.[2] ?? null;
  }

  filter(filter: Filter): void {
    this.list.set(filter);
    this.#redraw();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    if (this.#heldDropped) this.#note(this.#heldDropped, 'they came while the list was paused');
    this.held = this.#heldDropped = 0;
    this.#take(this.log.append(waiting));
  }

  /** Empties the list; the gateway's log keeps what it has. */
  clear(): void {
    this.#waiting = [];
    this.held = this.#heldDropped = 0;
    this.atStart = false;
    this.#exhausted.clear();
    this.#take(this.log.clear());
  }

  /** Asks for messages from before those that are shown. */
  async older(): Promise<void> {
    if (this.loading || this.atStart || !this.hasHistory || this.log.isFull) return;
    await this.#ask(async () => {
      const slices = await Promise.all(
        this.#asked()
          .filter((charger) => !this.#exhausted.has(charger))
          .map((charger) => this.#slice(charger, { before: this.#oldest(charger) })),
      );
      // What has come live meanwhile is newer than all that was asked for.
      const first = this.log.edge(false) ?? Number.POSITIVE_INFINITY;
      const older = this.#together(slices).filter(({ id }) => (id ?? 0) < first);
      this.#take(this.log.prepend(older));
    });
  }

  /** In a moment's list: asks for messages from after those that are shown. */
  async newer(): Promise<void> {
    if (this.loading || this.atEnd || !this.moment || this.log.isFull) return;
    const { charger } = this.moment;
    await this.#ask(async () => {
      const { frames } = await this.#slice(charger, { after: this.log.edge(true, charger) });
      this.atEnd = frames.length < SLICE;
      this.#take(this.log.append(frames));
    });
  }

  // --- live ------------------------------------------------------------------------------------

  #follow(): void {
    this.#stream = new LiveStream({
      frames: this.chargers,
      fleet: false,
      headers: authorization,
      onEvent: (event, data) => this.#event(event, data),
      onStatus: (status) => (this.status = status),
      onRefused: refused,
    });
  }

  #event(event: string, data: unknown): void {
    if (event === 'frames') {
      const { rows, dropped } = data as FramesEvent;
      if (dropped) this.#note(dropped, 'too many at once');
      this.#receive(rows.map(([id, charger, at, from, action, message]) =>
        frameOf(id, charger, at, from === 1, action, message),
      ));
    } else if (event === 'details') {
      for (const row of (data as { rows: DetailRow[] }).rows) this.details.set(row[0], row);
    } else if (event === 'hello') {
      const { at, resumed } = data as { at: number; resumed: boolean };
      this.#ahead = at - Date.now();
      if (!resumed) void this.#catchUp();
    }
  }

  #receive(frames: Frame[]): void {
    if (!this.paused) {
      this.#take(this.log.append(frames));
      return;
    }
    this.#waiting.push(...frames);
    if (this.#waiting.length > MOST_HELD) {
      this.#heldDropped += this.#waiting.length - MOST_HELD;
      this.#waiting = this.#waiting.slice(-MOST_HELD);
    }
    this.held = this.#waiting.length + this.#heldDropped;
  }

  /** What was said before the stream began, or while it was cut. */
  async #catchUp(): Promise<void> {
    if (this.#known || !this.hasHistory) {
      if (this.#known) this.#remark('The connection to the gateway was interrupted; messages may be missing here.');
      this.#known = true;
      return;
    }
    this.#known = true;
    await this.older();
  }

  #note(dropped: number, why: string): void {
    const [what, were] = dropped === 1 ? ['message', 'was'] : ['messages', 'were'];
    this.#remark(`${count(dropped)} ${what} ${were} not shown: ${why}.`);
  }

  #remark(text: string): void {
    this.#take(this.log.note(this.now(), text));
  }

  // --- back in time ----------------------------------------------------------------------------

  async #openMoment({ charger, at, messageId }: Moment): Promise<void> {
    await this.#ask(async () => {
      const path = `/ocpp/chargers/${encodeURIComponent(charger)}/frames`;
      const { data } = await api.get<{ data: LogFrame[] }>(path, {
        query: { q: messageId, limit: 100 },
      });
      const about = data.map((one) => logged(charger, one));
      const mine = about.filter((one) => one.messageId === messageId);
      const target = mine.find((one) => one.at === at) ?? mine.at(-1);
      if (!target || target.id === null) {
        this.failure =
          'This message is no longer in the log. Messages are kept for a limited time, the oldest go first.';
        return;
      }
      const before = await this.#slice(charger, { before: target.id + 1 });
      const after = await this.#slice(charger, { after: target.id });
      if (this.#closed) return;
      this.atEnd = after.frames.length < SLICE;
      this.#take(this.log.prepend(this.#together([before])));
      this.#take(this.log.append(after.frames));
      for (const row of this.log) {
        if (row.messageId === messageId && (row.at === target.at || row.answer?.at === target.at)) this.found = row;
      }
    });
  }

  #oldest(charger: string): number | null {
    return this.log.edge(false, charger) ?? this.log.edge(false);
  }

  #asked(): readonly string[] {
    return this.moment ? [this.moment.charger] : this.chargers;
  }

  async #slice(
    charger: string,
    edge: { before?: number | null; after?: number | null },
  ): Promise<{ charger: string; frames: Frame[] }> {
    const path = `/ocpp/chargers/${encodeURIComponent(charger)}/frames`;
    const query = { ...edge, limit: SLICE };
    const { data } = await api.get<{ data: LogFrame[] }>(path, { query });
    return { charger, frames: data.map((one) => logged(charger, one)).reverse() };
  }

  /** Several chargers' frames in one order, back to where all of them are known. */
  #together(slices: readonly { charger: string; frames: Frame[] }[]): Frame[] {
    let from = Number.NEGATIVE_INFINITY;
    for (const { charger, frames } of slices) {
      if (frames.length < SLICE) this.#exhausted.add(charger);
      else from = Math.max(from, frames[0]?.id ?? from);
    }
    this.atStart = this.#asked().every((charger) => this.#exhausted.has(charger));
    const all = slices.flatMap(({ frames }) => frames).filter(({ id }) => (id ?? 0) >= from);
    // A charger that is cut here has more to tell after all.
    for (const { charger, frames } of slices) {
      if ((frames[0]?.id ?? from) < from) {
        this.#exhausted.delete(charger);
        this.atStart = false;
      }
    }
    return all.sort((one, other) => (one.id ?? 0) - (other.id ?? 0));
  }

  async #ask(load: () => Promise<void>): Promise<void> {
    this.loading = true;
    this.failure = this.excuse = null;
    try {
      await load();
    } catch (error) {
      if (this.moment && this.log.size === 0) this.failure = words(error);
      else this.excuse = `Looking back did not work: ${words(error)}`;
    } finally {
      this.loading = false;
    }
  }

  // --- drawing ---------------------------------------------------------------------------------

  #take(change: LogChange): void {
    if (this.#closed) return;
    const { added, changed, prepended, reset } = change;
    if (!added.length && !changed.length && !prepended.length && !reset) return;
    const { before, gone } = this.list.apply(change);
    if (before || gone) this.onMove?.(before, gone);
    this.#redraw();
  }

  #redraw(): void {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      if (!this.#closed) this.tick += 1;
    });
  }
}

function logged(charger: string, { id, at, direction, action, message }: LogFrame): Frame {
  const moment = typeof at === 'number' ? at : Date.parse(at);
  return frameOf(id, charger, moment, direction === 'cp_to_csms', action, message);
}

export { EVERYTHING };
