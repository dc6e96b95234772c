/** What can be done with a charger now, and if not, why not. Pure. */

/** A connector, as commands name it. */
export interface Place {
  evse: number;
  /** Within its EVSE in OCPP 2.x, through the whole station in OCPP 1.6. */
  connector: number;
  /** Counted through the whole station, from 1. */
  number: number;
}

export interface Situation {
  /** "1.6", "2.0.1", "2.1". */
  version: string;
  /** As /live says it. */
  state: string;
  place: Place | null;
  /** Of the connector, as its OCPP version spells it. */
  status: string | null;
  /** Null: not known. */
  plugged: boolean | null;
  transaction: boolean | null;
  /** Null until the CSMS has given one. */
  transactionId: string | null;
  /** A card has been accepted already. */
  authorized: boolean | null;
  idToken: string;
}

export type Phase = 'unready' | 'stopped' | 'offline' | 'booting' | 'online';

const PHASES: Record<string, Phase> = {
  pending: 'unready',
  provisioning: 'unready',
  failed: 'unready',
  stopped: 'stopped',
  waiting: 'offline',
  connecting: 'offline',
  connected: 'booting',
  registering: 'booting',
  rejected: 'booting',
};

/** How far the charger is on its way to the CSMS. */
export function phaseOf(state: string): Phase {
  return PHASES[state] ?? 'online';
}

const WITH_CAR = new Set(['Preparing', 'Charging', 'SuspendedEV', 'SuspendedEVSE', 'Finishing', 'Occupied']);

/** Whether a car is plugged in, as far as a status tells. */
export function pluggedBy(status: string): boolean | null {
  if (WITH_CAR.has(status)) return true;
  return status === 'Available' || status === 'Reserved' ? false : null;
}

const IN_TRANSACTION = new Set(['Charging', 'SuspendedEV', 'SuspendedEVSE']);

/** Whether a transaction goes on, as far as a status tells. */
export function transactionBy(status: string, charging: boolean): boolean | null {
  if (charging || IN_TRANSACTION.has(status)) return true;
  return status === 'Available' || status === 'Unavailable' ? false : null;
}

export interface CommandInfo {
  /** The last part of the route. */
  route: string;
  label: string;
  /** One sentence: what happens. */
  help: string;
  /** A letter that does it. */
  key?: string;
  /** Why it makes no sense now; null if it does. */
  blocked: (now: Situation) => string | null;
  /** What is sent as `event`. */
  event: (now: Situation) => Record<string, unknown>;
}

const place = ({ place: at, version }: Situation): Record<string, unknown> => {
  if (!at) return {};
  if (version === '1.6') return { connector_id: at.number };
  return { evse_id: at.evse, connector_id: at.connector };
};

const noCar = (now: Situation): string | null =>
  now.plugged === false ? 'No car is plugged in here.' : null;
const noToken = (now: Situation): string | null =>
  now.idToken.trim() ? null : 'Give a card first.';

/** Nothing works while it does not run. */
export function notRunning(state: string): string | null {
  const phase = phaseOf(state);
  if (phase === 'unready') return 'It is not provisioned.';
  return phase === 'stopped' ? 'Its runtime is stopped; start it first.' : null;
}

export function notOnline(state: string): string | null {
  return (
    notRunning(state) ?? (phaseOf(state) === 'online' ? null : 'The CSMS has not accepted it yet.')
  );
}

export const PHYSICAL: readonly CommandInfo[] = [
  {
    route: 'plug-connector',
    label: 'Plug in',
    help: 'A car comes and its cable is plugged in.',
    key: 'p',
    blocked: (now) => (now.plugged ? 'A car is plugged in already.' : null),
    event: place,
  },
  {
    route: 'unplug-connector',
    label: 'Unplug',
    help: 'The cable is pulled out, by force if it is locked.',
    key: 'u',
    blocked: noCar,
    event: place,
  },
  {
    route: 'start-transaction',
    label: 'Tap card',
    help: 'The card is presented at the car that is plugged in: a transaction starts if the CSMS agrees.',
    key: 't',
    blocked: (now) => {
      // In OCPP 2.x one may begin with the plug, before any card.
      if (now.transaction && now.authorized !== false) return 'A transaction is going on; “Stop transaction” ends it.';
      if (now.plugged === false) return 'Plug in a car first.';
      return noToken(now);
    },
    event: (now) => ({ id_tag: now.idToken.trim(), ...place(now) }),
  },
  {
    route: 'ev-requests-energy',
    label: 'Car asks for energy',
    help: 'The car wants to charge (again).',
    key: 'e',
    blocked: noCar,
    event: place,
  },
  {
    route: 'ev-stops-energy',
    label: 'Car stops',
    help: 'The car does not want energy any more.',
    key: 'w',
    blocked: noCar,
    event: place,
  },
];

