/** Messages as text to take along: JSON, JSON lines, and the query of a link to one. Pure. */
import { type Frame, parsed } from './frames';
import { framesOf, type Exchange } from './log';

/** Both frames of a message, readable. */
export function asJson(row: Exchange): string {
  const frames = framesOf(row).map((frame) => ({
    at: new Date(frame.at).toISOString(),
    from: frame.fromStation ? 'charger' : 'csms',
    frame: parsed(frame) ?? frame.message,
  }));
  return JSON.stringify({ charger: row.charger, action: row.action, frames }, null, 2);
}

/** A line of JSON for each frame, oldest first: as they crossed the wire. */
export function asJsonLines(
  rows: Iterable<Exchange>,
  identityOf: (charger: string) => string,
): string {
  const frames: Frame[] = [];
  for (const row of rows) frames.push(...framesOf(row));
  frames.sort((one, other) => one.at - other.at || (one.id ?? 0) - (other.id ?? 0));
  const lines = frames.map((frame) =>
    JSON.stringify({
      at: new Date(frame.at).toISOString(),
      charger_id: frame.charger,
      identity: identityOf(frame.charger),
      direction: frame.fromStation ? 'cp_to_csms' : 'csms_to_cp',
      action: frame.action,
      message: frame.message,
    }),
  );
  return lines.length ? `${lines.join('\n')}\n` : '';
}

/** The query that opens this message with what was around it. */
export function momentOf(row: Exchange): { charger: string; at: string; message: string } {
  const frame = row.call ?? row.answer ?? row.rebuttal;
  return { charger: row.charger, at: String(frame?.at ?? row.at), message: row.messageId };
}
