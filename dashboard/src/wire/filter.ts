/** Which messages are shown, kept up to date as they come. Pure. */
import { hasProblem, isHole, type Exchange, type LogChange, type MessageLog } from './log';

export type Direction = 'station' | 'csms';

export interface Filter {
  /** None of them: all actions. */
  actions: ReadonlySet<string>;
  /** Who began it; null: both. */
  direction: Direction | null;
  problems: boolean;
  /** Anywhere in the frames. */
  text: string;
}

export const EVERYTHING: Filter = { actions: new Set(), direction: null, problems: false, text: '' };

/** What a filter means for one message. */
export function matcher(filter: Filter): (row: Exchange) => boolean {
  const text = filter.text.trim();
  const wanted = text ? new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i') : null;
  const { actions, direction, problems } = filter;
  return (row) => {
    if (isHole(row)) return false;
    if (row.note !== null) return true;
    if (actions.size && !actions.has(row.action)) return false;
    if (direction !== null && row.fromStation !== (direction === 'station')) return false;
    if (problems && !hasProblem(row)) return false;
    if (wanted === null) return true;
    return (
      wanted.test(row.action) ||
      (row.call !== null && wanted.test(row.call.message)) ||
      (row.answer !== null && wanted.test(row.answer.message)) ||
      (row.rebuttal !== null && wanted.test(row.rebuttal.message))
    );
  };
}

/** The numbers of the messages that pass, oldest first. */
export class FilteredList {
  #log: MessageLog;
  #seqs: number[] = [];
  #head = 0;
  #passes: (row: Exchange) => boolean = matcher(EVERYTHING);

  constructor(log: MessageLog) {
    this.#log = log;
  }

  get length(): number {
    return this.#seqs.length - this.#head;
  }

  /** The `index`th message. */
  at(index: number): Exchange | undefined {
    const seq = this.#seqs[this.#head + index];
    return seq === undefined ? undefined : this.#log.row(seq);
  }

  /** Where a message stands, or where it would: the first that is not older. */
  place(seq: number): number {
    let [low, high] = [this.#head, this.#seqs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#seqs[middle] as number) < seq) low = middle + 1;
      else high = middle;
    }
    return low - this.#head;
  }

  /** -1 if it is not shown. */
  indexOf(seq: number): number {
    const index = this.place(seq);
    return this.#seqs[this.#head + index] === seq ? index : -1;
  }

  set(filter: Filter): void {
    this.#passes = matcher(filter);
    this.#build();
  }

  /** Follows the log. Returns how many came before all others, and how many left there. */
  apply(change: LogChange): { before: number; gone: number } {
    if (change.reset) {
      this.#build();
      return { before: 0, gone: 0 };
    }
    const older = change.prepended.filter(this.#passes).map((row) => row.seq);
    if (older.length) {
      this.#seqs = [...older, ...this.#seqs.slice(this.#head)];
      this.#head = 0;
    }
    for (const row of change.added) if (this.#passes(row)) this.#seqs.push(row.seq);
    for (const row of change.changed) this.#look(row);
    return { before: older.length, gone: this.#forget() };
  }

  #look(row: Exchange): void {
    if (row.seq < this.#log.first) return;
    const index = this.#head + this.place(row.seq);
    const isShown = this.#seqs[index] === row.seq;
    const passes = this.#passes(row);
    if (passes && !isShown) this.#seqs.splice(index, 0, row.seq);
    else if (!passes && isShown) this.#seqs.splice(index, 1);
  }

  #forget(): number {
    const before = this.#head;
    while (this.#head < this.#seqs.length && (this.#seqs[this.#head] as number) < this.#log.first) {
      this.#head += 1;
    }
    const gone = this.#head - before;
    if (this.#head > 4096 && this.#head * 2 > this.#seqs.length) {
      this.#seqs = this.#seqs.slice(this.#head);
      this.#head = 0;
    }
    return gone;
  }

  #build(): void {
    this.#seqs = [];
    this.#head = 0;
    for (const row of this.#log) if (this.#passes(row)) this.#seqs.push(row.seq);
  }
}
