/** The states a charger can be in, in words and colours. The one colour map: see tokens.css. */

/** A colour of the map: `--<tone>-text` and `--<tone>-fill`. */
export type Tone = 'ok' | 'charging' | 'busy' | 'bad' | 'off';

export interface StateInfo {
  /** As `/live` spells it. */
  id: string;
  /** As a person would. */
  word: string;
  tone: Tone;
  /** One sentence. */
  help: string;
}

/** In the order in which totals are shown: what works, what is on its way, what is wrong. */
export const STATES: readonly StateInfo[] = [
  { id: 'available', word: 'Available', tone: 'ok', help: 'Online, and a car could be plugged in.' },
  { id: 'charging', word: 'Charging', tone: 'charging', help: 'At least one car takes energy.' },
  { id: 'suspended', word: 'Suspended', tone: 'busy', help: 'In a transaction, but no energy flows.' },
  { id: 'occupied', word: 'Occupied', tone: 'busy', help: 'A car is plugged in.' },
  { id: 'reserved', word: 'Reserved', tone: 'busy', help: 'Kept free for one driver.' },
  { id: 'provisioning', word: 'Provisioning', tone: 'busy', help: 'A host is being found for it.' },
  { id: 'pending', word: 'Queued', tone: 'busy', help: 'Its job has not begun yet.' },
  { id: 'connecting', word: 'Connecting', tone: 'busy', help: 'It is dialling the CSMS.' },
  { id: 'connected', word: 'Booting', tone: 'busy', help: 'Connected; the CSMS has not answered its BootNotification yet.' },
  { id: 'registering', word: 'Held by CSMS', tone: 'busy', help: 'The CSMS answered its BootNotification with Pending.' },
  { id: 'faulted', word: 'Faulted', tone: 'bad', help: 'A connector reports an error.' },
  { id: 'rejected', word: 'Rejected', tone: 'bad', help: 'The CSMS does not accept it.' },
  { id: 'failed', word: 'Failed', tone: 'bad', help: 'It could not be provisioned.' },
  { id: 'unavailable', word: 'Unavailable', tone: 'off', help: 'Online, but set out of service.' },
  { id: 'waiting', word: 'Offline', tone: 'off', help: 'Not connected; it will dial again by itself.' },
  { id: 'stopped', word: 'Stopped', tone: 'off', help: 'Its runtime is stopped; it will not dial.' },
];

const BY_ID = new Map(STATES.map((state) => [state.id, state]));

/** What is known of a state; one that this dashboard does not know yet is shown as it is spelt. */
export function stateInfo(id: string): StateInfo {
  return BY_ID.get(id) ?? { id, word: id, tone: 'off', help: '' };
}

/** The colour of a connector's status, in the spelling of any OCPP version. */
export function connectorTone(status: string, charging: boolean): Tone {
  if (charging || status === 'Charging') return 'charging';
  if (status === 'Available') return 'ok';
  if (status === 'Faulted') return 'bad';
  if (status === 'Unavailable') return 'off';
  return 'busy';
}
