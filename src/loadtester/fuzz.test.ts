// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LoadTesters, processesOf } from './testing.js';

const testers = new LoadTesters();
afterEach(() => testers.stopAll());

const word = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 20 }));
const keys = ['type', 'cmd', 'url', 'host', 'rps', 'duration', 'connections', 'logCmdOutput', 'failOnError', 'token'];

/** Commands that the load tester is told to allow, and much that it must refuse. */
const command = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('true', 'false', "echo 'a b' | tr a b", 'true & true', 'echo $(true)') },
  { weight: 20, arbitrary: word },
);

const metadata = fc.oneof(
  fc.record(
    {
      type: fc.oneof(fc.constantFrom('cmd', 'bash', 'helm', 'helmv3', 'kubectl', 'load', 'concord'), word),
      cmd: command,
      returnCmdOutput: fc.constantFrom('true', 'false', 'yes'),
    },
    { requiredKeys: [] },
  ),
  fc.dictionary(fc.constantFrom(...keys), fc.oneof(word, fc.anything())),
  fc.jsonValue(),
);

const payload = fc.record(
  { name: fc.oneof(fc.constant('podinfo'), word), namespace: word, phase: word, checksum: fc.jsonValue(), metadata },
  { requiredKeys: [] },
);

const body = fc.oneof(
  { weight: 6, arbitrary: payload.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: word },
  // A payload that was cut.
  {
    weight: 1,
    arbitrary: fc.tuple(payload, fc.nat(60)).map(([value, length]) => JSON.stringify(value).slice(0, length)),
  },
);

const path = fc.oneof(
  { weight: 8, arbitrary: fc.constant('/') },
  {
    weight: 4,
    arbitrary: fc.constantFrom('/gate/check', '/gate/open', '/gate/close', '/rollback/open', '//rollback//check'),
  },
  { weight: 1, arbitrary: fc.webPath().map((where) => `/${where}`) },
);

const connections = 8;
const bodiesPerConnection = 1_250;

/** Sends all calls over one connection without waiting in between. @returns the statuses of the answers, in order */
async function callInRow(url: string, calls: readonly (readonly [string, string])[]): Promise<readonly number[]> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  for (const [where, content] of calls) {
    const length = Buffer.byteLength(content);
    socket.write(`POST ${encodeURI(where)} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${content}`);
  }
  socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const answers = (await text(socket)).matchAll(/HTTP\/1\.1 (\d{3}) /g);
  return [...answers].map(([, status]) => Number(status)).slice(0, -1);
}

describe('the load tester', () => {
  it('answers 10,000 fuzzed bodies, goes on, and leaves no process behind', async () => {
    const tester = await testers.start({ 'allowed-commands': 'true,false,echo,tr', 'max-queued-tasks': '10000' });
    const answers = Array.from({ length: connections }, (_, seed) =>
      callInRow(tester.url, fc.sample(fc.tuple(path, body), { numRuns: bodiesPerConnection, seed })),
    );
    const statuses = (await Promise.all(answers)).flat();
    expect(statuses).toHaveLength(connections * bodiesPerConnection);
    // 500 is a command that failed, never a crash; each other answer is one that a caller can act on.
    expect([...new Set(statuses)].sort()).toEqual([200, 202, 400, 403, 404, 500]);
    expect(testers.lines.filter(({ message }) => message === 'call failed')).toEqual([]);
    expect(testers.lines.some(({ message }) => message === 'command finished true')).toBe(true);
    expect(await tester.post('/gate/approve')).toEqual([200, 'OK']);
    await testers.stopAll();
    expect(processesOf(testers.mark)).toEqual([]);
  });
});
