/** Jobs in words. Pure. */
import { count, counted } from './numbers';
import type { Tone } from './states';
import { parseMoment } from './time';
import type { JobSummary, ProvisioningStatus } from './types';

export interface JobWord {
  word: string;
  tone: Tone;
}

type Counts = Pick<JobSummary, 'status' | 'total' | 'created' | 'failed'>;

export function isFinal(status: ProvisioningStatus): boolean {
  return status === 'READY' || status === 'FAILED';
}

/** READY only says that the job has ended: how well, the counts say. */
export function jobWord({ status, failed, created }: Counts): JobWord {
  if (status === 'PENDING') return { word: 'Queued', tone: 'busy' };
  if (status === 'PROVISIONING') return { word: 'Creating', tone: 'charging' };
  if (status === 'FAILED') return { word: 'Failed', tone: 'bad' };
  if (failed === 0) return { word: 'Ready', tone: 'ok' };
  return created === 0 ? { word: 'None created', tone: 'bad' } : { word: 'Ready, some failed', tone: 'busy' };
}

/** One sentence about where a job stands. */
export function jobSentence(job: Counts & { current_step: string | null }): string {
  const { status, total, created, failed } = job;
  const left = total - created - failed;
  if (status === 'PENDING') return 'It waits for its turn; nothing has been created yet.';
  if (status === 'PROVISIONING') return `${stepWords(job.current_step)} ${counted(left, 'charger')} to go.`;
  if (status === 'FAILED') {
    return `The job was given up; ${count(created)} of ${counted(total, 'charger')} had been created.`;
  }
  if (failed === 0) return total === 1 ? 'The charger was created.' : `All ${count(total)} chargers were created.`;
  if (created === 0) return `None of the ${counted(total, 'charger')} could be created.`;
  return `${counted(created, 'charger')} ${created === 1 ? 'was' : 'were'} created; ${count(failed)} could not be.`;
}

/** What a step is doing. */
export function stepWords(step: string | null): string {
  if (step === 'register') return 'Writing them down.';
  if (step === 'settle') return 'Hosts are taking them up.';
  return step === null ? 'Starting.' : `Step ${step}.`;
}

/** What a job does: "Create 1,000 chargers". */
export function jobTitle(job: Pick<JobSummary, 'job_type' | 'total'>): string {
  const known = job.job_type === null || /^charger(_bulk)?_create$/.test(job.job_type);
  return known ? `Create ${counted(job.total, 'charger')}` : `${job.job_type?.replaceAll('_', ' ')}`;
}

/** How long it has taken, or takes already, in ms. */
export function tookMs(job: Pick<JobSummary, 'status' | 'created_at' | 'updated_at' | 'provisioned_at'>, now: number): number {
  const ended = parseMoment(job.provisioned_at ?? job.updated_at);
  return Math.max(0, (isFinal(job.status) ? ended : now) - parseMoment(job.created_at));
}

/** A charger that was not created, and why. */
export interface JobFailure {
  identity: string | null;
  error: string;
  code?: string | null;
}

/** The reasons, the most frequent first, and how many chargers have each. */
export function reasons(failures: readonly JobFailure[]): { error: string; number: number }[] {
  const counts = new Map<string, number>();
  for (const { error } of failures) counts.set(error, (counts.get(error) ?? 0) + 1);
  return [...counts]
    .map(([error, number]) => ({ error, number }))
    .sort((one, other) => other.number - one.number);
}

/** Rows as CSV (RFC 4180); a cell that a spreadsheet would take for a formula is made a text. */
export function csv(header: readonly string[], rows: readonly (readonly (string | null)[])[]): string {
  const cell = (value: string | null): string => {
    const text = value ?? '';
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /["\n\r,]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}
