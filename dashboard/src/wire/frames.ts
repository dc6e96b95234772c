/** One OCPP-J frame: what its head says, without reading its payload. Pure. */

export type FrameKind =
  /** A request. */
  | 'call'
  /** A request that nobody answers (OCPP 2.1). */
  | 'send'
  | 'result'
  | 'error'
  /** The answer to an answer that could not be read (OCPP 2.1). */
  | 'resultError'
  /** Not an OCPP-J frame at all. */
  | 'broken';

export interface Frame {
  /** In the message log; null if it has none. */
  id: number | null;
  charger: string;
  /** Epoch milliseconds. */
  at: number;
  fromStation: boolean;
  /** The log knows it for answers, too. */
  action: string;
  /** As it crossed the wire. */
  message: string;
  kind: FrameKind;
  messageId: string;
  /** Of an error: `FormationViolation`. */
  code: string | null;
}

const KINDS: Record<string, FrameKind> = {
  '2': 'call',
  '3': 'result',
  '4': 'error',
  '5': 'resultError',
  '6': 'send',
};
const STRING = '"((?:[^"\\\\]|\\\\.)*)"';
const HEAD = new RegExp(`^\\s*\\[\\s*([2-6])\\s*,\\s*${STRING}\\s*(?:,\\s*(?:${STRING})?|\\])`);
/** Above this a frame is believed by its head alone: nobody waits for the parsing of a report. */
const CHECKED_LENGTH = 4096;

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}

/** Makes a frame of what the stream or the log says of one. */
export function frameOf(
  id: number | null,
  charger: string,
  at: number,
  fromStation: boolean,
  action: string | null,
  message: string,
): Frame {
  const head = HEAD.exec(message);
  const kind = KINDS[head?.[1] ?? ''] ?? 'broken';
  const named = unescaped(head?.[3] ?? '');
  const isRequest = kind === 'call' || kind === 'send';
  const frame: Frame = {
    id,
    charger,
    at,
    fromStation,
    action: action || (isRequest ? named : ''),
    message,
    kind,
    messageId: unescaped(head?.[2] ?? ''),
    code: kind === 'error' || kind === 'resultError' ? named : null,
  };
  if (kind !== 'broken' && isCutOff(message)) frame.kind = 'broken';
  return frame;
}

/** A frame that a fault has cut off in the middle does not end as an array does. */
function isCutOff(message: string): boolean {
  if (!message.trimEnd().endsWith(']')) return true;
  if (message.length > CHECKED_LENGTH) return false;
  try {
    JSON.parse(message);
    return false;
  } catch {
    return true;
  }
}

/** The whole array, or null for a broken frame. */
export function parsed(frame: Frame): unknown[] | null {
  try {
    const value: unknown = JSON.parse(frame.message);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** What the frame carries: the payload, or an error's details. */
export function payloadOf(frame: Frame): unknown {
  const value = parsed(frame);
  if (value === null) return undefined;
  return value[PAYLOAD_AT[frame.kind] ?? value.length - 1];
}

/** Where in the array the payload stands. */
export const PAYLOAD_AT: Record<FrameKind, number> = {
  call: 3,
  send: 3,
  result: 2,
  error: 4,
  resultError: 4,
  broken: 0,
};

/** What an error says of itself. */
export function descriptionOf(frame: Frame): string {
  const said = parsed(frame)?.[3];
  return typeof said === 'string' ? said : '';
}

/** "2.0.1" for "OCPP2.0.1" or "ocpp2.0.1"; null for what is none. */
export function versionNumber(version: string | null | undefined): string | null {
  const found = /^ocpp(.+)$/i.exec(version ?? '');
  return found?.[1] ?? null;
}
