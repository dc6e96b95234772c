import { describe, expect, it } from 'vitest';

import { ApiError, errorOf, words } from '../src/lib/errors';
import { changed, match } from '../src/lib/query';
import { ago, duration } from '../src/lib/time';
import { whyRefused } from '../src/lib/tokens';

describe('errors', () => {
  it('are told in the words of the gateway, with the field and the wait', () => {
    const loc = ['body', 0, 'template', 'ws_url'];
    const invalid = errorOf(422, { code: 'x', detail: [{ loc, msg: 'No address.', type: 't' }] }, null);
    expect(words(invalid)).toBe('template, ws_url: No address.');
    expect(invalid.field('ws_url')).toBe('No address.');
    expect(invalid.field('name')).toBeNull();
    expect(words(errorOf(429, { detail: 'Too many.', code: 'quota' }, '7'))).toBe(
      'Too many. Try again in 7 s.',
    );
    expect(errorOf(502, '<html>', null)).toMatchObject({ code: 'http_502', retryAfter: null });
    expect(words(new ApiError(0, 'unreachable', ''))).toMatch(/does not answer/);
  });
});

describe('whyRefused', () => {
  const token = (payload: object): string => `e30.${btoa(JSON.stringify(payload))}.c2ln`;
  const refusal = (detail: string): ApiError => errorOf(401, { detail, code: 'unauthenticated' }, null);

  it('tells a wrong token from an expired and from another gateway’s', () => {
    expect(whyRefused('hello', refusal('no'), 0)).toMatch(/not a token/);
    expect(whyRefused(token({ exp: 1 }), refusal('no'), 2000)).toMatch(/expired/);
    const foreign = refusal('The bearer token was signed with an unknown key.');
    expect(whyRefused(token({ exp: 9 }), foreign, 2000)).toMatch(/another gateway/);
    expect(whyRefused(token({ exp: 9 }), refusal('It lacks a claim.'), 2000)).toBe('It lacks a claim.');
  });
});

describe('addresses', () => {
  it('take names away that have no value', () => {
    const before = new URLSearchParams('a=1&b=2&c=3');
    const after = changed(before, { a: null, b: ['x', 'y'], d: 0, e: false, f: true });
    expect(after.toString()).toBe('c=3&b=x&b=y&d=0&f=true');
    expect(before.toString()).toBe('a=1&b=2&c=3');
  });

  it('are matched part by part', () => {
    expect(match('/locations/:id', '/locations/a%b')).toEqual({ id: 'a%b' });
    expect(match('/locations/:id', '/locations/a/b')).toBeNull();
    expect(match('/', '/')).toEqual({});
  });
});

describe('time', () => {
  it('is told in the units that a person would use', () => {
    const told = [850, 9_940, 59_999, 200_000, 7_500_000, 400_000_000].map(duration);
    expect(told).toEqual(['850 ms', '9.9 s', '59 s', '3 min 20 s', '2 h 5 min', '4 days']);
    expect([1, 12, 200, 20_000].map((s) => ago(0, s * 1000))).toEqual([
      'just now',
      '12 s ago',
      '3 min ago',
      '5 h ago',
    ]);
  });
});
