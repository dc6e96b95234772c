/** The order in which chargers are shown: by location, then by identity, CP-2 before CP-10. Pure. */
import type { FleetStore } from './fleet';

/** Digits are padded, so that comparing the texts compares the numbers. */
export function sortKey(text: string): string {
  return text.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(10, '0'));
}

/** Keeps the order while chargers come and go: new ones are sorted among themselves and merged in,
 *  so that a fleet of 20,000 that grows by some hundreds costs no sorting of 20,000. */
export class FleetOrder {
  /** Rows of the fleet, in order. */
  rows = new Uint32Array(0);
  #keys: string[] = [];
  #identities: string[] = [];
  #locations = new Uint32Array(0);
  #placed = new Uint8Array(0);
  #names: string[] = [];

  constructor(private readonly fleet: FleetStore) {}

  /** Takes in what has come, gone or moved. `locationKey` gives what a location is ordered by. */
  update(locationKey: (id: string) => string): void {
    const { fleet } = this;
    const names = fleet.locations.values.map((id) => (id ? sortKey(locationKey(id)) : '\uffff'));
    if (names.some((name, index) => index < this.#names.length && name !== this.#names[index])) {
      this.#placed.fill(0); // a location has another name now
    }
    this.#names = names;
    if (this.#placed.length < fleet.alive.length) this.#grow(fleet.alive.length);

    for (let row = 0; row < fleet.length; row += 1) {
      if (!this.#placed[row]) continue;
      const stays =
        fleet.alive[row] &&
        this.#locations[row] === fleet.location[row] &&
        this.#identities[row] === fleet.identities[row];
      if (!stays) this.#placed[row] = 0;
    }
    const kept = this.rows.filter((row) => this.#placed[row]);
    const fresh: number[] = [];
    for (let row = 0; row < fleet.length; row += 1) {
      if (!fleet.alive[row] || this.#placed[row]) continue;
      this.#placed[row] = 1;
      const identity = fleet.identities[row] ?? '';
      this.#identities[row] = identity;
      this.#keys[row] = sortKey(identity);
      this.#locations[row] = fleet.location[row] ?? 0;
      fresh.push(row);
    }
    fresh.sort((a, b) => this.#compare(a, b));
    this.rows = this.#merged(kept, fresh);
  }

  #compare(a: number, b: number): number {
    const locationA = this.#locations[a] ?? 0;
    const locationB = this.#locations[b] ?? 0;
    if (locationA !== locationB) {
      const nameA = this.#names[locationA] ?? '';
      const nameB = this.#names[locationB] ?? '';
      if (nameA !== nameB) return nameA < nameB ? -1 : 1;
      return locationA - locationB;
    }
    const keyA = this.#keys[a] ?? '';
    const keyB = this.#keys[b] ?? '';
    return keyA < keyB ? -1 : keyA > keyB ? 1 : a - b;
  }

  #merged(kept: Uint32Array, fresh: readonly number[]): Uint32Array<ArrayBuffer> {
    const merged = new Uint32Array(kept.length + fresh.length);
    let next = 0;
    let at = 0;
    for (const row of fresh) {
      while (next < kept.length && this.#compare(kept[next] ?? 0, row) < 0) {
        merged[at++] = kept[next++] ?? 0;
      }
      merged[at++] = row;
    }
    merged.set(kept.subarray(next), at);
    return merged;
  }

  #grow(capacity: number): void {
    const placed = new Uint8Array(capacity);
    placed.set(this.#placed);
    this.#placed = placed;
    const locations = new Uint32Array(capacity);
    locations.set(this.#locations);
    this.#locations = locations;
  }
}
