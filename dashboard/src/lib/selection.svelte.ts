/** Which chargers are selected: a flag for each row of the fleet. */
import type { FleetChange, FleetStore } from './fleet';

export class Selection {
  flags = new Uint8Array(1024);
  size = $state(0);
  /** Grows with every change. */
  version = $state(0);

  constructor(private readonly fleet: FleetStore) {}

  has(row: number): boolean {
    return this.flags[row] === 1;
  }

  rows(): number[] {
    const found: number[] = [];
    for (let row = 0; row < this.flags.length && found.length < this.size; row += 1) {
      if (this.flags[row]) found.push(row);
    }
    return found;
  }

  /** These instead of what was selected, or (`add`) beside it. */
  select(rows: Iterable<number>, add = false): void {
    if (!add) this.flags.fill(0);
    for (const row of rows) this.#set(row, 1);
    this.#count();
  }

  toggle(row: number): void {
    this.#set(row, this.has(row) ? 0 : 1);
    this.#count();
  }

  clear(): void {
    if (this.size) this.select([]);
  }

  /** Lets go of chargers that are gone. */
  follow(change: FleetChange): void {
    if (!this.size || !change.structure) return;
    for (const row of change.rows) if (!this.fleet.alive[row]) this.#set(row, 0);
    this.#count();
  }

  #set(row: number, flag: 0 | 1): void {
    if (row >= this.flags.length) {
      const wider = new Uint8Array(Math.max(row + 1, this.flags.length * 2));
      wider.set(this.flags);
      this.flags = wider;
    }
    this.flags[row] = flag;
  }

  #count(): void {
    let size = 0;
    for (const flag of this.flags) size += flag;
    this.size = size;
    this.version += 1;
  }
}
