/** What matters in a message, on one line. A small table by action. Pure. */
import { descriptionOf, payloadOf, type Frame } from './frames';
import type { Exchange } from './log';

export interface Summary {
  asked: string;
  /** What was answered, in a word or two. */
  answered: string;
  /** The answer says no. */
  refused: boolean;
}

type Bag = Record<string, unknown>;
type Told = string | null | undefined | false;

const dot = (...parts: Told[]): string => parts.filter(Boolean).join(' · ');
const bag = (value: unknown): Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Bag) : {};
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The value as text, if it is one that fits a line. */
function word(value: unknown): string {
  if (typeof value === 'string') return value.length > 60 ? `${value.slice(0, 57)}…` : value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return '';
}

function named(name: string, value: unknown): string {
  const text = word(value);
  return text && `${name} ${text}`;
}

function many(value: unknown, one: string, more = `${one}s`): string {
  const count = list(value).length;
  return Array.isArray(value) ? `${count} ${count === 1 ? one : more}` : '';
}

const UNITS: Record<string, [number, string]> = {
  Wh: [1000, 'kWh'],
  W: [1000, 'kW'],
  VA: [1000, 'kVA'],
};

function amount(value: number, unit: string): string {
  const [step, larger] = UNITS[unit] ?? [Number.POSITIVE_INFINITY, ''];
  if (Math.abs(value) >= step) return `${trimmed(value / step)} ${larger}`;
  return unit === 'Percent' ? `${trimmed(value)} %` : `${trimmed(value)} ${unit}`.trim();
}

