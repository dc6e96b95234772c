import { readFileSync } from 'node:fs';
import { globSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { EVERYTHING, type Filter, FilteredList } from '../src/wire/filter';
import { descriptionOf, type Frame, frameOf, payloadOf, versionNumber } from '../src/wire/frames';
import { hasProblem, isHole, latency, type LogChange, MessageLog } from '../src/wire/log';
import { step, validatorOf, valueAt } from '../src/wire/schema';
import { asJson, asJsonLines, momentOf } from '../src/wire/share';
import { summaryOf } from '../src/wire/summaries';

const OUT = true;
const IN = false;
let lastId = 0;

function frame(at: number, fromStation: boolean, action: string, message: unknown, charger = 'a'): Frame {
  lastId += 1;
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  return frameOf(lastId, charger, at, fromStation, action, text);
}

const call = (at: number, id: string, action = 'Heartbeat', payload: unknown = {}, way = OUT, charger = 'a') =>
  frame(at, way, action, [2, id, action, payload], charger);
const result = (at: number, id: string, action = 'Heartbeat', payload: unknown = {}, way = IN, charger = 'a') =>
  frame(at, way, action, [3, id, payload], charger);

const rows = (log: MessageLog) => [...log];

describe('frameOf', () => {
  it('reads the head of every kind of frame', () => {
    expect(call(1, 'x')).toMatchObject({ kind: 'call', messageId: 'x', action: 'Heartbeat', code: null });
    expect(result(1, 'x')).toMatchObject({ kind: 'result', messageId: 'x', action: 'Heartbeat' });
    const error = frame(1, IN, 'Authorize', [4, 'x', 'NotSupported', 'No such thing', {}]);
    expect(error).toMatchObject({ kind: 'error', messageId: 'x', code: 'NotSupported' });
    expect(descriptionOf(error)).toBe('No such thing');
    expect(frame(1, OUT, 'Authorize', [5, 'x', 'FormatViolation', '', {}]).kind).toBe('resultError');
    expect(frame(1, OUT, 'NotifyPeriodicEventStream', [6, 'x', 'NotifyPeriodicEventStream', {}]).kind).toBe('send');
  });

  it('takes blanks and escapes as JSON does', () => {
    const odd = frame(1, OUT, '', ' [ 2 , "a\\"\\u0041" , "Reset" , { } ] ');
    expect(odd).toMatchObject({ kind: 'call', messageId: 'a"A', action: 'Reset' });
    expect(payloadOf(odd)).toEqual({});
  });

  it('knows what is no frame', () => {
    for (const text of ['', 'hello', '[2,"x","Heartbeat",{"a":', '[7,"x",{}]', '{"a":1}', '[2,"x","H",{]]']) {
      expect(frameOf(null, 'a', 1, true, 'Heartbeat', text).kind, text).toBe('broken');
    }
  });

  it('leaves what the gateway has hidden as it is', () => {
    const hidden = frame(1, IN, 'ChangeConfiguration', [2, 'x', 'ChangeConfiguration', { key: 'AuthorizationKey', value: '***' }]);
    const log = new MessageLog();
    log.append([hidden]);
    expect(summaryOf(rows(log)[0]!).asked).toBe('AuthorizationKey = ***');
    expect(asJsonLines(log, (id) => id)).toContain('***');
  });

  it('reads versions', () => {
    expect([versionNumber('OCPP1.6'), versionNumber('ocpp2.0.1'), versionNumber(null)]).toEqual(['1.6', '2.0.1', null]);
  });
});

describe('MessageLog', () => {
  it('pairs a request with its answer and tells how long it took', () => {
    const log = new MessageLog();
    log.append([call(1000, 'x')]);
    const change = log.append([result(1042, 'x')]);
    expect(log.size).toBe(1);
    const [row] = rows(log);
    expect(latency(row!)).toBe(42);
    expect(change.changed).toEqual([row]);
    expect(hasProblem(row!)).toBe(false);
  });

  it('keeps apart chargers and directions that use the same id', () => {
    const log = new MessageLog();
    log.append([call(1, '1', 'Heartbeat', {}, OUT, 'a'), call(2, '1', 'Heartbeat', {}, OUT, 'b'), call(3, '1', 'Reset', {}, IN, 'a')]);
    log.append([result(4, '1', 'Heartbeat', {}, IN, 'b'), result(5, '1', 'Reset', {}, OUT, 'a')]);
    expect(rows(log).map(latency)).toEqual([null, 2, 2]);
  });

  it('gives a message that is sent twice its own answer each', () => {
    const log = new MessageLog();
    log.append([call(1, 'x'), call(2, 'x'), result(10, 'x'), result(20, 'x')]);
    expect(rows(log).map(latency)).toEqual([9, 18]);
  });

  it('shows an answer that nobody asked for', () => {
    const log = new MessageLog();
    log.append([result(5, 'lost')]);
    expect(rows(log)[0]).toMatchObject({ call: null, fromStation: true, action: 'Heartbeat' });
  });

  it('puts a CALLRESULTERROR beside the answer it is about', () => {
    const log = new MessageLog();
    log.append([call(1, 'x'), result(2, 'x'), frame(3, OUT, 'Heartbeat', [5, 'x', 'FormatViolation', 'what?', {}])]);
    expect(log.size).toBe(1);
    expect(rows(log)[0]?.rebuttal?.code).toBe('FormatViolation');
    expect(hasProblem(rows(log)[0]!)).toBe(true);
    expect(summaryOf(rows(log)[0]!).answered).toContain('not understood');
  });

  it('says of a request after 30 s that nobody has answered, until somebody does', () => {
    const log = new MessageLog();
    log.append([call(1000, 'x'), frame(1000, OUT, 'S', [6, 's', 'S', {}])]);
    expect(log.expire(31_000).changed).toEqual([]);
    expect(log.expire(31_001).changed).toHaveLength(1);
    expect(hasProblem(rows(log)[0]!)).toBe(true);
    expect(log.expire(40_000).changed).toEqual([]);
    log.append([result(41_000, 'x')]);
    expect(hasProblem(rows(log)[0]!)).toBe(false);
    expect(rows(log)[1]?.unanswered).toBe(false); // a SEND has no answer
  });

  it('passes over frames that it has', () => {
    const log = new MessageLog();
    const one = call(1, 'x');
    log.append([one]);
    expect(log.append([one]).added).toEqual([]);
    expect(log.prepend([one]).prepended).toEqual([]);
    expect(log.frames).toBe(1);
  });

  it('finds the request of an answer that was there first, when one looks back', () => {
    const log = new MessageLog();
    const asked = call(1, 'x');
    log.append([result(9, 'x'), call(10, 'y')]);
    const change = log.prepend([call(0, 'w'), asked]);
    expect(change.prepended.map((row) => row.seq)).toEqual([-2, -1]);
    expect(latency(log.row(-1)!)).toBe(8);
    expect(isHole(log.row(0)!)).toBe(true);
    expect(log.counts.get('Heartbeat')).toBe(3);
  });

  it('pairs within what is put before, too', () => {
    const log = new MessageLog();
    log.append([call(50, 'z')]);
    log.prepend([call(1, 'x'), result(3, 'x'), call(4, 'y')]);
    log.append([result(60, 'y'), result(61, 'z')]);
    expect(rows(log).map(latency)).toEqual([2, 56, 11]);
  });

  it('is a ring: the oldest go first, with their counts and their ids', () => {
    const log = new MessageLog(100);
    const first = call(0, 'first', 'Reset');
    log.append([first]);
    for (let n = 0; n < 300; n += 1) log.append([call(n, `m${n}`), result(n, `m${n}`)]);
    expect(log.frames).toBeLessThanOrEqual(100);
    expect(log.size).toBe(50);
    expect(log.counts.has('Reset')).toBe(false);
    expect(log.counts.get('Heartbeat')).toBe(50);
    expect(log.forgotten).toBe(251);
    expect(log.row(0)).toBeUndefined();
    expect(log.row(log.first)).toBeDefined();
    expect(log.prepend([first]).prepended).toHaveLength(1); // may be read again
  });

  it('holds 20,000 frames and goes on when far more come', () => {
    const log = new MessageLog();
    for (let n = 0; n < 60_000; n += 1) log.append([call(n, `m${n}`)]);
    expect(log.size).toBe(20_000);
    expect(log.next - log.first).toBe(20_000);
    expect(log.expire(1e9).changed).toHaveLength(20_000); // forgets what left
  });

  it('knows its edges, and starts anew when it is cleared', () => {
    const log = new MessageLog();
    const [one, two, three] = [call(1, 'x', 'A', {}, OUT, 'a'), call(2, 'y', 'A', {}, OUT, 'b'), result(3, 'x', 'A')];
    log.append([one, two, three]);
    expect([log.edge(false), log.edge(true)]).toEqual([one.id, three.id]);
    expect([log.edge(false, 'b'), log.edge(true, 'b')]).toEqual([two.id, two.id]);
    log.clear();
    expect([log.size, log.frames, log.edge(true)]).toEqual([0, 0, null]);
    log.append([result(4, 'y', 'A', {}, IN, 'b')]);
    expect(rows(log)[0]?.call).toBeNull();
  });
});

describe('FilteredList', () => {
  const shown = (list: FilteredList) => Array.from({ length: list.length }, (_, index) => list.at(index)?.messageId);
  const only = (changes: Partial<Filter>): Filter => ({ ...EVERYTHING, ...changes });

  function both(): { log: MessageLog; list: FilteredList; take: (change: LogChange) => { before: number; gone: number } } {
    const log = new MessageLog(40);
    const list = new FilteredList(log);
    return { log, list, take: (change) => list.apply(change) };
  }

  it('filters by action, direction, text and problems', () => {
    const { log, list, take } = both();
    take(log.append([
      call(1, 'boot', 'BootNotification', { chargePointVendor: 'Acme' }),
      call(2, 'reset', 'Reset', { type: 'Soft' }, IN),
      call(3, 'auth', 'Authorize', { idTag: 'TAG.1' }),
      result(4, 'boot', 'BootNotification', { status: 'Accepted', note: 'welcome' }),
    ]));
    list.set(only({ actions: new Set(['Reset', 'Authorize']) }));
    expect(shown(list)).toEqual(['reset', 'auth']);
    list.set(only({ direction: 'csms' }));
    expect(shown(list)).toEqual(['reset']);
    list.set(only({ text: 'WELCOME' }));
    expect(shown(list)).toEqual(['boot']);
    list.set(only({ text: 'tag.1' }));
    expect(shown(list)).toEqual(['auth']);
    list.set(only({ text: 'tagx1' }));
    expect(shown(list)).toEqual([]);
    list.set(only({ problems: true }));
    expect(shown(list)).toEqual([]);
    take(log.append([frame(5, IN, 'Authorize', [4, 'auth', 'InternalError', '', {}])]));
    take(log.checked(log.row(0)!, 2));
    expect(shown(list)).toEqual(['boot', 'auth']); // in their own places, not in the order of events
    take(log.checked(log.row(0)!, 0));
    expect(shown(list)).toEqual(['auth']);
  });

  it('follows what comes, what leaves, and what is put before', () => {
    const { log, list, take } = both();
    for (let n = 0; n < 60; n += 1) take(log.append([call(n, `m${n}`)]));
    expect(shown(list)[0]).toBe('m20');
    expect(take(log.append([call(60, 'm60')]))).toEqual({ before: 0, gone: 1 });
    expect(list.length).toBe(40);
    expect(take(log.prepend([call(-1, 'older')]))).toEqual({ before: 1, gone: 0 });
    expect(shown(list).slice(0, 2)).toEqual(['older', 'm21']);
    expect(list.indexOf(log.first)).toBe(0);
    take(log.clear());
    expect(list.length).toBe(0);
  });

  it('shows remarks whatever is filtered, and no empty places', () => {
    const { log, list, take } = both();
    take(log.append([result(9, 'x')]));
    take(log.note(10, '412 messages were not shown: too many at once.'));
    take(log.prepend([call(1, 'x')]));
    expect(shown(list)).toEqual(['x', '']);
    list.set(only({ text: 'nothing has this' }));
    expect(list.at(0)?.note).toContain('412');
  });
});

describe('summaries', () => {
  function told(action: string, asked: unknown, answered?: unknown, way = OUT): string[] {
    const log = new MessageLog();
    log.append([call(1, 'x', action, asked, way)]);
    if (answered !== undefined) log.append([result(2, 'x', action, answered, !way)]);
    const { asked: one, answered: other } = summaryOf(rows(log)[0]!);
    return [one, other];
  }

  it('say what matters, in OCPP 1.6', () => {
    expect(told('StatusNotification', { connectorId: 1, status: 'Charging', errorCode: 'NoError' }, {})).toEqual(['Charging · connector 1', 'OK']);
    expect(told('StatusNotification', { connectorId: 2, status: 'Faulted', errorCode: 'GroundFailure' })[0]).toBe('Faulted · connector 2 · GroundFailure');
    expect(told('BootNotification', { chargePointVendor: 'ABB', chargePointModel: 'Terra', firmwareVersion: '1.2' }, { status: 'Accepted', interval: 60 })).toEqual([
      'ABB Terra · firmware 1.2',
      'Accepted · every 60 s',
    ]);
    expect(told('StartTransaction', { connectorId: 1, idTag: 'AB', meterStart: 12_345 }, { transactionId: 7, idTagInfo: { status: 'Accepted' } })).toEqual([
      'connector 1 · AB · meter 12.35 kWh',
      'Accepted · transaction 7',
    ]);
    expect(told('MeterValues', { connectorId: 1, meterValue: [{ sampledValue: [
      { value: '7200', measurand: 'Power.Active.Import', unit: 'W' },
      { value: '11', measurand: 'Current.Import', phase: 'L1', unit: 'A' },
      { value: '1500' },
      { value: '45', measurand: 'SoC', unit: 'Percent' },
    ] }] })[0]).toBe('connector 1 · 7.2 kW · 1.5 kWh · SoC 45 %');
  });

  it('say what matters, in OCPP 2.x', () => {
    expect(told('TransactionEvent', {
      eventType: 'Started', triggerReason: 'CablePluggedIn', evse: { id: 1, connectorId: 1 },
      idToken: { idToken: 'AB', type: 'ISO14443' }, transactionInfo: { transactionId: 't', chargingState: 'Charging' },
      meterValue: [{ sampledValue: [{ value: 2.5, measurand: 'Energy.Active.Import.Register', unitOfMeasure: { unit: 'Wh', multiplier: 3 } }] }],
    })[0]).toBe('Started · CablePluggedIn · EVSE 1 · AB · Charging · 2.5 kWh');
    expect(told('SetVariables', { setVariableData: [{ component: { name: 'OCPPCommCtrlr' }, variable: { name: 'HeartbeatInterval' }, attributeValue: '5' }, {}] }, { setVariableResult: [{ attributeStatus: 'Rejected' }] }, IN)).toEqual([
      'OCPPCommCtrlr.HeartbeatInterval = 5 · 1 more',
      'Rejected',
    ]);
  });

  it('stay calm whatever comes', () => {
    for (const payload of [null, [], 'text', 7, { meterValue: 7, evse: 'x', status: {}, setVariableData: {} }, { transactionInfo: [1] }]) {
      for (const action of ['MeterValues', 'TransactionEvent', 'StatusNotification', 'SetVariables', 'NotifyEvent', 'SetChargingProfile', 'Nonsense']) {
        expect(told(action, payload, payload)).toHaveLength(2);
      }
    }
    const log = new MessageLog();
    log.append([frame(1, OUT, 'Heartbeat', '[2,"x","Heartb')]);
    expect(summaryOf(rows(log)[0]!).asked).toBe('[2,"x","Heartb');
  });

  it('tell a refusal', () => {
    const log = new MessageLog();
    log.append([call(1, 'x', 'Authorize', { idTag: 'A' }), result(2, 'x', 'Authorize', { idTagInfo: { status: 'Blocked' } })]);
    expect(summaryOf(rows(log)[0]!)).toEqual({ asked: 'A', answered: 'Blocked', refused: true });
  });
});

describe('share', () => {
  it('writes every frame as it crossed the wire, in order', () => {
    const log = new MessageLog();
    log.append([call(1000, 'x'), call(2000, 'y'), result(3000, 'x')]);
    const lines = asJsonLines(log, () => 'CP-1').trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map((line) => line['message'])).toEqual(['[2,"x","Heartbeat",{}]', '[2,"y","Heartbeat",{}]', '[3,"x",{}]']);
    expect(lines[2]).toMatchObject({ at: '1970-01-01T00:00:03.000Z', identity: 'CP-1', direction: 'csms_to_cp', action: 'Heartbeat' });
    expect(asJsonLines([], () => '')).toBe('');
  });

  it('names a message by charger, time and id', () => {
    const log = new MessageLog();
    log.append([call(1234, 'x'), result(1300, 'x')]);
    expect(momentOf(rows(log)[0]!)).toEqual({ charger: 'a', at: '1234', message: 'x' });
    expect(JSON.parse(asJson(rows(log)[0]!))).toMatchObject({ frames: [{ frame: [2, 'x', 'Heartbeat', {}] }, { from: 'csms' }] });
  });
});

