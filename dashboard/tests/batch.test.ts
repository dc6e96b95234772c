import { describe, expect, it } from 'vitest';

import {
  check,
  dialled,
  emptyGroup,
  type GroupForm,
  inWords,
  isFine,
  preview,
  refusals,
  suffixes,
  toGroup,
  urlProblem,
} from '../src/lib/batch';
import { curl } from '../src/lib/curl';
import { errorOf } from '../src/lib/errors';

function group(given: Partial<GroupForm> = {}): GroupForm {
  return emptyGroup(1, {
    brand_slug: 'abb',
    model_slug: 'terra-184',
    connector_type: 'CCS2',
    ws_url: 'ws://127.0.0.1:9000/ocpp',
    ...given,
  });
}

describe('the identities that a group will make', () => {
  it('are the ids first, then as many random ones as are missing', () => {
    const made = preview(group({ charger_ids: '001\n002\n', chargers_number: '5', identity_prefix: 'A_' }));
    expect(made).toEqual({ total: 5, named: ['A_001', 'A_002'], random: 3, pattern: 'A_••••••••', cut: 0 });
  });

  it('are only the ids without a number, and fewer with a smaller one', () => {
    const ids = '001, 002; 003\t004';
    expect(preview(group({ charger_ids: ids, chargers_number: '' }))).toMatchObject({ total: 4, random: 0 });
    const cut = preview(group({ charger_ids: ids, chargers_number: '3', identity_prefix: '' }));
    expect(cut).toEqual({ total: 3, named: ['001', '002', '003'], random: 0, pattern: '', cut: 1 });
  });

  it('have twelve random digits when there are more than a hundred', () => {
    expect(preview(group({ chargers_number: '100' })).pattern).toBe(`CP-${'•'.repeat(8)}`);
    expect(preview(group({ chargers_number: '101' })).pattern).toBe(`CP-${'•'.repeat(12)}`);
  });
});