function trimmed(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** The newest of the meter's values that people look for: power, energy, state of charge. */
function metered(values: unknown): string {
  const samples = list(bag(list(values).at(-1))['sampledValue']).map(bag);
  const find = (measurand: string): string => {
    const sample = samples.find(
      (one) => (one['measurand'] ?? 'Energy.Active.Import.Register') === measurand && !one['phase'],
    );
    if (!sample) return '';
    const unit = bag(sample['unitOfMeasure']);
    const factor = 10 ** Number(unit['multiplier'] ?? 0);
    const value = Number(sample['value']) * factor;
    const kind = { Power: 'W', Energy: 'Wh', SoC: 'Percent' }[measurand.split('.')[0] ?? ''] ?? '';
    if (Number.isNaN(value)) return word(sample['value']);
    return amount(value, word(sample['unit']) || word(unit['unit']) || kind);
  };
  const charge = find('SoC');
  return dot(
    find('Power.Active.Import'),
    find('Energy.Active.Import.Register'),
    charge && `SoC ${charge}`,
  );
}

const place = (p: Bag): string => {
  const evse = bag(p['evse']);
  const id = p['evseId'] ?? evse['id'];
  const connector = p['connectorId'] ?? evse['connectorId'];
  // Most EVSEs have one connector; it need not be named.
  if (id !== undefined && connector === 1) return named('EVSE', id);
  return dot(named('EVSE', id), named('connector', connector));
};

const token = (value: unknown): string => word(bag(value)['idToken'] ?? value);
const wh = (value: unknown): string => (typeof value === 'number' ? amount(value, 'Wh') : '');

function variable(value: unknown): string {
  const { component, variable: which } = bag(value);
  return [bag(component)['name'], bag(which)['name']].map(word).filter(Boolean).join('.');
}

function profile(value: unknown): string {
  const given = bag(value);
  const schedule = bag(list(given['chargingSchedule'])[0] ?? given['chargingSchedule']);
  const first = bag(list(schedule['chargingSchedulePeriod'])[0]);
  const limit = first['limit'];
  return dot(
    word(given['chargingProfilePurpose']),
    typeof limit === 'number' && amount(limit, word(schedule['chargingRateUnit'])),
  );
}

function firstAnd(values: unknown, tell: (value: unknown) => string): string {
  const all = list(values);
  const rest = all.length - 1;
  return dot(tell(all[0]), rest > 0 && `${rest} more`);
}

const ASKED: Record<string, (p: Bag) => string> = {
  Authorize: (p) => token(p['idToken'] ?? p['idTag']),
  BootNotification: (p) => {
    const station = bag(p['chargingStation']);
    const vendor = p['chargePointVendor'] ?? station['vendorName'];
    const model = p['chargePointModel'] ?? station['model'];
    return dot(
      [vendor, model].map(word).filter(Boolean).join(' '),
      named('firmware', p['firmwareVersion'] ?? station['firmwareVersion']),
      word(p['reason']),
    );
  },
  Heartbeat: () => '',
  StatusNotification: (p) => {
    const code = p['errorCode'];
    return dot(
      word(p['status'] ?? p['connectorStatus']),
      place(p),
      code !== 'NoError' && word(code),
      word(p['info']),
    );
  },
  StartTransaction: (p) => dot(place(p), token(p['idTag']), named('meter', wh(p['meterStart']))),
  StopTransaction: (p) =>
    dot(
      named('transaction', p['transactionId']),
      named('meter', wh(p['meterStop'])),
      word(p['reason']),
      token(p['idTag']),
    ),
  MeterValues: (p) => dot(place(p), metered(p['meterValue'])),
  TransactionEvent: (p) => {
    const about = bag(p['transactionInfo']);
    const trigger = p['triggerReason'];
    return dot(
      word(p['eventType']),
      // The state that it changed to says more.
      !(trigger === 'ChargingStateChanged' && about['chargingState']) && word(trigger),
      place(p),
      token(p['idToken']),
      word(about['chargingState']),
      word(about['stoppedReason']),
      metered(p['meterValue']),
    );
  },
  NotifyEvent: (p) =>
    firstAnd(p['eventData'], (one) =>
      [variable(one), word(bag(one)['actualValue'])].filter(Boolean).join(' = '),
    ),
  NotifyReport: (p) => dot(many(p['reportData'], 'variable'), p['tbc'] === true && 'more follow'),
  SecurityEventNotification: (p) => dot(word(p['type']), word(p['techInfo'])),
  DataTransfer: (p) => dot(word(p['vendorId']), word(p['messageId']), word(p['data'])),
  RemoteStartTransaction: (p) => dot(token(p['idTag']), place(p), profile(p['chargingProfile'])),
  RemoteStopTransaction: (p) => named('transaction', p['transactionId']),
  RequestStartTransaction: (p) =>
    dot(token(p['idToken']), place(p), profile(p['chargingProfile'])),
  RequestStopTransaction: (p) => named('transaction', p['transactionId']),
  ChangeConfiguration: (p) => `${word(p['key'])} = ${word(p['value'])}`,
  GetConfiguration: (p) =>
    Array.isArray(p['key']) ? firstAnd(p['key'], (one) => word(one)) : 'everything',
  SetVariables: (p) =>
    firstAnd(p['setVariableData'], (one) => `${variable(one)} = ${word(bag(one)['attributeValue'])}`),
  GetVariables: (p) => firstAnd(p['getVariableData'], variable),
  ChangeAvailability: (p) => dot(word(p['type'] ?? p['operationalStatus']), place(p)),
  SetChargingProfile: (p) =>
    dot(place(p), profile(p['csChargingProfiles'] ?? p['chargingProfile'])),
  SendLocalList: (p) =>
    dot(
      word(p['updateType']),
      named('version', p['listVersion'] ?? p['versionNumber']),
      many(p['localAuthorizationList'], 'token'),
    ),
  ReserveNow: (p) =>
    dot(token(p['idTag'] ?? p['idToken']), place(p), named('until', p['expiryDate'] ?? p['expiryDateTime'])),
  TriggerMessage: (p) => dot(word(p['requestedMessage']), place(p)),
  UnlockConnector: (p) => place(p),
  Reset: (p) => dot(word(p['type']), place(p)),
};

const ANSWERED: Record<string, (p: Bag) => string> = {
  BootNotification: (p) => dot(word(p['status']), typeof p['interval'] === 'number' && `every ${p['interval']} s`),
  StartTransaction: (p) =>
    dot(word(bag(p['idTagInfo'])['status']), named('transaction', p['transactionId'])),
  Heartbeat: (p) => word(p['currentTime']),
  GetConfiguration: (p) => dot(many(p['configurationKey'], 'key'), many(p['unknownKey'], 'unknown', 'unknown')),
  SetVariables: (p) => firstAnd(p['setVariableResult'], (one) => word(bag(one)['attributeStatus'])),
  GetVariables: (p) =>
    firstAnd(p['getVariableResult'], (one) =>
      dot(word(bag(one)['attributeStatus']), named('=', bag(one)['attributeValue'])),
    ),
  TransactionEvent: (p) =>
    dot(word(bag(p['idTokenInfo'])['status']), named('cost', p['totalCost'])),
};

const REFUSED = new Set([
  'Rejected',
  'Invalid',
  'Blocked',
  'Expired',
  'ConcurrentTx',
  'Failed',
  'UnlockFailed',
  'NotSupported',
  'NotImplemented',
  'Unknown',
  'UnknownVendorId',
  'UnknownMessageId',
  'UnknownComponent',
  'UnknownVariable',
  'UnknownVendor',
  'UnknownConnector',
  'Faulted',
  'Occupied',
  'Unavailable',
  'VersionMismatch',
  'NoCredit',
  'NotAllowedTypeEVSE',
  'NotAtThisLocation',
  'NotAtThisTime',
]);

/** The status that an answer gives, wherever it stands. */
function statusOf(p: Bag): string {
  const first = bag(list(p['setVariableResult'] ?? p['getVariableResult'])[0]);
  const places = [p, bag(p['idTagInfo']), bag(p['idTokenInfo'])];
  const found = places.map((one) => one['status']).find((status) => typeof status === 'string');
  return word(found ?? first['attributeStatus']);
}

/** Some of what it says, for actions that the table does not know. */
function anything(p: Bag): string {
  const short = Object.entries(p).filter(([, value]) => word(value) !== '');
  return dot(...short.slice(0, 3).map(([name, value]) => `${name} ${word(value)}`));
}

function safely(tell: () => string): string {
  try {
    return tell();
  } catch {
    return ''; // a payload of any shape may come
  }
}

function askedOf(action: string, frame: Frame): string {
  if (frame.kind === 'broken') return frame.message.slice(0, 120);
  const payload = bag(payloadOf(frame));
  return safely(() => (ASKED[action] ?? anything)(payload));
}

function answeredOf(action: string, frame: Frame): [string, boolean] {
  if (frame.kind === 'broken') return ['not a message', false];
  if (frame.kind === 'error') {
    const why = descriptionOf(frame);
    return [dot(frame.code ?? 'Error', why.slice(0, 100)), false];
  }
  const payload = bag(payloadOf(frame));
  const status = safely(() => statusOf(payload));
  const reason = word(bag(payload['statusInfo'])['reasonCode']);
  const told = safely(() => (ANSWERED[action] ?? (() => dot(status, reason)))(payload));
  return [told || (Object.keys(payload).length ? safely(() => anything(payload)) : 'OK'), REFUSED.has(status)];
}

/** One line about a message and its answer. */
export function summaryOf(row: Exchange): Summary {
  const [answered, refused] = row.answer ? answeredOf(row.action, row.answer) : ['', false];
  const asked = row.call ? askedOf(row.action, row.call) : '';
  if (!row.rebuttal) return { asked, answered, refused };
  const why = dot('answer not understood', row.rebuttal.code);
  return { asked, answered: dot(answered, why), refused };
}

const kept = new WeakMap<Exchange, { revision: number; summary: Summary }>();

/** The same, made once. */
export function summary(row: Exchange): Summary {
  const known = kept.get(row);
  if (known?.revision === row.revision) return known.summary;
  const made = summaryOf(row);
  kept.set(row, { revision: row.revision, summary: made });
  return made;
}
