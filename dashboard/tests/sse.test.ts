import { describe, expect, it } from 'vitest';

import { SseParser, backOffMs } from '../src/lib/sse';

describe('SseParser', () => {
  it('gives the events of a stream that arrives in any pieces', () => {
    const stream = 'retry: 1000\n\n: alive\nevent: rates\nid: 7\ndata: {"a":1}\n\ndata: x\r\ndata:y\r\n\r\n';
    for (let size = 1; size < stream.length; size += 1) {
      const parser = new SseParser();
      const events = [];
      for (let at = 0; at < stream.length; at += size) {
        events.push(...parser.feed(stream.slice(at, at + size)));
      }
      expect(events).toEqual([
        { event: 'rates', data: '{"a":1}', id: '7' },
        { event: 'message', data: 'x\ny', id: '7' },
      ]);
      expect(parser.retryMs).toBe(1000);
    }
  });

  it('gives nothing for an event without data, and forgets its name', () => {
    const parser = new SseParser();
    expect(parser.feed('event: a\n\ndata: b\n\n')).toEqual([{ event: 'message', data: 'b', id: '' }]);
  });
});

describe('backOffMs', () => {
  it('doubles up to a cap, and is spread over its upper half', () => {
    expect([1, 2, 3, 9].map((attempt) => backOffMs(attempt, 1))).toEqual([500, 1000, 2000, 15_000]);
    expect(backOffMs(3, 0)).toBe(1000);
  });
});
