import { globSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { actionsOf, routed } from '../src/charger/actions';
import { exampleOf } from '../src/charger/examples';
import { energy, power } from '../src/charger/quantities';
import {
  blockedBy,
  commandDetail,
  commandLabel,
  fateOf,
  notOnline,
  phaseOf,
  PHYSICAL,
  placeOf,
  pluggedBy,
  SESSIONS,
  type Situation,
  transactionBy,
} from '../src/charger/situation';
import { ConnectionHistory, stepsOf } from '../src/charger/standing';
import { STATES } from '../src/lib/states';
import { validatorOf } from '../src/wire/schema';

const FREE: Situation = {
  version: '1.6',
  state: 'available',
  place: { evse: 2, connector: 2, number: 2 },
  status: 'Available',
  plugged: false,
  transaction: false,
  transactionId: null,
  authorized: false,
  idToken: 'CARD',
};
const ALL = [...PHYSICAL, ...SESSIONS];
const command = (route: string) => ALL.find((one) => one.route === route)!;
const possible = (now: Situation) => ALL.filter((one) => blockedBy(one, now) === null).map((one) => one.route);

describe('commands', () => {
  it('that make no sense say why', () => {
    expect(possible(FREE)).toEqual(['plug-connector', 'start-session', 'authorize-id-tag', 'unlock-connector']);
    expect(blockedBy(command('stop-transaction'), FREE)).toBe('There is no transaction to stop.');
    const plugged = { ...FREE, plugged: true, status: 'Preparing', state: 'occupied' };
    expect(possible(plugged)).toContain('start-transaction');
    expect(blockedBy(command('start-session'), plugged)).toContain('plugged in');
    const charging = { ...plugged, transaction: true, transactionId: '7', authorized: true, status: 'Charging', state: 'charging' };
    expect(possible(charging)).toEqual(['unplug-connector', 'ev-requests-energy', 'ev-stops-energy', 'stop-session', 'stop-transaction', 'authorize-id-tag', 'unlock-connector']);
    const begun = { ...charging, authorized: false };
    expect(possible(begun)).toContain('start-transaction');
    expect(blockedBy(command('start-transaction'), { ...plugged, idToken: ' ' })).toBe('Give a card first.');
    expect(possible({ ...charging, state: 'stopped' })).toEqual([]);
    expect(possible({ ...charging, state: 'provisioning' })).toEqual([]);
    expect(possible({ ...FREE, status: 'Faulted', state: 'faulted' })).not.toContain('start-session');
    expect(notOnline('waiting')).toBe('The CSMS has not accepted it yet.');
    expect(notOnline('charging')).toBeNull();
  });

  it('are possible where nobody knows better', () => {
    const unknown = { ...FREE, plugged: null, transaction: null, status: null, place: null };
    expect(possible(unknown)).toHaveLength(ALL.length);
    expect(placeOf(unknown)).toEqual({});
  });

  it('name their place as the OCPP version counts', () => {
    expect(placeOf(FREE)).toEqual({ connector_id: 2 });
    const newer = { ...FREE, version: '2.0.1', place: { evse: 2, connector: 1, number: 3 } };
    expect(placeOf(newer)).toEqual({ evse_id: 2, connector_id: 1 });
    expect(command('start-session').event(newer)).toEqual({ id_tag: 'CARD', connector_id: 3 });
    expect(command('stop-transaction').event({ ...newer, transactionId: 'T' })).toEqual({ transaction_id: 'T' });
    expect(command('stop-transaction').event(newer)).toEqual({});
  });

  it('have a letter each, and a name in the history', () => {
    const letters = ALL.flatMap(({ key }) => key ?? []);
    expect(new Set(letters).size).toBe(letters.length);
    expect(commandLabel('start_session')).toBe('Start session');
    expect(commandLabel('proxy_message')).toBe('Send message');
    expect(commandLabel('something_new')).toBe('something new');
    expect(commandDetail({ fault_type: 'PowerLoss', value: 30 })).toBe('PowerLoss · 30');
    expect(commandDetail({ configuration: { HeartbeatInterval: '5' } })).toBe('HeartbeatInterval = 5');
    expect(fateOf('expired')).toMatchObject({ word: 'Too late', final: true });
    expect(fateOf('sent').final).toBe(false);
  });

  it('read a status of any version', () => {
    expect(['Available', 'Preparing', 'Occupied', 'Faulted'].map(pluggedBy)).toEqual([false, true, true, null]);
    expect(transactionBy('Occupied', true)).toBe(true);
    expect(transactionBy('Occupied', false)).toBeNull();
    expect(transactionBy('SuspendedEV', false)).toBe(true);
    expect(transactionBy('Available', false)).toBe(false);
  });
});

describe('standing', () => {
  it('tells three states apart, for every state there is', () => {
    for (const { id } of STATES) {
      expect(stepsOf(id)).toHaveLength(3);
      expect(['unready', 'stopped', 'offline', 'booting', 'online']).toContain(phaseOf(id));
    }
    expect(stepsOf('registering').map((step) => step.word)).toEqual(['Provisioned', 'Connected', 'Pending']);
    expect(stepsOf('faulted').map((step) => step.word)).toEqual(['Provisioned', 'Connected', 'Accepted']);
    expect(stepsOf('waiting')[1]).toMatchObject({ word: 'Not connected', tone: 'busy' });
  });

  it('keeps what happened in words, the newest first, and once', () => {
    const history = new ConnectionHistory();
    expect(history.saw('available', 1, null)).toBe(true);
    expect(history.saw('charging', 2, null)).toBe(false); // what connectors do is not its connection
    expect(history.saw('waiting', 3, null)).toBe(true);
    expect(history.saw('waiting', 3, 'Connection refused.')).toBe(true);
    expect(history.saw('connecting', 4, 'Connection refused.')).toBe(true);
    expect(history.saw('connected', 5, null)).toBe(true);
    expect(history.saw('suspended', 6, 'an old error')).toBe(true);
    expect(history.turns.map(({ told, error }) => [told.split('.')[0], error])).toEqual([
      ['The CSMS accepted it: it is in service', null],
      ['The WebSocket is open; the CSMS has not answered its BootNotification yet', null],
      ['It dials the CSMS', 'Connection refused.'],
      ['The connection was lost', 'Connection refused.'],
      ['The CSMS accepted it: it is in service', null],
    ]);
  });
});

describe('examples', () => {
  const FOLDERS = { '1.6': 'v16', '2.0.1': 'v201', '2.1': 'v21' };
  const KNOWN = {
    timestamp: '2026-11-30T20:00:00.000Z', idTag: 'CARD', idToken: 'CARD', type: 'ISO14443', connectorId: 1, evseId: 1,
    status: 'Available', connectorStatus: 'Available', errorCode: 'NoError', meterStart: 5, meterStop: 5, chargePointVendor: 'ABB',
    chargePointModel: 'Terra', vendorName: 'ABB', model: 'Terra', reason: 'PowerUp', eventType: 'Updated',
  };

  it('are allowed by the standard, for every message that a station may send', () => {
    for (const [version, folder] of Object.entries(FOLDERS)) {
      for (const action of actionsOf(version)) {
        const name = version === '1.6' ? action : `${action}Request`;
        const [file] = globSync(`../.venv/lib/python3*/site-packages/ocpp/${folder}/schemas/${name}.json`);
        expect(file, `${version} ${action}`).toBeDefined();
        const schema = JSON.parse(readFileSync(file!, 'utf8').replace(/^\uFEFF/, '')) as Record<string, unknown>;
        const value = { 'transactionId': version === '1.6' ? 7 : 'T7', value: version === '1.6' ? '5' : 5 };
        const example = exampleOf(schema, { ...KNOWN, ...value });
        expect(validatorOf(schema)(example), `${version} ${action}: ${JSON.stringify(example)}`).toEqual([]);
      }
    }
  });

  it('say what is known', () => {
    const schema = { properties: { idTag: { type: 'string', maxLength: 3 }, other: { type: 'string' } }, required: ['idTag'] };
    expect(exampleOf(schema, KNOWN)).toEqual({ idTag: 'CAR' });
  });
});

describe('words', () => {
  it('of routes are in snake_case', () => {
    expect(routed('BootNotification')).toBe('boot_notification');
    expect(routed('NotifyEVChargingNeeds')).toBe('notify_ev_charging_needs');
    expect(routed('NotifyDERAlarm')).toBe('notify_der_alarm');
  });

  it('of power and energy have a sensible precision', () => {
    expect([power(0), power(7_236), power(180_000)]).toEqual(['0 W', '7.2 kW', '180 kW']);
    expect([energy(1.25), energy(350), energy(12_345), energy(3_127_600)]).toEqual(['1.3 Wh', '350 Wh', '12.35 kWh', '3127.6 kWh']);
  });
});