export const SESSIONS: readonly CommandInfo[] = [
  {
    route: 'start-session',
    label: 'Start session',
    help: 'A whole visit: a driver comes, plugs in, presents the card and charges.',
    key: 's',
    blocked: (now) => {
      if (now.transaction || now.plugged) return 'A car is plugged in; unplug it first.';
      if (now.status !== null && !['Available', 'Reserved'].includes(now.status)) {
        return `The connector is ${now.status}, not free.`;
      }
      return noToken(now);
    },
    event: (now) => ({ id_tag: now.idToken.trim(), ...number(now) }),
  },
  {
    route: 'stop-session',
    label: 'Stop session',
    help: 'The visit ends: charging stops and the car leaves.',
    key: 'x',
    blocked: (now) =>
      now.plugged === false && !now.transaction ? 'No session is going on here.' : null,
    event: (now) => number(now),
  },
  {
    route: 'stop-transaction',
    label: 'Stop transaction',
    help: 'The transaction is stopped at the station; the car stays.',
    key: 'c',
    blocked: (now) => (now.transaction === false ? 'There is no transaction to stop.' : null),
    event: ({ transactionId }) => (transactionId === null ? {} : { transaction_id: transactionId }),
  },
  {
    route: 'authorize-id-tag',
    label: 'Ask CSMS about card',
    help: 'Sends an Authorize and shows what the CSMS says.',
    key: 'a',
    blocked: (now) => notOnline(now.state) ?? noToken(now),
    event: (now) => ({ id_tag: now.idToken.trim() }),
  },
  {
    route: 'unlock-connector',
    label: 'Unlock',
    help: 'The station unlocks the cable, as if the CSMS had asked.',
    blocked: () => null,
    event: place,
  },
];

/** `start-session` and `stop-session` count connectors through the whole station. */
function number({ place: at }: Situation): Record<string, unknown> {
  return at ? { connector_id: at.number } : {};
}

/** Where a command is done, as it is sent. */
export function placeOf(now: Situation): Record<string, unknown> {
  return place(now);
}

/** Why a command makes no sense now; null if it does. */
export function blockedBy(command: CommandInfo, now: Situation): string | null {
  return notRunning(now.state) ?? command.blocked(now);
}

const LABELS: Record<string, string> = {
  start_transaction: 'Tap card',
  power_update: 'Set power',
  inject_fault: 'Inject fault',
  clear_fault: 'Clear fault',
  configuration: 'Change configuration',
  cache_reset: 'Empty authorization cache',
  local_auth_list: 'Send local list',
  clear_local_auth_list: 'Clear local list',
  proxy_message: 'Send message',
};
for (const { route, label } of [...PHYSICAL, ...SESSIONS]) LABELS[route.replaceAll('-', '_')] ??= label;

/** What a command is called in the history. */
export function commandLabel(eventType: string): string {
  return LABELS[eventType] ?? eventType.replaceAll('_', ' ');
}

/** The most important of what was asked, on one line. */
export function commandDetail(payload: Record<string, unknown>): string {
  const told: string[] = [];
  const say = (name: string, before = '', after = ''): void => {
    const value = payload[name];
    if (typeof value === 'string' || typeof value === 'number') told.push(`${before}${value}${after}`);
  };
  say('fault_type');
  say('value');
  say('action');
  say('id_tag');
  say('power_w', '', ' W');
  say('transaction_id', 'transaction ');
  say('evse_id', 'EVSE ');
  say('connector_id', 'connector ');
  say('list_version', 'version ');
  const settings = payload['configuration'];
  if (typeof settings === 'object' && settings !== null) {
    told.push(...Object.entries(settings).map(([key, value]) => `${key} = ${String(value)}`));
  }
  return told.join(' · ');
}

export interface Fate {
  word: string;
  tone: 'ok' | 'busy' | 'bad' | 'off';
  final: boolean;
}

const FATES: Record<string, Fate> = {
  queued: { word: 'Waiting', tone: 'busy', final: false },
  sent: { word: 'Under way', tone: 'busy', final: false },
  applied: { word: 'Done', tone: 'ok', final: true },
  rejected: { word: 'Refused', tone: 'bad', final: true },
  failed: { word: 'Failed', tone: 'bad', final: true },
  expired: { word: 'Too late', tone: 'off', final: true },
};

/** What has become of a command, in a word. */
export function fateOf(state: string): Fate {
  return FATES[state] ?? { word: state, tone: 'off', final: true };
}
