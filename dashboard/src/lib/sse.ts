/** The wire format of server-sent events. Pure. */

export interface SseEvent {
  event: string;
  data: string;
  /** The last id seen, as the standard has it: an event without one keeps the one before. */
  id: string;
}

/** Text in, in any pieces; events out. */
export class SseParser {
  /** What the server asks us to wait before the next attempt, once it has said so. */
  retryMs: number | null = null;
  #rest = '';
  #event = '';
  #data: string[] = [];
  #id = '';

  /** The events that `text` completes. */
  feed(text: string): SseEvent[] {
    const events: SseEvent[] = [];
    const all = this.#rest + text;
    let from = 0;
    for (;;) {
      const end = all.indexOf('\n', from);
      if (end < 0) break;
      const line = all.slice(from, all[end - 1] === '\r' ? end - 1 : end);
      from = end + 1;
      if (line !== '') this.#take(line);
      else if (this.#data.length > 0) {
        events.push({ event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id });
        this.#event = '';
        this.#data = [];
      } else this.#event = '';
    }
    this.#rest = all.slice(from);
    return events;
  }

  #take(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
  }
}

/** How long to wait before attempt number `attempt` (from 1): doubling, capped, and spread out, so
 *  that the dashboards of a gateway that comes back do not all return in the same moment. */
export function backOffMs(attempt: number, random: number, base = 500, most = 15_000): number {
  const full = Math.min(most, base * 2 ** (attempt - 1));
  return Math.round(full * (0.5 + random / 2));
}