describe('a form', () => {
  it('is sent without what was left empty', () => {
    expect(suffixes('  a \r\n\r\n b ')).toEqual(['a', 'b']);
    expect(toGroup(group({ identity_prefix: ' ', chargers_number: ' 12 ', ws_url: ' ws://x/ ' }))).toEqual({
      template: {
        brand_slug: 'abb',
        model_slug: 'terra-184',
        connector_type: 'CCS2',
        ocpp_version: 'OCPP1.6',
        ws_url: 'ws://x/',
      },
      chargers_number: 12,
    });
  });

  it('sends of a security profile what the profile uses, and nothing typed for another', () => {
    const typed = { authorization_key: 'sixteen-bytes-ok', client_key: 'PEM' };
    const { template } = toGroup(group({ ...typed, security_profile: '2', ws_url: 'wss://x' }));
    expect(template).toMatchObject({ security_profile: 2, authorization_key: 'sixteen-bytes-ok' });
    expect(template).not.toHaveProperty('client_key');
    expect(toGroup(group(typed)).template).not.toHaveProperty('authorization_key');
  });

  it('with nothing wrong has no problems', () => {
    expect(isFine(check([group(), group({ identity_prefix: 'B-' })]))).toBe(true);
  });

  it.each([
    [{ model_slug: '' }, 'model_slug', /Choose a model/],
    [{ ws_url: 'http://x' }, 'ws_url', /must start with ws:\/\/ or wss:\/\//],
    [{ chargers_number: '0' }, 'chargers_number', /whole number from 1/],
    [{ chargers_number: '2.5' }, 'chargers_number', /whole number from 1/],
    [{ chargers_number: '' }, 'chargers_number', /Give a number/],
    [{ identity_prefix: 'a b' }, 'identity_prefix', /may have only letters/],
    [{ identity_prefix: 'x'.repeat(41) }, 'identity_prefix', /would have 49 characters/],
    [{ charger_ids: '1\nü' }, 'charger_ids', /“ü”: an identity may have only/],
    [{ charger_ids: 'x'.repeat(46) }, 'charger_ids', /would have 49 characters/],
    [{ charger_ids: '1\n2\n1' }, 'charger_ids', /CP-1 is named twice/],
    [{ security_profile: '1', ws_url: 'wss://x', authorization_key: 'k' }, 'security_profile', /without TLS/],
    [{ security_profile: '3' }, 'ws_url', /must start with wss/],
    [{ security_profile: '2', ws_url: 'wss://x' }, 'authorization_key', /needs it/],
  ] as const)('with %j is told so at %s', (given, field, words) => {
    expect(check([group(given)])[0]?.[field]).toMatch(words);
  });

  it('names the group that has an identity already', () => {
    const twice = [group({ charger_ids: 'a' }), group({ charger_ids: 'a' })];
    const [first, second] = check(twice);
    expect(first).toEqual({});
    expect(second?.charger_ids).toBe('CP-a is named here and in group 1; each charger needs an identity of its own.');
    expect(inWords(twice)).toBe('200 chargers in 2 groups');
  });

  it.each([
    ['ws://10.0.0.7', null],
    ['wss://csms.example.com:443/a/b?x=1', null],
    ['', /Where is the CSMS/],
    ['ws://a b', /printable ASCII/],
    ['ws://a/#b', /fragment/],
    ['ws://me:pw@a', /credentials/],
    ['ws://', /cannot be read/],
    ['ws://a:99999', /cannot be read/],
  ])('finds in the address %j %s', (url, problem) => {
    if (problem === null) expect(urlProblem(url)).toBeNull();
    else expect(urlProblem(url)).toMatch(problem);
  });

  it('shows what a charger dials', () => {
    expect(dialled('ws://a/ocpp/', 'CP|1')).toBe('ws://a/ocpp/CP%7C1');
    expect(dialled('ws://a/ocpp?k=/v', 'CP-1')).toBe('ws://a/ocpp/CP-1?k=/v');
  });
});

describe('what the gateway refuses', () => {
  it('stands at its field', () => {
    const detail = [
      { loc: ['body', 1, 'template', 'ws_url'], msg: 'Group 1: Chargers must not dial it.', type: 'a' },
      { loc: ['body', 0, 'charger_ids', 4], msg: 'Group 0: Not that one.', type: 'b' },
      { loc: ['body', 0], msg: 'Group 0: give charger_ids.', type: 'c' },
      { loc: ['body'], msg: 'The batch has more chargers than the 20000 allowed.', type: 'd' },
      { loc: ['body', 7, 'template', 'ws_url'], msg: 'Of no group here.', type: 'e' },
    ];
    const { problems, rest } = refusals(errorOf(422, { detail, code: 'x' }, null), 2);
    expect(problems).toEqual([
      { charger_ids: 'Not that one.', chargers_number: 'give charger_ids.' },
      { ws_url: 'Chargers must not dial it.' },
    ]);
    expect(rest).toEqual(['The batch has more chargers than the 20000 allowed.', 'Of no group here.']);
  });

  it('stands above the form if it is about no field', () => {
    const error = errorOf(429, { detail: 'The organization may have 10 chargers.', code: 'quota' }, null);
    expect(refusals(error, 1)).toEqual({ problems: [{}], rest: ['The organization may have 10 chargers.'] });
  });
});

describe('the equivalent curl', () => {
  it('keeps the token, and every secret, a variable of the shell', () => {
    const sent = toGroup(group({ template_name: "Bay 'A'", authorization_key: 'secret-of-16-byt', security_profile: '1' }));
    const line = curl('http://h/ocpp', [sent], 'acme');
    expect(line).not.toContain('secret-of');
    expect(line).toContain(`"authorization_key": "'"$AUTHORIZATION_KEY"'"`);
    expect(line).toContain('-H "Authorization: Bearer $TOKEN"');
    expect(line).toContain(`-H 'X-Organization-Id: acme'`);
    expect(line).toContain(String.raw`"Bay '\''A'\''"`);
  });

  it('gives a list of ids one line', () => {
    const line = curl('http://h/', [toGroup(group({ charger_ids: '1 2 3' }))]);
    expect(line).toContain('"charger_ids": [ "1", "2", "3" ]');
  });

  it('says in a shell what was typed', async () => {
    const { execFileSync } = await import('node:child_process');
    const body = [toGroup(group({ template_name: `"It's" \\ $HOME`, charger_ids: '1 2', authorization_key: 'k'.repeat(16), security_profile: '1' }))];
    const script = curl('http://h/', body).replace(/^curl/, 'printf "%s\\n"');
    const env = { ...process.env, TOKEN: 't', AUTHORIZATION_KEY: 'k'.repeat(16) };
    const words = execFileSync('sh', ['-c', script], { env, encoding: 'utf8' });
    expect(JSON.parse(words.slice(words.indexOf('-d\n') + 3))).toEqual(body);
    expect(words).toContain('Authorization: Bearer t\n');
  });
});
