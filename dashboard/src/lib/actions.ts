/** Commands to many chargers at once. */
import { api } from './api';
import { ApiError, words } from './errors';
import type { FleetStore } from './fleet';
import type { LocationCommand } from './types';

export interface Outcome {
  queued: number;
  failed: number;
  /** Why the first of those that failed did. */
  reason: string | null;
}

const AT_ONCE = 6;

/** A command route that takes a location's chargers in one request: `plug-connector`,
 *  `start-session` and the like. */
export async function command(
  fleet: FleetStore,
  rows: readonly number[],
  name: string,
  event: Record<string, unknown> = {},
): Promise<Outcome> {
  const outcome: Outcome = { queued: 0, failed: 0, reason: null };
  const targets = targetsOf(fleet, rows);
  await eachOf(targets, async ({ target, size }) => {
    try {
      const answer = await api.post<LocationCommand>(`/ocpp/commands/${name}`, { target, event });
      outcome.queued += answer.queued_count;
      outcome.failed += answer.failed_count;
      outcome.reason ??= answer.failed[0]?.error ?? null;
    } catch (error) {
      outcome.failed += size;
      outcome.reason ??= words(error);
    }
  });
  return outcome;
}

/** Starts, stops or restarts their runtimes; there, each charger is a request of its own. */
export async function runtime(
  fleet: FleetStore,
  rows: readonly number[],
  verb: 'start' | 'stop' | 'reset',
  onProgress: (done: number) => void,
): Promise<Outcome> {
  const outcome: Outcome = { queued: 0, failed: 0, reason: null };
  const ids = rows.map((row) => fleet.ids[row] ?? '');
  await eachOf(ids, async (id) => {
    try {
      await patiently(() => api.post(`/ocpp/chargers/${encodeURIComponent(id)}/${verb}-charger`));
      outcome.queued += 1;
    } catch (error) {
      outcome.failed += 1;
      outcome.reason ??= words(error);
    }
    onProgress(outcome.queued + outcome.failed);
  });
  return outcome;
}

/** The fewest targets that name exactly these chargers. */
export function targetsOf(
  fleet: FleetStore,
  rows: readonly number[],
): { target: Record<string, unknown>; size: number }[] {
  const there = new Map<number, number>();
  for (let row = 0; row < fleet.length; row += 1) {
    const location = fleet.location[row] ?? 0;
    if (fleet.alive[row]) there.set(location, (there.get(location) ?? 0) + 1);
  }
  const byLocation = new Map<number, string[]>();
  for (const row of rows) {
    const location = fleet.location[row] ?? 0;
    const ids = byLocation.get(location);
    if (ids) ids.push(fleet.ids[row] ?? '');
    else byLocation.set(location, [fleet.ids[row] ?? '']);
  }
  const targets: { target: Record<string, unknown>; size: number }[] = [];
  for (const [location, ids] of byLocation) {
    if (location === 0) {
      targets.push(...ids.map((id) => ({ target: { charger_id: id }, size: 1 })));
      continue;
    }
    const target: Record<string, unknown> = { location_id: fleet.locations.text(location) };
    if (ids.length < (there.get(location) ?? 0)) target['charger_ids'] = ids;
    targets.push({ target, size: ids.length });
  }
  return targets;
}

/** "128 queued", "3 of 128 refused: the charger is stopped". */
export function told(outcome: Outcome, verb: string): { text: string; tone: 'ok' | 'bad' } {
  const all = outcome.queued + outcome.failed;
  if (!outcome.failed) return { text: `${verb}: sent to ${all.toLocaleString('en')}.`, tone: 'ok' };
  const text = `${verb}: ${outcome.failed.toLocaleString('en')} of ${all.toLocaleString('en')} refused. ${outcome.reason ?? ''}`;
  return { text, tone: 'bad' };
}

/** Again when the gateway asks to wait, a few times. */
async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const wait = error instanceof ApiError ? error.retryAfter : null;
      if (wait === null || wait > 10 || tries === 5) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const item = items[next] as T;
      next += 1;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
}
