import { describe, expect, it } from 'vitest';

import { FleetStore, type FleetChange } from '../src/lib/fleet';
import type { ChargerRow, ChargersEvent } from '../src/lib/types';

function row(id: string, state = 'available', location = 'north'): ChargerRow {
  return [id, `CP-${id}`, null, location, 'ABB', 'Terra', 'OCPP2.0.1', state, 5, 'host-1', [], null];
}

function event(rows: ChargerRow[], more: Partial<ChargersEvent> = {}): ChargersEvent {
  return { rows, gone: [], snapshot: false, more: false, ...more };
}

/** A store whose frames are drawn by hand. */
function store(): { fleet: FleetStore; draw: () => void; changes: FleetChange[] } {
  let due: (() => void)[] = [];
  const fleet = new FleetStore((run) => due.push(run));
  const changes: FleetChange[] = [];
  fleet.subscribe((change) => changes.push(change));
  const draw = (): void => {
    const now = due;
    due = [];
    for (const run of now) run();
  };
  return { fleet, draw, changes };
}

describe('FleetStore', () => {
  it('tells of all the changes between two frames at once', () => {
    const { fleet, draw, changes } = store();
    fleet.apply(event([row('a'), row('b')], { snapshot: true }));
    fleet.apply(event([row('a', 'charging')]));
    expect(changes).toEqual([]);
    draw();
    expect(changes).toEqual([{ rows: new Set([0, 1]), structure: true }]);
    fleet.apply(event([row('b', 'faulted')]));
    draw();
    expect(changes[1]).toEqual({ rows: new Set([1]), structure: false });
    expect(fleet.charger(1)).toMatchObject({ identity: 'CP-b', state: 'faulted', model: 'Terra' });
  });

  it('keeps the row of a charger through a second snapshot, and drops who is not in it', () => {
    const { fleet } = store();
    fleet.apply(event([row('a'), row('b'), row('c')], { snapshot: true }));
    const kept = fleet.rowOf('c');
    fleet.beginSnapshot();
    fleet.apply(event([row('c')], { snapshot: true, more: true }));
    expect(fleet.size).toBe(3);
    fleet.apply(event([row('d')], { snapshot: true }));
    expect(fleet.size).toBe(2);
    expect(fleet.rowOf('c')).toBe(kept);
    expect(fleet.rowOf('a')).toBeUndefined();
  });

  it('uses the rows of chargers that are gone again', () => {
    const { fleet } = store();
    fleet.apply(event([row('a'), row('b')]));
    fleet.apply(event([], { gone: ['a', 'unknown'] }));
    fleet.apply(event([row('c')]));
    expect(fleet.length).toBe(2);
    expect([...fleet.alive.subarray(0, 2)]).toEqual([1, 1]);
    expect(fleet.charger(fleet.rowOf('c') ?? -1).id).toBe('c');
  });

  it('grows past any number of chargers', () => {
    const { fleet } = store();
    const many = Array.from({ length: 20_000 }, (_, index) => row(String(index), 'online?'));
    fleet.apply(event(many, { snapshot: true }));
    expect(fleet.size).toBe(20_000);
    expect(fleet.charger(19_999)).toMatchObject({ id: '19999', state: 'online?', hostId: 'host-1' });
  });
});
