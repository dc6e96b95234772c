/** Messages, each with its answer: a ring of the newest ones in plain arrays. Pure. */
import type { Frame } from './frames';

/** A request with its answer, or an answer whose request nobody has seen, or a remark. */
export interface Exchange {
  /** Its place in the list; older ones have smaller numbers, also below zero. */
  seq: number;
  charger: string;
  /** When it began, in ms. */
  at: number;
  /** Who began it. */
  fromStation: boolean;
  action: string;
  messageId: string;
  call: Frame | null;
  answer: Frame | null;
  /** OCPP 2.1: that the answer could not be read. */
  rebuttal: Frame | null;
  /** Not a message, but something to know about the list at this place. */
  note: string | null;
  /** Nobody has answered it in `ANSWER_MS`. */
  unanswered: boolean;
  /** How often the standard's schemas are broken; null until that has been looked at. */
  schemaErrors: number | null;
  /** Grows with every change. */
  revision: number;
}

/** After so long without an answer a request is called unanswered, as OCPP-J suggests. */
export const ANSWER_MS = 30_000;
const MOST_FRAMES = 20_000;
/** How many messages back the one may lie that a CALLRESULTERROR is about. */
const LOOKED_BACK = 500;
const MOST_CHARACTERS = 48_000_000;

/** What has happened to the list. */
export interface LogChange {
  added: Exchange[];
  changed: Exchange[];
  /** Older ones have been put before the others. */
  prepended: Exchange[];
  /** Everything is gone or new. */
  reset: boolean;
}

/** How long the answer took in ms, or null. */
export function latency(row: Exchange): number | null {
  return row.call && row.answer ? Math.max(0, row.answer.at - row.call.at) : null;
}

/** An error, an answer that never came, a frame that is none, or one that breaks its schema. */
export function hasProblem(row: Exchange): boolean {
  return (
    row.unanswered ||
    row.rebuttal !== null ||
    row.answer?.kind === 'error' ||
    row.answer?.kind === 'broken' ||
    row.call?.kind === 'broken' ||
    (row.schemaErrors ?? 0) > 0
  );
}

export function framesOf(row: Exchange): Frame[] {
  return [row.call, row.answer, row.rebuttal].filter((frame) => frame !== null);
}

export class MessageLog {
  /** Messages by action. */
  readonly counts = new Map<string, number>();
  /** Frames in the list. */
  frames = 0;
  /** Messages that have left the list because it was full. */
  forgotten = 0;

  #rows: Exchange[] = [];
  /** Index of the oldest row in `#rows`. */
  #head = 0;
  /** The number of `#rows[0]`. */
  #base = 0;
  #characters = 0;
  #ids = new Set<number>();
  /** Requests without an answer, by who must answer and their message id. */
  #open = new Map<string, Exchange[]>();
  /** Answers without a request, likewise. */
  #orphans = new Map<string, Exchange>();
  #mostFrames: number;

  constructor(mostFrames = MOST_FRAMES) {
    this.#mostFrames = mostFrames;
  }

  /** The number of the oldest message. */
  get first(): number {
    return this.#base + this.#head;
  }

  /** The number that the next message will have. */
  get next(): number {
    return this.#base + this.#rows.length;
  }

  get size(): number {
    return this.#rows.length - this.#head;
  }

  get isFull(): boolean {
    return this.frames >= this.#mostFrames || this.#characters >= MOST_CHARACTERS;
  }

  row(seq: number): Exchange | undefined {
    return seq < this.first ? undefined : this.#rows[seq - this.#base];
  }

  /** The ids of the oldest and newest frames of a charger (or of all). */
  edge(newest: boolean, charger?: string): number | null {
    const start = newest ? this.#rows.length - 1 : this.#head;
    const step = newest ? -1 : 1;
    let found: number | null = null;
    let looked = 0;
    for (let index = start; index >= this.#head && index < this.#rows.length; index += step) {
      const row = this.#rows[index] as Exchange;
      if (charger !== undefined && row.charger !== charger) continue;
      for (const { id } of framesOf(row)) {
        if (id !== null && (found === null || (newest ? id > found : id < found))) found = id;
      }
      // An answer may be newer than the requests after its own.
      if (found !== null && (looked += 1) > 100) break;
    }
    return found;
  }

