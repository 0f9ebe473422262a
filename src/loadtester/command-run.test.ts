// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../lib/clock.js';
import { type CommandDeps, startCommand } from './command-run.js';
import type { Outcome } from './task-run.js';
import { processesWith, until } from './testing.js';

const deps: CommandDeps = {
  clock: systemClock,
  environment: { PATH: process.env.PATH, GREETING: 'hello' },
  limitMs: 30_000,
  graceMs: 300,
  outputBytes: 64,
};

const never = new AbortController().signal;

/** A text that marks the processes of one test in their command lines. */
let marks = 0;
const newMark = (): string => `mark-${process.pid}-${(marks += 1)}`;

async function bash(script: string, options: Partial<CommandDeps> = {}): Promise<Outcome> {
  const run = startCommand({ program: 'bash', args: ['-c', script] }, { ...deps, ...options }, never);
  const outcome = await run.finished;
  await run.gone;
  return outcome;
}

describe('startCommand', () => {
  it.each([
    { script: 'echo out; echo err >&2', output: 'out\nerr\n', failure: undefined },
    { script: 'echo out; exit 3', output: 'out\n', failure: 'exit status 3' },
    { script: 'false', output: '', failure: 'exit status 1' },
    { script: 'kill -9 $$', output: '', failure: 'signal: killed' },
    { script: 'kill -TERM $$', output: '', failure: 'signal: terminated' },
    { script: 'echo $GREETING', output: 'hello\n', failure: undefined },
    { script: 'cat', output: '', failure: undefined },
    { script: 'no-such-program', output: expect.stringContaining('not found'), failure: 'exit status 127' },
    { script: "printf '%080d' 7", output: `[16 bytes cut]\n${'7'.padStart(64, '0')}`, failure: undefined },
  ])('runs $script', async ({ script, output, failure }) => {
    expect(await bash(script)).toEqual({ output, failure });
  });

  it.each([
    { program: 'no-such-program', args: [], failure: 'exec: "no-such-program": executable file not found in $PATH' },
    { program: '/etc/passwd', args: [], failure: 'fork/exec /etc/passwd: permission denied' },
    { program: 'true', args: ['a\0b'], failure: 'fork/exec true: invalid argument' },
    { program: 'true', args: ['a'.repeat(200_000)], failure: 'fork/exec true: argument list too long' },
  ])('says why $program does not start', async ({ program, args, failure }) => {
    const run = startCommand({ program, args }, deps, never);
    expect(await run.finished).toEqual({ output: '', failure });
    await run.gone;
  });

  it('ends children and grandchildren at the time limit', async () => {
    const mark = newMark();
    const sleeper = `bash -c 'exec -a ${mark} sleep 60'`;
    const outcome = await bash(`echo started; ${sleeper} & (${sleeper}) & wait`, { limitMs: 150 });
    expect(outcome).toEqual({ output: 'started\n', failure: 'signal: killed' });
    expect(processesWith(mark)).toEqual([]);
  });

  it('kills what does not end when asked to', async () => {
    const mark = newMark();
    const stubborn = `trap '' TERM; while :; do exec -a ${mark} sleep 60; done`;
    const startedMs = systemClock.monotonicMs();
    expect(await bash(`(${stubborn}) & ${stubborn}`, { limitMs: 100 })).toMatchObject({ failure: 'signal: killed' });
    expect(systemClock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(400);
    expect(processesWith(mark)).toEqual([]);
  });

  it('does not wait for a process that left the group and holds the output', async () => {
    const mark = newMark();
    const outcome = await bash(`setsid bash -c 'exec -a ${mark} sleep 3' & echo started`, { limitMs: 150 });
    expect(outcome).toEqual({ output: 'started\n', failure: 'signal: killed' });
    for (const pid of processesWith(mark)) process.kill(pid, 'SIGKILL');
  });

  it('ends the group when it is aborted', async () => {
    const mark = newMark();
    const abort = new AbortController();
    const run = startCommand(
      { program: 'sh', args: ['-c', `bash -c 'exec -a ${mark} sleep 60' & wait`] },
      deps,
      abort.signal,
    );
    await until(() => processesWith(mark).length === 1);
    abort.abort();
    expect(await run.finished).toEqual({ output: '', failure: 'signal: terminated' });
    await run.gone;
    expect(processesWith(mark)).toEqual([]);
  });

  it('starts nothing that lives when it is aborted before', async () => {
    const run = startCommand({ program: 'sleep', args: ['60'] }, deps, AbortSignal.abort());
    expect(await run.finished).toEqual({ output: '', failure: 'signal: terminated' });
    await run.gone;
  });

  it('lets what was put into the background go on until the limit', async () => {
    const mark = newMark();
    const script = `bash -c 'exec -a ${mark} sleep 60' >/dev/null 2>&1 & echo started`;
    const run = startCommand({ program: 'bash', args: ['-c', script] }, { ...deps, limitMs: 600 }, never);
    expect(await run.finished).toEqual({ output: 'started\n', failure: undefined });
    await until(() => processesWith(mark).length === 1);
    await run.gone;
    expect(processesWith(mark)).toEqual([]);
  });
});
