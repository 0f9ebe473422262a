// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { readTask, type TaskReading } from './task.js';

function read(metadata: Readonly<Record<string, string>>, allowed: readonly string[] = []): TaskReading {
  const payload = { name: 'podinfo', namespace: 'test', checksum: '', metadata: new Map(Object.entries(metadata)) };
  return readTask(payload, new Set(allowed));
}

const background = { kind: 'background', type: 'cmd', logsOutput: false, failsNextCall: false };
const blocking = { kind: 'blocking', logsOutput: true, returnsOutput: false };
const command = (program: string, ...args: readonly string[]) => ({ kind: 'command', command: { program, args } });

describe('readTask', () => {
  it.each([
    { metadata: { cmd: 'a | b' }, task: { ...background, text: 'a | b', work: command('sh', '-c', 'a | b') } },
    { metadata: { type: 'cmd', cmd: 'a' }, task: { ...background, text: 'a', work: command('sh', '-c', 'a') } },
    { metadata: { cmd: 'a', logCmdOutput: 'True' }, task: { logsOutput: true } },
    { metadata: { cmd: 'a', logCmdOutput: 'yes' }, task: { logsOutput: false } },
    { metadata: { cmd: 'a', failOnError: 'true' }, task: { failsNextCall: true } },
    { metadata: { type: 'bash', cmd: 'a' }, task: { ...blocking, type: 'bash', work: command('bash', '-c', 'a') } },
    { metadata: { type: 'bash', cmd: 'a', logCmdOutput: '0' }, task: { logsOutput: false } },
    { metadata: { type: 'bash', cmd: 'a', returnCmdOutput: 't' }, task: { returnsOutput: true } },
    { metadata: { type: 'bash', cmd: 'a', returnCmdOutput: 'yes' }, task: { returnsOutput: false } },
    {
      metadata: { type: 'helm', cmd: 'test a -n b' },
      task: { ...blocking, work: command('helm', 'test', 'a', '-n', 'b') },
    },
    { metadata: { type: 'helmv3', cmd: 'test a' }, task: { type: 'helmv3', work: command('helm', 'test', 'a') } },
    {
      metadata: { type: 'kubectl', cmd: `run a --overrides='{"b": "$c"}' ; true` },
      task: { ...blocking, work: command('kubectl', 'run', 'a', '--overrides={"b": "$c"}', ';', 'true') },
    },
    {
      metadata: { type: 'load', url: 'http://a', rps: '5', host: '', logCmdOutput: 'true' },
      task: {
        kind: 'background',
        type: 'load',
        text: 'http://a rps=5',
        logsOutput: true,
        work: { kind: 'load', plan: { url: 'http://a', rps: 5, durationMs: 60_000, connections: 2 } },
      },
    },
  ])('reads $metadata', ({ metadata, task }) => {
    const reading = read(metadata); // a table with different keys per row
    expect(reading).toMatchObject({ kind: 'task', task: { canary: { name: 'podinfo', namespace: 'test' }, ...task } });
  });

  it.each([
    { metadata: {}, reason: 'metadata not found in payload' },
    { metadata: { type: 'cmd' }, reason: 'cmd not found in metadata' },
    { metadata: { url: 'http://a' }, reason: 'cmd not found in metadata' },
    { metadata: { type: 'bash' }, reason: 'cmd not found in metadata' },
    { metadata: { type: 'helm', cmd: '' }, reason: 'cmd not found in metadata' },
    { metadata: { type: 'kubectl', cmd: ' ' }, reason: 'cmd not found in metadata' },
    { metadata: { type: 'kubectl', cmd: `get 'a` }, reason: `cmd: a ' is not closed` },
    { metadata: { type: 'load' }, reason: 'url not found in metadata' },
    { metadata: { type: 'concord', cmd: 'a' }, reason: 'unknown task type concord' },
    { metadata: { type: 'ngrinder', cmd: 'a' }, reason: 'unknown task type ngrinder' },
    { metadata: { type: 'toString', cmd: 'a' }, reason: 'unknown task type toString' },
    { metadata: { type: '', cmd: 'a' }, reason: 'unknown task type ' },
  ])('answers 400 to $metadata', ({ metadata, reason }) => {
    expect(read(metadata as Record<string, string>)).toEqual({ kind: 'malformed', reason }); // as above
  });

  it.each([
    {
      metadata: { cmd: 'curl a | grep b' },
      allowed: ['curl', 'grep'],
      work: command('sh', '-c', `'curl' 'a' | 'grep' 'b'`),
    },
    { metadata: { type: 'bash', cmd: 'curl a' }, allowed: ['curl'], work: command('bash', '-c', `'curl' 'a'`) },
    { metadata: { type: 'helmv3', cmd: 'test a' }, allowed: ['helm'], work: command('helm', 'test', 'a') },
  ])('rewrites $metadata for allowed commands $allowed', ({ metadata, allowed, work }) => {
    expect(read(metadata as Record<string, string>, allowed)).toMatchObject({ kind: 'task', task: { work } }); // as above
  });

  it.each([
    { metadata: { cmd: 'curl $a' }, reason: 'command not allowed: $ is not possible here' },
    { metadata: { type: 'bash', cmd: 'rm a' }, reason: 'command not allowed: rm is not among the allowed commands' },
    { metadata: { type: 'helm', cmd: 'a' }, reason: 'command not allowed: helm is not among the allowed commands' },
  ])('forbids $metadata when only curl is allowed', ({ metadata, reason }) => {
    expect(read(metadata as Record<string, string>, ['curl'])).toEqual({ kind: 'forbidden', reason }); // as above
  });
});
