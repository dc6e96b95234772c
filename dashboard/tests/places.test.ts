import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { found } from '../src/lib/choices';
import { degreesProblem, pair } from '../src/lib/coordinates';
import { countries, COUNTRY_CODES, timezones } from '../src/lib/countries';
import { byState, byTone, crowds, sizeOf } from '../src/lib/crowds';
import { FleetStore } from '../src/lib/fleet';
import { csv, jobSentence, jobWord, reasons, tookMs } from '../src/lib/jobs';
import type { ChargerRow } from '../src/lib/types';
import { slice } from '../src/lib/window';

describe('choices', () => {
  const zones = [
    { value: 'Europe/Paris', label: 'Europe/Paris', note: 'GMT+1' },
    { value: 'America/New_York', label: 'America/New York', note: 'GMT-5' },
    { value: 'RE', label: 'Réunion' },
  ];
  const find = (typed: string): string[] => found(zones, typed).map(({ value }) => value);

  it('are found by any of their words, whatever the accents', () => {
    expect(find('new york')).toEqual(['America/New_York']);
    expect(find('reunion')).toEqual(['RE']);
    expect(find('paris eur')).toEqual(['Europe/Paris']);
    expect(find('')).toHaveLength(3);
    expect(find('mars')).toEqual([]);
  });

  it('begin with those that begin so', () => {
    const codes = found(countries(), 'de').map(({ value }) => value);
    expect(codes[0]).toBe('DK'); // Denmark begins with it, Germany is DE
    expect(codes.slice(0, 2)).toContain('DE');
  });

  it('of countries are those that the gateway takes', () => {
    const python = readFileSync(new URL('../../src/voltfleet/domain/countries.py', import.meta.url), 'utf8');
    const taken = /_ASSIGNED = """([^"]*)"""/.exec(python)?.[1]?.trim().split(/\s+/);
    expect(COUNTRY_CODES).toEqual(taken);
    expect(countries().find(({ value }) => value === 'FR')?.label).toBe('France');
  });

  it('of time zones are names that a person can type', () => {
    expect(timezones()[0]?.value).toBe('UTC');
    expect(found(timezones(), 'new york')[0]?.value).toBe('America/New_York');
  });
});

describe('coordinates', () => {
  it('are taken as maps copy them', () => {
    expect(pair('48.8918, 2.2380')).toEqual(['48.8918', '2.2380']);
    expect(pair('(-33.86; 151.2)')).toEqual(['-33.86', '151.2']);
    expect(pair('48.8918')).toBeNull();
  });

  it('are checked in degrees', () => {
    expect(degreesProblem('90', 90)).toBeNull();
    expect(degreesProblem('-90.1', 90)).toMatch(/between -90 and 90/);
    expect(degreesProblem('north', 180)).toMatch(/number of degrees/);
    expect(degreesProblem(' ', 180)).toMatch(/Give the longitude/);
  });
});

describe('chargers by location', () => {
  const row = (id: string, state: string, place: string | null): ChargerRow => [
    id, `CP-${id}`, null, place, 'ABB', 'Terra', 'OCPP1.6', state, 0, null, [], null,
  ];
  const fleet = new FleetStore((run) => run());
  fleet.apply({
    rows: [
      row('3', 'charging', 'north'),
      row('1', 'available', 'north'),
      row('2', 'faulted', 'south'),
      row('4', 'connecting', 'north'),
      row('5', 'registering', 'north'),
      row('6', 'available', null),
    ],
    gone: [],
    snapshot: true,
    more: false,
  });

  it('are counted by state', () => {
    const north = crowds(fleet).get('north') ?? new Map<string, number>();
    expect(sizeOf(north)).toBe(4);
    expect(byTone(north)).toEqual([
      { tone: 'ok', number: 1 },
      { tone: 'charging', number: 1 },
      { tone: 'busy', number: 2 },
    ]);
    expect(byState(north).map(({ state }) => state)).toEqual(['available', 'charging', 'connecting', 'registering']);
    expect(crowds(fleet).get('south')).toEqual(new Map([['faulted', 1]]));
  });
});

describe('jobs', () => {
  const job = (given: object) => ({
    status: 'READY' as const, total: 1000, created: 1000, failed: 0, current_step: null, ...given,
  });

  it('that are READY are told by how many chargers there are', () => {
    expect(jobWord(job({}))).toEqual({ word: 'Ready', tone: 'ok' });
    expect(jobSentence(job({}))).toBe('All 1,000 chargers were created.');
    expect(jobWord(job({ created: 990, failed: 10 })).word).toBe('Ready, some failed');
    expect(jobSentence(job({ created: 990, failed: 10 }))).toBe('990 chargers were created; 10 could not be.');
    expect(jobWord(job({ created: 0, failed: 1000 })).tone).toBe('bad');
    expect(jobSentence(job({ created: 0, failed: 1000 }))).toBe('None of the 1,000 chargers could be created.');
  });

  it('that go on are told by what is left', () => {
    const going = job({ status: 'PROVISIONING', created: 300, failed: 5, current_step: 'register' });
    expect(jobSentence(going)).toBe('Writing them down. 695 chargers to go.');
  });

  it('take as long as until they ended', () => {
    const times = { created_at: '2026-11-30T12:00:00Z', updated_at: '2026-11-30T12:00:02Z', provisioned_at: null };
    const now = Date.parse('2026-11-30T12:01:00Z');
    expect(tookMs({ status: 'PROVISIONING', ...times }, now)).toBe(60_000);
    expect(tookMs({ status: 'FAILED', ...times }, now)).toBe(2000);
    expect(tookMs({ status: 'READY', ...times, provisioned_at: '2026-11-30T12:00:01Z' }, now)).toBe(1000);
  });

  it('give their failures by reason, and as a table that no spreadsheet computes', () => {
    const failed = [
      { identity: 'a', error: 'It is there.' },
      { identity: 'b', error: 'No host.' },
      { identity: '=c', error: 'It is there.' },
    ];
    expect(reasons(failed)).toEqual([
      { error: 'It is there.', number: 2 },
      { error: 'No host.', number: 1 },
    ]);
    expect(csv(['identity', 'error'], [['=c', 'a, "b"'], ['d', null]])).toBe(
      'identity,error\r\n\'=c,"a, ""b"""\r\nd,\r\n',
    );
  });
});

describe('a long list', () => {
  it('is drawn where it is in sight, and a little around', () => {
    expect(slice(20_000, 40, 0, 400)).toEqual({ first: 0, end: 18 });
    expect(slice(20_000, 40, 4000, 400)).toEqual({ first: 92, end: 118 });
    expect(slice(10, 40, 4000, 400)).toEqual({ first: 10, end: 10 });
    expect(slice(0, 40, 0, 400)).toEqual({ first: 0, end: 0 });
  });
});