/** The schemas that the gateway serves: those of the `ocpp` wheel. */
function schema(folder: string, name: string): Record<string, unknown> {
  const [file] = globSync(`../.venv/lib/python3*/site-packages/ocpp/${folder}/schemas/${name}.json`);
  return JSON.parse(readFileSync(file ?? '', 'utf8').replace(/^\uFEFF/, '')) as Record<string, unknown>;
}

describe('schema marks', () => {
  it('stand at their places, in words (OCPP 1.6)', () => {
    const check = validatorOf(schema('v16', 'StatusNotification'));
    expect(check({ connectorId: 1, status: 'Available', errorCode: 'NoError' })).toEqual([]);
    expect(check({ connectorId: 'one', status: 'Sleeping', colour: 'red' })).toEqual([
      { path: '', message: 'errorCode is missing.' },
      { path: '/connectorId', message: 'Must be a whole number.' },
      { path: '/status', message: expect.stringMatching(/^Must be one of Available, Preparing, .*Faulted\.$/) as string },
      { path: '/colour', message: 'The standard has no such field here.' },
    ]);
  });

  it('reach into lists and references (OCPP 2.0.1)', () => {
    const check = validatorOf(schema('v201', 'MeterValuesRequest'));
    const good = { evseId: 1, meterValue: [{ timestamp: '2026-11-30T20:00:00Z', sampledValue: [{ value: 1.5 }] }] };
    expect(check(good)).toEqual([]);
    const bad = { evseId: 1, meterValue: [{ timestamp: 'yesterday', sampledValue: [] }, { timestamp: '2026-11-30T20:00:00Z', sampledValue: [{ value: 'much' }] }] };
    const marks = check(bad);
    expect(marks.map((mark) => mark.path)).toEqual(['/meterValue/0/sampledValue', '/meterValue/0/timestamp', '/meterValue/1/sampledValue/0/value'].sort());
    expect(marks.find((mark) => mark.path.endsWith('value'))?.message).toBe('Must be a number.');
    for (const mark of marks) expect(valueAt(bad, mark.path)).toBeDefined();
  });

  it('count characters and decimals as the standard means them', () => {
    const check = validatorOf(schema('v16', 'SetChargingProfile'));
    const profile = (limit: number) => ({ connectorId: 1, csChargingProfiles: {
      chargingProfileId: 1, stackLevel: 0, chargingProfilePurpose: 'TxProfile', chargingProfileKind: 'Absolute',
      chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit }] },
    } });
    expect(check(profile(16.1))).toEqual([]);
    expect(check(profile(16.15))).toEqual([
      { path: '/csChargingProfiles/chargingSchedule/chargingSchedulePeriod/0/limit', message: 'Must be a multiple of 0.1.' },
    ]);
    expect(validatorOf(schema('v16', 'Authorize'))({ idTag: 'é'.repeat(20) })).toEqual([]);
    expect(validatorOf(schema('v16', 'Authorize'))({ idTag: 'é'.repeat(21) })).toEqual([
      { path: '/idTag', message: 'Too long: 21 characters, at most 20 are allowed.' },
    ]);
  });

  it('can be made of every schema there is', () => {
    for (const folder of ['v16', 'v201', 'v21']) {
      const files = globSync(`../.venv/lib/python3*/site-packages/ocpp/${folder}/schemas/*.json`);
      expect(files.length).toBeGreaterThan(30);
      for (const file of files) {
        const check = validatorOf(JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')) as Record<string, unknown>);
        expect(check('no object').map((mark) => mark.path), file).toEqual(['']);
      }
    }
  });

  it('have paths that go through odd names', () => {
    const path = step(step('', 'a/b~c'), 0);
    expect(valueAt({ 'a/b~c': ['here'] }, path)).toBe('here');
  });
});