  /** Takes in frames that are newer than all others, oldest first. Those it has are passed over. */
  append(frames: readonly Frame[]): LogChange {
    const change: LogChange = { added: [], changed: [], prepended: [], reset: false };
    for (const frame of frames) {
      if (!this.#isNew(frame)) continue;
      const asked = this.#asked(frame);
      if (asked) {
        this.#answer(asked, frame);
        change.changed.push(asked);
      } else {
        const row = exchange(this.next, frame);
        this.#rows.push(row);
        this.#count(row, 1);
        this.#expect(row, frame);
        change.added.push(row);
      }
    }
    this.#forget();
    return change;
  }

  /** Puts frames, oldest first, before all others. An answer that stands alone finds its request. */
  prepend(frames: readonly Frame[]): LogChange {
    const older: Exchange[] = [];
    const own = new Map<string, Exchange>();
    const change: LogChange = { added: [], changed: [], prepended: older, reset: false };
    for (const frame of frames) {
      if (!this.#isNew(frame)) continue;
      const asked =
        frame.kind === 'resultError'
          ? rebutted(older, 0, frame)
          : isAnswer(frame)
            ? own.get(answersKey(frame))
            : undefined;
      if (asked && (frame.kind === 'resultError' || asked.answer === null)) {
        this.#answer(asked, frame);
        continue;
      }
      const row = exchange(0, frame);
      older.push(row);
      if (frame.kind !== 'call') continue;
      own.set(key(row.charger, row.fromStation, row.messageId), row);
    }
    if (this.#head > 0) this.#compact();
    this.#base -= older.length;
    for (const [index, row] of older.entries()) {
      row.seq = this.#base + index;
      this.#count(row, 1);
    }
    this.#rows = [...older, ...this.#rows];
    for (const row of older) {
      if (row.call?.kind !== 'call' || row.answer) continue;
      const at = key(row.charger, row.fromStation, row.messageId);
      const orphan = this.#orphans.get(at);
      if (orphan?.answer && orphan.answer.at >= row.at) {
        this.#answer(row, orphan.answer);
        row.rebuttal ??= orphan.rebuttal;
        this.#orphans.delete(at);
        // Its place stays, empty: the numbers of the others must not move.
        this.#count(orphan, -1);
        orphan.answer = orphan.rebuttal = null;
        orphan.revision += 1;
        change.changed.push(orphan);
      } else this.#expect(row, row.call);
    }
    return change;
  }

  /** A remark between the messages. */
  note(at: number, text: string): LogChange {
    const row = exchange(this.next, null, at);
    row.note = text;
    this.#rows.push(row);
    return { added: [row], changed: [], prepended: [], reset: false };
  }

  /** Finds the requests that have waited too long at the moment `now`. */
  expire(now: number): LogChange {
    const changed: Exchange[] = [];
    for (const rows of this.#open.values()) {
      for (const row of rows) {
        if (row.unanswered || now - row.at <= ANSWER_MS) continue;
        row.unanswered = true;
        row.revision += 1;
        changed.push(row);
      }
    }
    return { added: [], changed, prepended: [], reset: false };
  }

  /** What looking at the schemas has shown. */
  checked(row: Exchange, errors: number): LogChange {
    row.schemaErrors = errors;
    row.revision += 1;
    return { added: [], changed: [row], prepended: [], reset: false };
  }

  clear(): LogChange {
    this.#base = this.next;
    this.#rows = [];
    this.#head = 0;
    this.frames = this.#characters = this.forgotten = 0;
    this.counts.clear();
    this.#open.clear();
    this.#orphans.clear();
    this.#ids.clear();
    return { added: [], changed: [], prepended: [], reset: true };
  }

  /** The rows, oldest first. */
  *[Symbol.iterator](): Iterator<Exchange> {
    for (let index = this.#head; index < this.#rows.length; index += 1) {
      yield this.#rows[index] as Exchange;
    }
  }

  #isNew(frame: Frame): boolean {
    if (frame.id !== null) {
      if (this.#ids.has(frame.id)) return false;
      this.#ids.add(frame.id);
    }
    this.frames += 1;
    this.#characters += frame.message.length;
    return true;
  }

  /** The exchange that this frame answers. */
  #asked(frame: Frame): Exchange | undefined {
    if (frame.kind === 'resultError') {
      return rebutted(this.#rows, Math.max(this.#head, this.#rows.length - LOOKED_BACK), frame);
    }
    if (!isAnswer(frame)) return undefined;
    return this.#open.get(answersKey(frame))?.find((row) => row.answer === null);
  }

  #answer(row: Exchange, frame: Frame): void {
    if (frame.kind === 'resultError') row.rebuttal = frame;
    else row.answer = frame;
    row.unanswered = false;
    row.schemaErrors = null;
    row.revision += 1;
    this.#expectNoMore(row);
  }

  #expectNoMore(row: Exchange): void {
    const at = key(row.charger, row.fromStation, row.messageId);
    const open = this.#open.get(at)?.filter((other) => other !== row);
    if (open?.length) this.#open.set(at, open);
    else if (open) this.#open.delete(at);
    if (this.#orphans.get(at) === row) this.#orphans.delete(at);
  }

  #expect(row: Exchange, frame: Frame): void {
    if (frame.kind === 'call') {
      const at = key(row.charger, row.fromStation, row.messageId);
      this.#open.set(at, [...(this.#open.get(at) ?? []), row]);
    } else if (isAnswer(frame) && frame.kind !== 'resultError') this.#orphans.set(answersKey(frame), row);
  }

  #count(row: Exchange, by: 1 | -1): void {
    const left = (this.counts.get(row.action) ?? 0) + by;
    if (left > 0) this.counts.set(row.action, left);
    else this.counts.delete(row.action);
  }

