/** The form that creates chargers: what it sends, which identities that will make, and what is wrong
 *  with it. The rules are the gateway's (`domain/identities.py`), which has the last word. Pure. */
import { ApiError } from './errors';
import { count as figure } from './numbers';

/** One group as it is typed: every field is a text, and named as the API names it. */
export interface GroupForm {
  /** Tells the groups of a form apart while they are added and taken away. */
  key: number;
  brand_slug: string;
  model_slug: string;
  connector_type: string;
  ocpp_version: string;
  ws_url: string;
  identity_prefix: string;
  template_name: string;
  /** Suffixes, one a line. */
  charger_ids: string;
  chargers_number: string;
  security_profile: string;
  authorization_key: string;
  ca_certificate: string;
  client_certificate: string;
  client_key: string;
}

export type GroupField = Exclude<keyof GroupForm, 'key'>;

/** A group as the gateway takes it. */
export interface ChargerGroup {
  template: Record<string, string | number>;
  charger_ids?: string[];
  chargers_number?: number;
}

/** What is wrong with a group, by field. */
export type Problems = Partial<Record<GroupField, string>>;

export const OCPP_VERSIONS = ['OCPP1.6', 'OCPP2.0.1', 'OCPP2.1'] as const;

const MAX_LENGTH = 48;
const IDENTITY = /^[A-Za-z0-9*\-_=:+|@.]*$/;
const CHARACTERS = 'letters, digits and * - _ = : + | @ .';
/** Up to so many random identities have the short suffix. */
const FEW = 100;
const FEW_DIGITS = 8;
const MANY_DIGITS = 12;
/** What each security profile needs, and what it may have. */
const NEEDED: Record<string, readonly GroupField[]> = {
  '0': [],
  '1': ['authorization_key'],
  '2': ['authorization_key'],
  '3': ['client_certificate', 'client_key'],
};
const FITTING: Record<string, readonly GroupField[]> = {
  '0': [],
  '1': ['authorization_key'],
  '2': ['authorization_key', 'ca_certificate'],
  '3': ['ca_certificate', 'client_certificate', 'client_key'],
};

/** Whether a security profile has a use for that field. */
export function fits(profile: string, field: GroupField): boolean {
  return FITTING[profile]?.includes(field) ?? false;
}

export function emptyGroup(key: number, given: Partial<GroupForm> = {}): GroupForm {
  return {
    key,
    brand_slug: '',
    model_slug: '',
    connector_type: '',
    ocpp_version: 'OCPP1.6',
    ws_url: '',
    identity_prefix: 'CP-',
    template_name: '',
    charger_ids: '',
    chargers_number: '100',
    security_profile: '0',
    authorization_key: '',
    ca_certificate: '',
    client_certificate: '',
    client_key: '',
    ...given,
  };
}

/** The suffixes that are typed: one a line, and a pasted list with commas is one too. */
export function suffixes(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}

/** How many chargers the group asks for; NaN if that cannot be told. */
export function size(group: GroupForm): number {
  const typed = group.chargers_number.trim();
  if (!typed) return suffixes(group.charger_ids).length;
  const number = Number(typed);
  return Number.isInteger(number) && number >= 1 ? number : Number.NaN;
}

export interface Preview {
  total: number;
  /** Full identities that are known now, in order. */
  named: string[];
  /** How many more get random digits, and what those look like. */
  random: number;
  pattern: string;
  /** Suffixes that are left out, because the number is smaller than the list. */
  cut: number;
}

/** The identities that a group will make. */
export function preview(group: GroupForm): Preview {
  const given = suffixes(group.charger_ids);
  const total = size(group);
  const whole = Number.isNaN(total) ? given.length : total;
  const kept = given.slice(0, whole);
  const random = whole - kept.length;
  const prefix = group.identity_prefix.trim();
  return {
    total: whole,
    named: kept.map((suffix) => prefix + suffix),
    random,
    pattern: prefix + '•'.repeat(digits(random)),
    cut: given.length - kept.length,
  };
}

function digits(random: number): number {
  if (random === 0) return 0;
  return random <= FEW ? FEW_DIGITS : MANY_DIGITS;
}

/** The group as it is sent. Fields that are empty are left out. */
export function toGroup(form: GroupForm): ChargerGroup {
  const template: Record<string, string | number> = {
    brand_slug: form.brand_slug,
    model_slug: form.model_slug,
    connector_type: form.connector_type,
    ocpp_version: form.ocpp_version,
    ws_url: form.ws_url.trim(),
  };
  const prefix = form.identity_prefix.trim();
  if (prefix) template['identity_prefix'] = prefix;
  if (form.template_name.trim()) template['template_name'] = form.template_name.trim();
  if (form.security_profile !== '0') {
    template['security_profile'] = Number(form.security_profile);
    for (const field of FITTING[form.security_profile] ?? []) {
      const value = form[field].trim();
      if (value) template[field] = value;
    }
  }
  const group: ChargerGroup = { template };
  const ids = suffixes(form.charger_ids);
  if (ids.length > 0) group.charger_ids = ids;
  const number = form.chargers_number.trim();
  if (number) group.chargers_number = Number(number);
  return group;
}

