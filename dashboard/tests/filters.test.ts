import { describe, expect, it } from 'vitest';

import { active, filtersOf, matcher, narrowed, Problems } from '../src/lib/filters';
import { FleetStore } from '../src/lib/fleet';
import { FleetOrder } from '../src/lib/order';
import type { ChargerRow } from '../src/lib/types';

function row(identity: string, more: Partial<Record<number, unknown>> = {}): ChargerRow {
  const values = [identity, identity, null, 'l1', 'ABB', 'Terra', 'OCPP1.6', 'available', 0, 'h', [], null];
  for (const [at, value] of Object.entries(more)) values[Number(at)] = value as never;
  return values as unknown as ChargerRow;
}

function filled(rows: ChargerRow[]): { fleet: FleetStore; order: FleetOrder; names: () => string[] } {
  const fleet = new FleetStore(() => undefined);
  fleet.apply({ rows, gone: [], snapshot: true, more: false });
  const order = new FleetOrder(fleet);
  order.update((id) => id);
  return { fleet, order, names: () => [...order.rows].map((at) => fleet.identities[at] ?? '') };
}

describe('FleetOrder', () => {
  it('is by location, then by identity with its numbers as numbers', () => {
    const { names } = filled([row('CP-10'), row('cp-9'), row('B', { 3: 'l0' }), row('A', { 3: null })]);
    expect(names()).toEqual(['B', 'cp-9', 'CP-10', 'A']);
  });

  it('stays right while chargers come, go, move and locations get names', () => {
    const { fleet, order, names } = filled([row('A'), row('C'), row('E'), row('Z', { 3: 'l2' })]);
    const renamed = row('A', { 1: 'D' });
    fleet.apply({ rows: [row('B'), renamed, row('E', { 3: 'l2' })], gone: ['C'], snapshot: false, more: false });
    order.update((id) => id);
    expect(names()).toEqual(['B', 'D', 'E', 'Z']);
    order.update((id) => ({ l1: 'South', l2: 'North' })[id] ?? id);
    expect(names()).toEqual(['E', 'Z', 'B', 'D']);
  });
});

describe('filters', () => {
  const chargers = [
    row('north-1', { 3: 'north' }),
    row('north-2', { 3: 'north', 7: 'faulted', 2: 'Bay by the gate' }),
    row('south-1', { 3: 'south', 6: 'OCPP2.1', 5: 'Fast', 7: 'charging' }),
  ];

  function left(query: string): string[] {
    const { fleet, order } = filled(chargers);
    const filters = filtersOf(new URLSearchParams(query));
    const matches = matcher(fleet, filters, new Problems(fleet));
    return [...narrowed(order.rows, fleet, filters)].filter(matches).map((at) => fleet.ids[at] ?? '');
  }

  it('combine', () => {
    expect(left('')).toHaveLength(3);
    expect(left('q=north')).toEqual(['north-1', 'north-2']);
    expect(left('q=GATE north')).toEqual(['north-2']);
    expect(left('location=south')).toEqual(['south-1']);
    expect(left('location=nowhere')).toEqual([]);
    expect(left('version=OCPP1.6&state=faulted&state=charging')).toEqual(['north-2']);
    expect(left('model=ABB Fast')).toEqual(['south-1']);
    expect(active(filtersOf(new URLSearchParams('q=a&state=x&state=y&problem=z')))).toBe(3);
  });
});

describe('Problems', () => {
  it('are the same for all chargers that have the same trouble', () => {
    const refused = (identity: string): ChargerRow =>
      row(identity, { 7: 'waiting', 11: `the CSMS answered HTTP 404 to /ocpp/${encodeURIComponent(identity)}` });
    const broken = [[1, 1, 'Faulted', 'OverCurrentFailure', 0]];
    const { fleet, order } = filled([
      refused('CP 1'),
      refused('CP 2'),
      row('CP 3', { 7: 'faulted', 10: broken }),
      row('CP 4'),
    ]);
    const problems = new Problems(fleet);
    const counts = problems.counts(order.rows).map(({ problem, count }) => [problem, count]);
    expect(counts).toEqual([
      ['the CSMS answered HTTP 404 to /ocpp/…', 2],
      ['a connector reports OverCurrentFailure', 1],
    ]);
  });
});
