/** The chargers of an organization, by columns: twenty thousand of them are some typed arrays and
 *  their names. Pure; `feed.svelte.ts` fills the one that the pages read. */
import { StringTable } from './columns';
import { STATES } from './states';
import type { ChargerRow, ChargersEvent, LiveConnector } from './types';

/** What has happened since listeners were last told. */
export interface FleetChange {
  /** Rows whose charger has changed (or is new). */
  rows: ReadonlySet<number>;
  /** Chargers have come or gone or moved to another place: the order must be made anew. */
  structure: boolean;
}

/** One charger, put together for a tooltip or a table row. */
export interface FleetCharger {
  row: number;
  id: string;
  identity: string;
  name: string | null;
  locationId: string | null;
  vendor: string | null;
  model: string | null;
  version: string | null;
  state: string;
  since: number;
  hostId: string | null;
  connectors: readonly LiveConnector[];
  error: string | null;
}

const FIRST_CAPACITY = 1024;

/** A row is a number that stays a charger's own for as long as the charger is there. */
export class FleetStore {
  /** Rows in use or free; `alive[row]` tells which. */
  length = 0;
  /** Chargers. */
  size = 0;
  /** True once a whole snapshot has come in. */
  complete = false;

  ids: string[] = [];
  identities: string[] = [];
  names: (string | null)[] = [];
  connectors: (readonly LiveConnector[])[] = [];
  alive = new Uint8Array(FIRST_CAPACITY);
  /** Numbers of `states`. */
  state = new Uint8Array(FIRST_CAPACITY);
  since = new Float64Array(FIRST_CAPACITY);
  /** Numbers of the tables of the same name. */
  location = new Uint32Array(FIRST_CAPACITY);
  vendor = new Uint32Array(FIRST_CAPACITY);
  model = new Uint32Array(FIRST_CAPACITY);
  version = new Uint32Array(FIRST_CAPACITY);
  host = new Uint32Array(FIRST_CAPACITY);
  error = new Uint32Array(FIRST_CAPACITY);

  readonly states = new StringTable();
  readonly locations = new StringTable();
  readonly vendors = new StringTable();
  readonly models = new StringTable();
  readonly versions = new StringTable();
  readonly hosts = new StringTable();
  readonly errors = new StringTable();

  #rows = new Map<string, number>();
  #free: number[] = [];
  #changed = new Set<number>();
  #structure = false;
  #listeners = new Set<(change: FleetChange) => void>();
  #due = false;
  #schedule: (run: () => void) => void;
  /** Chargers that a snapshot under way has not named yet. */
  #unseen: Set<number> | null = null;

  constructor(schedule: (run: () => void) => void) {
    this.#schedule = schedule;
    for (const { id } of STATES) this.states.number(id);
  }

  /** The row of a charger, or undefined. */
  rowOf(id: string): number | undefined {
    return this.#rows.get(id);
  }

  charger(row: number): FleetCharger {
    return {
      row,
      id: this.ids[row] ?? '',
      identity: this.identities[row] ?? '',
      name: this.names[row] ?? null,
      locationId: this.locations.text(this.location[row] ?? 0) || null,
      vendor: this.vendors.text(this.vendor[row] ?? 0) || null,
      model: this.models.text(this.model[row] ?? 0) || null,
      version: this.versions.text(this.version[row] ?? 0) || null,
      state: this.stateOf(row),
      since: this.since[row] ?? 0,
      hostId: this.hosts.text(this.host[row] ?? 0) || null,
      connectors: this.connectors[row] ?? [],
      error: this.errors.text(this.error[row] ?? 0) || null,
    };
  }

  stateOf(row: number): string {
    return this.states.text(this.state[row] ?? 0);
  }

  /** Calls `listener` after changes, at most once per frame. Returns how to stop that. */
  subscribe(listener: (change: FleetChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A whole snapshot follows: what it does not name is gone when it ends. */
  beginSnapshot(): void {
    this.#unseen = new Set(this.#rows.values());
  }

  /** Takes in an event of the stream. */
  apply(event: ChargersEvent): void {
    for (const row of event.rows) this.#put(row);
    for (const id of event.gone) {
      const row = this.#rows.get(id);
      if (row !== undefined) this.#remove(row);
    }
    if (event.snapshot && !event.more) {
      for (const row of this.#unseen ?? []) this.#remove(row);
      this.#unseen = null;
      this.complete = true;
      this.#structure = true;
    }
    this.#announce();
  }

  /** Forgets everything: another organization, or nobody. */
  clear(): void {
    for (const row of [...this.#rows.values()]) this.#remove(row);
    this.complete = false;
    this.#unseen = null;
    this.#structure = true;
    this.#announce();
  }

  #put(values: ChargerRow): void {
    const [id, identity, name, location, vendor, model, version, state, since] = values;
    let row = this.#rows.get(id);
    if (row === undefined) {
      row = this.#free.pop() ?? this.length++;
      if (row >= this.alive.length) this.#grow();
      this.#rows.set(id, row);
      this.ids[row] = id;
      this.alive[row] = 1;
      this.size += 1;
      this.#structure = true;
    } else {
      this.#unseen?.delete(row);
      const moved = this.location[row] !== this.locations.number(location);
      if (moved || this.identities[row] !== identity) this.#structure = true;
    }
    this.identities[row] = identity;
    this.names[row] = name;
    this.location[row] = this.locations.number(location);
    this.vendor[row] = this.vendors.number(vendor);
    this.model[row] = this.models.number(model);
    this.version[row] = this.versions.number(version);
    this.state[row] = this.states.number(state);
    this.since[row] = since;
    this.host[row] = this.hosts.number(values[9]);
    this.connectors[row] = values[10];
    this.error[row] = this.errors.number(values[11]);
    this.#changed.add(row);
  }

  #remove(row: number): void {
    if (!this.alive[row]) return;
    this.#rows.delete(this.ids[row] ?? '');
    this.alive[row] = 0;
    this.ids[row] = this.identities[row] = '';
    this.names[row] = null;
    this.connectors[row] = [];
    this.size -= 1;
    this.#free.push(row);
    this.#unseen?.delete(row);
    this.#changed.add(row);
    this.#structure = true;
  }

  #grow(): void {
    const capacity = this.alive.length * 2;
    const wider = <T extends Uint8Array | Uint32Array | Float64Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.alive = wider(this.alive, new Uint8Array(capacity));
    this.state = wider(this.state, new Uint8Array(capacity));
    this.since = wider(this.since, new Float64Array(capacity));
    this.location = wider(this.location, new Uint32Array(capacity));
    this.vendor = wider(this.vendor, new Uint32Array(capacity));
    this.model = wider(this.model, new Uint32Array(capacity));
    this.version = wider(this.version, new Uint32Array(capacity));
    this.host = wider(this.host, new Uint32Array(capacity));
    this.error = wider(this.error, new Uint32Array(capacity));
  }

  #announce(): void {
    if (this.#due) return;
    this.#due = true;
    this.#schedule(() => {
      this.#due = false;
      const change: FleetChange = { rows: this.#changed, structure: this.#structure };
      this.#changed = new Set();
      this.#structure = false;
      for (const listener of [...this.#listeners]) listener(change);
    });
  }
}