/** What is wrong with the groups, by group and field, before anything is sent. */
export function check(groups: readonly GroupForm[]): Problems[] {
  const seen = new Map<string, number>();
  return groups.map((group, index) => {
    const problems: Problems = {};
    if (!group.brand_slug) problems.brand_slug = 'Choose a brand.';
    if (!group.model_slug) problems.model_slug = 'Choose a model.';
    if (group.model_slug && !group.connector_type) problems.connector_type = 'Choose a connector.';
    const url = urlProblem(group.ws_url.trim());
    if (url) problems.ws_url = url;
    checkIdentities(group, index, seen, problems);
    checkSecurity(group, problems);
    return problems;
  });
}

/** What is wrong with a CSMS address, as far as can be told without the gateway. */
export function urlProblem(url: string): string | null {
  if (!url) return 'Where is the CSMS? Give its ws:// or wss:// address.';
  if (!/^wss?:\/\//i.test(url)) return 'The URL must start with ws:// or wss://';
  if (/[^\x21-\x7e]|\\/.test(url)) return 'The URL must be printable ASCII without spaces or backslashes.';
  if (url.includes('#')) return 'The URL must not have a fragment (#…).';
  const host = /^wss?:\/\/([^/?]*)/i.exec(url)?.[1] ?? '';
  if (host.includes('@')) return 'The URL must not contain credentials.';
  return URL.canParse(url) && host ? null : 'The URL’s host or port cannot be read.';
}

/** What a charger will dial: its identity is the last segment of the path. */
export function dialled(url: string, identity: string): string {
  const typed = url.trim();
  const query = typed.indexOf('?');
  const path = (query < 0 ? typed : typed.slice(0, query)).replace(/\/+$/, '');
  return `${path}/${identity.replaceAll('|', '%7C')}${query < 0 ? '' : typed.slice(query)}`;
}

function checkIdentities(
  group: GroupForm,
  index: number,
  seen: Map<string, number>,
  problems: Problems,
): void {
  const { named, random, pattern, total } = preview(group);
  if (Number.isNaN(size(group))) problems.chargers_number = 'How many? A whole number from 1.';
  else if (total === 0) problems.chargers_number = 'Give a number, or name the chargers one by one.';
  const prefix = group.identity_prefix.trim();
  if (!IDENTITY.test(prefix)) problems.identity_prefix = `An identity may have only ${CHARACTERS}`;
  else if (random > 0 && pattern.length > MAX_LENGTH) {
    problems.identity_prefix = tooLong(pattern.length);
  }
  for (const identity of named) {
    const first = seen.get(identity);
    const suffix = identity.slice(prefix.length);
    if (!IDENTITY.test(suffix)) problems.charger_ids ??= `“${suffix}”: an identity may have only ${CHARACTERS}`;
    else if (identity.length > MAX_LENGTH) problems.charger_ids ??= `${suffix}: ${tooLong(identity.length)}`;
    else if (first !== undefined) {
      const where = first === index ? 'twice' : `here and in group ${first + 1}`;
      problems.charger_ids ??= `${identity} is named ${where}; each charger needs an identity of its own.`;
    } else seen.set(identity, index);
  }
}

function tooLong(length: number): string {
  return `The identity would have ${length} characters; ${MAX_LENGTH} are allowed.`;
}

function checkSecurity(group: GroupForm, problems: Problems): void {
  const profile = group.security_profile;
  const secure = /^wss:/i.test(group.ws_url.trim());
  if (profile === '1' && secure) problems.security_profile = 'Profile 1 is without TLS; take 2 for a wss:// address.';
  if (Number(profile) > 1 && !secure) {
    problems.ws_url ??= `Security profile ${profile} is over TLS: the address must start with wss://`;
  }
  for (const field of NEEDED[profile] ?? []) {
    if (!group[field].trim()) problems[field] = `Security profile ${profile} needs it.`;
  }
}

export function isFine(problems: readonly Problems[]): boolean {
  return problems.every((one) => Object.keys(one).length === 0);
}

/** What the gateway has refused, by group and field; `rest` is what belongs to no field. */
export function refusals(error: ApiError, groups: number): { problems: Problems[]; rest: string[] } {
  const problems: Problems[] = Array.from({ length: groups }, () => ({}));
  const rest: string[] = [];
  for (const { loc, msg } of error.fields) {
    const said = msg.replace(/^Group \d+: /, '');
    const at = loc[0] === 'body' && typeof loc[1] === 'number' ? problems[loc[1]] : undefined;
    // ["body", 0, "charger_ids", 17] is the eighteenth line of that field.
    const name = loc.filter((part) => typeof part === 'string').at(-1);
    const field = name === 'body' ? 'chargers_number' : name;
    if (at && field !== undefined && isField(field)) at[field] ??= said;
    else rest.push(msg);
  }
  if (error.fields.length === 0) rest.push(error.message);
  return { problems, rest };
}

const FIELDS = new Set(Object.keys(emptyGroup(0)));

function isField(name: string): name is GroupField {
  return name !== 'key' && FIELDS.has(name);
}

/** "1,200 chargers in 2 groups". */
export function inWords(groups: readonly GroupForm[]): string {
  const total = groups.reduce((sum, group) => sum + preview(group).total, 0);
  const chargers = `${figure(total)} ${total === 1 ? 'charger' : 'chargers'}`;
  return groups.length === 1 ? chargers : `${chargers} in ${groups.length} groups`;
}