  #forget(): void {
    while (this.size > 1 && (this.frames > this.#mostFrames || this.#characters > MOST_CHARACTERS)) {
      const row = this.#rows[this.#head] as Exchange;
      (this.#rows as (Exchange | undefined)[])[this.#head] = undefined;
      this.#head += 1;
      this.#let(row);
    }
    if (this.#head > 4096 && this.#head * 2 > this.#rows.length) this.#compact();
  }

  #let(row: Exchange): void {
    for (const frame of framesOf(row)) {
      this.frames -= 1;
      this.#characters -= frame.message.length;
      if (frame.id !== null) this.#ids.delete(frame.id);
    }
    if (row.note !== null || isHole(row)) return;
    this.forgotten += 1;
    this.#count(row, -1);
    this.#expectNoMore(row);
  }

  #compact(): void {
    this.#rows = this.#rows.slice(this.#head);
    this.#base += this.#head;
    this.#head = 0;
  }
}

/** A place whose answer has found its request elsewhere: nothing is to be seen there. */
export function isHole(row: Exchange): boolean {
  return row.note === null && !row.call && !row.answer && !row.rebuttal;
}

function exchange(seq: number, frame: Frame | null, at = 0): Exchange {
  const isReply = frame !== null && isAnswer(frame);
  const fromStation = frame?.fromStation ?? false;
  return {
    seq,
    charger: frame?.charger ?? '',
    at: frame?.at ?? at,
    fromStation: isReply && frame.kind !== 'resultError' ? !fromStation : fromStation,
    action: frame?.action || (frame ? 'Not a message' : ''),
    messageId: frame?.messageId ?? '',
    call: isReply ? null : frame,
    answer: isReply && frame.kind !== 'resultError' ? frame : null,
    rebuttal: isReply && frame.kind === 'resultError' ? frame : null,
    note: null,
    unanswered: false,
    schemaErrors: null,
    revision: 0,
  };
}

function isAnswer(frame: Frame): boolean {
  return frame.kind === 'result' || frame.kind === 'error' || frame.kind === 'resultError';
}

/** The answered request that a CALLRESULTERROR is about; it comes from the side that asked. */
function rebutted(rows: readonly Exchange[], from: number, frame: Frame): Exchange | undefined {
  for (let index = rows.length - 1; index >= from; index -= 1) {
    const row = rows[index] as Exchange;
    if (row.messageId !== frame.messageId || row.charger !== frame.charger) continue;
    if (row.fromStation === frame.fromStation && row.answer && !row.rebuttal) return row;
  }
  return undefined;
}

function key(charger: string, askedByStation: boolean, messageId: string): string {
  return `${charger}${askedByStation ? '>' : '<'}${messageId}`;
}

/** Under which its request waits: the other side asked. */
function answersKey(frame: Frame): string {
  return key(frame.charger, !frame.fromStation, frame.messageId);
}
