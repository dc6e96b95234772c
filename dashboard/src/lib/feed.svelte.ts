/** What the whole dashboard follows while somebody is signed in: one stream of the organization's
 *  chargers, jobs and rates. */
import { SvelteMap } from 'svelte/reactivity';

import { authorization, refused } from './api';
import { FleetStore } from './fleet';
import { LiveStream, type LiveStatus } from './live';
import type { ChargersEvent, JobSummary, RatesEvent } from './types';

/** Seconds of rates that are kept. */
export const RATES_KEPT = 300;

/** On the next frame; in a tab that nobody sees there are none, so in a moment. */
function soon(run: () => void): void {
  if (document.visibilityState === 'visible') requestAnimationFrame(run);
  else setTimeout(run, 250);
}

/** The chargers. For drawing, `fleet.subscribe`; for templates, read `feed.tick` first. */
export const fleet = new FleetStore(soon);
/** The jobs that the stream has told of, by id. */
export const jobs = new SvelteMap<string, JobSummary>();

let tick = $state(0);
let status = $state.raw<LiveStatus>({ state: 'closed', reason: null, retryAt: null });
let rates = $state.raw<readonly RatesEvent[]>([]);
let stream: LiveStream | null = null;

fleet.subscribe(() => {
  tick += 1;
});

export const feed = {
  /** Grows with every batch of changes of `fleet`, at most once per frame. */
  get tick(): number {
    return tick;
  },
  get status(): LiveStatus {
    return status;
  },
  /** The last `RATES_KEPT` seconds, oldest first. */
  get rates(): readonly RatesEvent[] {
    return rates;
  },
  retryNow(): void {
    stream?.retryNow();
  },
};

/** Follows the organization that is chosen now, from the beginning. Returns how to stop. */
export function startFeed(): () => void {
  fleet.clear();
  jobs.clear();
  rates = [];
  const mine = new LiveStream({
    headers: authorization,
    onEvent: take,
    onStatus: (now) => {
      if (stream === mine || stream === null) status = now;
    },
    onRefused: refused,
  });
  stream = mine;
  status = mine.status;
  return () => {
    if (stream === mine) stream = null;
    mine.close();
    fleet.clear();
    jobs.clear();
    rates = [];
  };
}

function take(event: string, data: unknown): void {
  if (event === 'hello' && !(data as { resumed: boolean }).resumed) {
    fleet.beginSnapshot();
    jobs.clear();
  } else if (event === 'chargers') fleet.apply(data as ChargersEvent);
  else if (event === 'rates') rates = [...rates.slice(1 - RATES_KEPT), data as RatesEvent];
  else if (event === 'jobs') {
    for (const job of (data as { rows: JobSummary[] }).rows) jobs.set(job.job_id, job);
  }
}
