/** Moments and durations in words. Pure: the present is an argument. */

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric' });

/** "14:03:59.120", or without the milliseconds. */
export function timeOfDay(ms: number, milliseconds = false): string {
  const text = clock.format(ms);
  return milliseconds ? `${text}.${String(Math.floor(ms) % 1000).padStart(3, '0')}` : text;
}

/** "30 Nov 2026, 14:03:59". */
export function dateTime(ms: number): string {
  return `${day.format(ms)}, ${clock.format(ms)}`;
}

/** What the API sends as a moment, in milliseconds; NaN for what is none. */
export function parseMoment(iso: string | null | undefined): number {
  return iso ? Date.parse(iso) : Number.NaN;
}

/** "850 ms", "12 s", "3 min 20 s", "2 h 5 min", "4 days". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}

/** "just now", "12 s ago", "3 min ago", "5 h ago", "4 days ago". */
export function ago(ms: number, now: number): string {
  const seconds = Math.floor((now - ms) / 1000);
  if (seconds < 3) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}
