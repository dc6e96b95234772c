import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { LiveStream, type LiveStatus } from '../src/lib/live';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server | undefined;
let stream: LiveStream | undefined;

afterEach(() => {
  stream?.close();
  server?.closeAllConnections();
  server?.close();
});

/** A server of events: its nth request is answered by the nth of `answers`, the rest by the last. */
async function serve(...answers: Answer[]): Promise<typeof fetch> {
  let asked = 0;
  server = createServer((request, response) => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    answer?.(request, response);
  });
  await new Promise<void>((ready) => server?.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return (path, init) => fetch(`http://127.0.0.1:${port}${String(path)}`, init);
}

function events(text: string, { end = false } = {}): Answer {
  return (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(text);
    if (end) response.end();
  };
}

const HELLO = 'retry: 10\n\nevent: hello\nid: 1\ndata: {"resumed":false}\n\n';

describe('LiveStream', () => {
  it('goes on where it stopped when the line is cut', async () => {
    const resumed: (string | undefined)[] = [];
    const seen: [string, unknown][] = [];
    const states: string[] = [];
    const note: (answer: Answer) => Answer = (answer) => (request, response) => {
      resumed.push(request.headers['last-event-id'] as string | undefined);
      answer(request, response);
    };
    const fetched = await serve(
      note(events(`${HELLO}event: rates\nid: 2\ndata: {"boots":3}\n\nevent: half`, { end: true })),
      note(events('event: hello\nid: 3\ndata: {"resumed":true}\n\n')),
    );
    await new Promise<void>((done) => {
      stream = new LiveStream({
        headers: () => ({ Authorization: 'Bearer x' }),
        fetch: fetched,
        onStatus: ({ state }) => states.push(state),
        onEvent: (event, data) => {
          seen.push([event, data]);
          if (seen.length === 3) done();
        },
      });
    });
    expect(seen).toEqual([
      ['hello', { resumed: false }],
      ['rates', { boots: 3 }],
      ['hello', { resumed: true }],
    ]);
    expect(resumed).toEqual([undefined, '2']);
    expect(states).toEqual(['live', 'waiting', 'connecting', 'live']);
  });

  it('asks for what it was told to ask for', async () => {
    const asked = await new Promise<string | undefined>((done) => {
      void serve((request, response) => {
        done(request.url);
        response.writeHead(200).write('\n');
      }).then((fetched) => {
        stream = new LiveStream({
          frames: ['a', 'b c'],
          fleet: false,
          headers: () => ({}),
          fetch: fetched,
          onEvent: () => undefined,
        });
      });
    });
    expect(asked).toBe('/live?frames=a&frames=b+c&fleet=false');
  });

  it('closes for good when the token is refused', async () => {
    const fetched = await serve((_, response) => {
      response.writeHead(401, { 'Content-Type': 'application/json' });
      response.end('{"detail":"The bearer token is not valid.","code":"unauthenticated"}');
    });
    const error = await new Promise<Error>((done) => {
      stream = new LiveStream({
        headers: () => ({}),
        fetch: fetched,
        onEvent: () => undefined,
        onRefused: done,
      });
    });
    expect(error.message).toBe('The bearer token is not valid.');
    expect(stream?.status.state).toBe('closed');
  });

  it('waits as long as a busy gateway asks, and says why', async () => {
    const fetched = await serve((_, response) => {
      response.writeHead(503, { 'Content-Type': 'application/json', 'Retry-After': '30' });
      response.end('{"detail":"Too many streams are open.","code":"busy"}');
    });
    const before = Date.now();
    const status = await new Promise<LiveStatus>((done) => {
      stream = new LiveStream({
        headers: () => ({}),
        fetch: fetched,
        onEvent: () => undefined,
        onStatus: done,
      });
    });
    expect(status.state).toBe('waiting');
    expect(status.reason).toBe('Too many streams are open.');
    expect((status.retryAt ?? 0) - before).toBeGreaterThanOrEqual(30_000);
  });
});
