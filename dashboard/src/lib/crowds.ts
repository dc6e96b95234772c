/** How many of some chargers are in which state. Pure. */
import type { FleetStore } from './fleet';
import { STATES, stateInfo, type Tone } from './states';

/** Chargers by state. */
export type Crowd = ReadonlyMap<string, number>;

export const TONES: readonly Tone[] = ['ok', 'charging', 'busy', 'bad', 'off'];

/** What a colour means when states are added up. */
export const TONE_WORDS: Record<Tone, string> = {
  ok: 'available',
  charging: 'charging',
  busy: 'busy',
  bad: 'in trouble',
  off: 'out of service',
};

/** The chargers of every location, by the location's id; one pass over all of them. */
export function crowds(fleet: FleetStore): Map<string, Map<string, number>> {
  const counts: (Uint32Array | undefined)[] = [];
  const states = fleet.states.values.length;
  for (let row = 0; row < fleet.length; row += 1) {
    if (!fleet.alive[row]) continue;
    const place = fleet.location[row] ?? 0;
    const mine = (counts[place] ??= new Uint32Array(states));
    const state = fleet.state[row] ?? 0;
    mine[state] = (mine[state] ?? 0) + 1;
  }
  const found = new Map<string, Map<string, number>>();
  counts.forEach((mine, place) => {
    if (!mine) return;
    const crowd = new Map<string, number>();
    mine.forEach((number, state) => {
      if (number > 0) crowd.set(fleet.states.text(state), number);
    });
    found.set(fleet.locations.text(place), crowd);
  });
  return found;
}

export function sizeOf(crowd: Crowd): number {
  let sum = 0;
  for (const number of crowd.values()) sum += number;
  return sum;
}

/** By colour, in the order of `TONES`; none with nothing. */
export function byTone(crowd: Crowd): { tone: Tone; number: number }[] {
  const sums = new Map<Tone, number>();
  for (const [state, number] of crowd) {
    const { tone } = stateInfo(state);
    sums.set(tone, (sums.get(tone) ?? 0) + number);
  }
  return TONES.flatMap((tone) => {
    const number = sums.get(tone);
    return number === undefined ? [] : [{ tone, number }];
  });
}

/** By state, in the order of `STATES`; none with nothing. */
export function byState(crowd: Crowd): { state: string; number: number }[] {
  const known = STATES.map(({ id }) => id);
  const others = [...crowd.keys()].filter((state) => !known.includes(state));
  return [...known, ...others].flatMap((state) => {
    const number = crowd.get(state);
    return number === undefined ? [] : [{ state, number }];
  });
}
