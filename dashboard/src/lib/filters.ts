/** What the fleet is filtered by, as the address has it. Pure. */
import type { FleetStore } from './fleet';

export interface Filters {
  /** Part of an identity, a name or an id; several words must all be found. */
  q: string;
  location: string;
  model: string;
  version: string;
  host: string;
  states: readonly string[];
  /** One line of "what is wrong now". */
  problem: string;
}

export function filtersOf(query: URLSearchParams): Filters {
  return {
    q: query.get('q') ?? '',
    location: query.get('location') ?? '',
    model: query.get('model') ?? '',
    version: query.get('version') ?? '',
    host: query.get('host') ?? '',
    states: query.getAll('state'),
    problem: query.get('problem') ?? '',
  };
}

/** How many of them narrow the view. */
export function active(filters: Filters): number {
  const { q, location, model, version, host, states, problem } = filters;
  return [q, location, model, version, host, states.length, problem].filter(Boolean).length;
}

/** Which of `order` the filters leave, by what does not change by itself: all but the state and
 *  the problem. Those that the state leaves out are only dimmed, so that nobody loses their place. */
export function narrowed(order: Uint32Array, fleet: FleetStore, filters: Filters): Uint32Array {
  const words = filters.q.toLowerCase().split(/\s+/).filter(Boolean);
  const { location, model, version, host } = filters;
  if (!words.length && !location && !model && !version && !host) return order;
  const wanted = {
    location: location ? fleet.locations.values.indexOf(location) : 0,
    version: version ? fleet.versions.values.indexOf(version) : 0,
    host: host ? fleet.hosts.values.indexOf(host) : 0,
  };
  return order.filter((row) => {
    if (location && fleet.location[row] !== wanted.location) return false;
    if (version && fleet.version[row] !== wanted.version) return false;
    if (host && fleet.host[row] !== wanted.host) return false;
    if (model && modelOf(fleet, row) !== model) return false;
    if (!words.length) return true;
    const text = `${fleet.identities[row]}\n${fleet.names[row] ?? ''}\n${fleet.ids[row]}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** "ABB Terra 184". */
export function modelOf(fleet: FleetStore, row: number): string {
  const vendor = fleet.vendors.text(fleet.vendor[row] ?? 0);
  const model = fleet.models.text(fleet.model[row] ?? 0);
  return `${vendor} ${model}`.trim();
}

/** Whether a charger is in one of the wanted states and has the wanted problem. */
export function matcher(fleet: FleetStore, filters: Filters, problems: Problems): (row: number) => boolean {
  const { states, problem } = filters;
  if (!states.length && !problem) return () => true;
  const wanted = new Uint8Array(256);
  for (const state of states) wanted[fleet.states.number(state)] = 1;
  return (row) =>
    (!states.length || wanted[fleet.state[row] ?? 0] === 1) && (!problem || problems.of(row) === problem);
}

/** In these states the last error is what keeps the charger away; in others it has been overcome. */
const NOT_THERE_YET = new Set([
  'pending',
  'provisioning',
  'failed',
  'waiting',
  'connecting',
  'connected',
  'registering',
  'rejected',
]);

function kindOf(state: string): 0 | 1 | 2 {
  if (state === 'faulted' || state === 'rejected' || state === 'failed') return 2;
  return NOT_THERE_YET.has(state) ? 1 : 0;
}

/** What is wrong with chargers, in words that are the same for all that have the same trouble. */
export class Problems {
  #told: (string | undefined)[] = [];
  /** By number of state: 1, the error counts; 2, the state itself is one. */
  #kinds: (0 | 1 | 2)[] = [];

  constructor(private readonly fleet: FleetStore) {}

  /** Null if nothing is. */
  of(row: number): string | null {
    const { fleet } = this;
    const kind = (this.#kinds[fleet.state[row] ?? 0] ??= kindOf(fleet.stateOf(row)));
    if (kind === 0) return null;
    const state = fleet.stateOf(row);
    const error = fleet.error[row] ?? 0;
    if (error !== 0 && state !== 'faulted') return (this.#told[error] ??= this.#general(error, row));
    if (state === 'faulted') {
      const broken = fleet.connectors[row]?.find(([, , status]) => status === 'Faulted');
      const code = broken?.[3];
      return code && code !== 'NoError' ? `a connector reports ${code}` : 'a connector is faulted';
    }
    if (state === 'rejected') return 'the CSMS rejects its BootNotification';
    if (state === 'failed') return 'it could not be provisioned';
    return null;
  }

  /** How many of `rows` have each trouble, the most frequent first. */
  counts(rows: Uint32Array): { problem: string; count: number; row: number }[] {
    const found = new Map<string, { problem: string; count: number; row: number }>();
    for (const row of rows) {
      const problem = this.of(row);
      if (problem === null) continue;
      const known = found.get(problem);
      if (known) known.count += 1;
      else found.set(problem, { problem, count: 1, row });
    }
    return [...found.values()].sort((a, b) => b.count - a.count || (a.problem < b.problem ? -1 : 1));
  }

  /** Without the identity of the one charger that it was told of. */
  #general(error: number, row: number): string {
    const identity = this.fleet.identities[row] ?? '';
    const text = this.fleet.errors.text(error);
    if (!identity) return text;
    return text.replaceAll(encodeURIComponent(identity), '…').replaceAll(identity, '…');
  }
}
