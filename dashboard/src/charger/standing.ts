/** How far a charger has got, in words: provisioned, connected, accepted. Pure. */
import type { Tone } from '../lib/states';

export interface Step {
  name: string;
  word: string;
  tone: Tone;
}

interface Words {
  provisioned: [string, Tone];
  socket: [string, Tone];
  csms: [string, Tone];
  /** What has happened, when it got there. */
  told: string;
}

const YES: [string, Tone] = ['Provisioned', 'ok'];
const OPEN: [string, Tone] = ['Connected', 'ok'];
const NOT_YET: [string, Tone] = ['Not yet', 'off'];

const STANDINGS: Record<string, Words> = {
  pending: {
    provisioned: ['Queued', 'busy'],
    socket: NOT_YET,
    csms: NOT_YET,
    told: 'Queued: its job has not begun yet.',
  },
  provisioning: {
    provisioned: ['Finding a host', 'busy'],
    socket: NOT_YET,
    csms: NOT_YET,
    told: 'A host is being found for it.',
  },
  failed: {
    provisioned: ['Failed', 'bad'],
    socket: NOT_YET,
    csms: NOT_YET,
    told: 'It could not be provisioned.',
  },
  stopped: {
    provisioned: YES,
    socket: ['Stopped', 'off'],
    csms: NOT_YET,
    told: 'Its runtime was stopped.',
  },
  waiting: {
    provisioned: YES,
    socket: ['Not connected', 'busy'],
    csms: NOT_YET,
    told: 'Not connected; it dials again by itself.',
  },
  connecting: {
    provisioned: YES,
    socket: ['Dialling', 'busy'],
    csms: NOT_YET,
    told: 'It dials the CSMS.',
  },
  connected: {
    provisioned: YES,
    socket: OPEN,
    csms: ['Booting', 'busy'],
    told: 'The WebSocket is open; the CSMS has not answered its BootNotification yet.',
  },
  registering: {
    provisioned: YES,
    socket: OPEN,
    csms: ['Pending', 'busy'],
    told: 'The CSMS answered its BootNotification with Pending; it asks again later.',
  },
  rejected: {
    provisioned: YES,
    socket: OPEN,
    csms: ['Rejected', 'bad'],
    told: 'The CSMS rejected its BootNotification.',
  },
  online: {
    provisioned: YES,
    socket: OPEN,
    csms: ['Accepted', 'ok'],
    told: 'The CSMS accepted it: it is in service.',
  },
};

/** States that only differ in what the connectors do are one and the same here. */
function standing(state: string): Words {
  return STANDINGS[state] ?? (STANDINGS['online'] as Words);
}

/** The three states apart. */
export function stepsOf(state: string): Step[] {
  const { provisioned, socket, csms } = standing(state);
  return [
    { name: 'Provisioning', word: provisioned[0], tone: provisioned[1] },
    { name: 'WebSocket', word: socket[0], tone: socket[1] },
    { name: 'CSMS', word: csms[0], tone: csms[1] },
  ];
}

export interface Turn {
  at: number;
  told: string;
  error: string | null;
}

const MOST_KEPT = 50;

/** Keeps what happens to a charger's connection. The newest is first. */
export class ConnectionHistory {
  turns: readonly Turn[] = [];
  #last: Words | null = null;

  /** Returns whether there is something new. */
  saw(state: string, since: number, error: string | null): boolean {
    const now = standing(state);
    const reason = now === STANDINGS['online'] ? null : error;
    const [newest] = this.turns;
    if (newest && now === this.#last) {
      if (reason === null || reason === newest.error) return false;
      this.turns = [{ ...newest, error: reason }, ...this.turns.slice(1)]; // told after the state
      return true;
    }
    const isLost = this.#last === STANDINGS['online'] && (state === 'waiting' || state === 'connecting');
    const told = isLost ? `The connection was lost. ${now.told}` : now.told;
    this.#last = now;
    this.turns = [{ at: since, told, error: reason }, ...this.turns].slice(0, MOST_KEPT);
    return true;
  }
}
