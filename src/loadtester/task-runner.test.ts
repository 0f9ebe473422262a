// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { systemClock } from '../lib/clock.js';
import { recordingLogger, type LogLine } from './testing.js';
import { createTaskLog } from './task-log.js';
import { createTaskMetrics } from './task-metrics.js';
import { type TaskLimits, TaskRunner } from './task-runner.js';
import type { Outcome, TaskRun } from './task-run.js';
import type { BackgroundTask, BlockingTask, Task } from './task.js';

const success: Outcome = { failure: undefined, output: 'done' };
const never = new AbortController().signal;

/** A task that was started, and how to end it. */
interface Started {
  readonly task: Task;
  readonly signal: AbortSignal;
  finish(outcome: Outcome): void;
  leave(): void;
}

function createRunner(limits: Partial<TaskLimits> = {}) {
  const started: Started[] = [];
  const lines: LogLine[] = [];
  const registry = new Registry();
  const runner = new TaskRunner({
    start: (task, signal): TaskRun => {
      const finished = Promise.withResolvers<Outcome>();
      const gone = Promise.withResolvers<undefined>();
      signal.addEventListener('abort', () => {
        finished.resolve({ failure: 'signal: terminated', output: '' });
        gone.resolve(undefined);
      });
      started.push({ task, signal, finish: finished.resolve, leave: () => gone.resolve(undefined) });
      return { finished: finished.promise, gone: gone.promise };
    },
    limits: { background: 2, blocking: 2, queued: 1, ...limits },
    clock: systemClock,
    log: createTaskLog(recordingLogger(lines)),
    metrics: createTaskMetrics(registry),
  });
  const end = async (index: number, outcome = success): Promise<void> => {
    started[index]?.finish(outcome);
    started[index]?.leave();
    await settle();
  };
  const metric = async (name: string): Promise<number> => {
    const values = (await registry.getSingleMetric(name)?.get())?.values ?? [];
    return values.reduce((sum, { value }) => sum + value, 0);
  };
  return { runner, started, lines, metric, end, texts: () => started.map(({ task }) => task.text) };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const work = { kind: 'command', command: { program: 'sh', args: [] } } as const;
const canary = { name: 'podinfo', namespace: 'test' };

function background(text: string, facts: Partial<BackgroundTask> = {}): BackgroundTask {
  return { kind: 'background', type: 'cmd', canary, text, work, logsOutput: false, failsNextCall: false, ...facts };
}

function blocking(text: string, facts: Partial<BlockingTask> = {}): BlockingTask {
  return { kind: 'blocking', type: 'bash', canary, text, work, logsOutput: true, returnsOutput: false, ...facts };
}

describe('TaskRunner with background tasks', () => {
  it('runs the same task of one Canary once at a time', async () => {
    const { runner, texts, lines, metric, end } = createRunner();
    expect(runner.launch(background('a'))).toEqual({ kind: 'queued', lastFailure: undefined });
    expect(runner.launch(background('a', { logsOutput: true }))).toEqual({ kind: 'skipped' });
    await settle();
    expect(runner.launch(background('a'))).toEqual({ kind: 'skipped' });
    expect(lines.at(-1)).toMatchObject({ message: 'command skipped a is already running' });
    await end(0);
    expect(runner.launch(background('a'))).toEqual({ kind: 'queued', lastFailure: undefined });
    await settle();
    expect(texts()).toEqual(['a', 'a']);
    expect(await metric('loadtester_tasks_skipped_total')).toBe(2);
    expect(await metric('loadtester_tasks_started_total')).toBe(2);
  });

  it('runs the same command for another Canary, and another command, beside it', async () => {
    const { runner, texts } = createRunner({ background: 4 });
    runner.launch(background('a'));
    runner.launch(background('b'));
    runner.launch(background('a', { canary: { name: 'podinfo', namespace: 'other' } }));
    // The parts of a key cannot run into one another.
    runner.launch(background('a', { canary: { name: 'podinfo.test', namespace: '' } }));
    await settle();
    expect(texts()).toEqual(['a', 'b', 'a', 'a']);
  });

  it('lets one wait and refuses the next when all places are taken', async () => {
    const { runner, texts, metric, end } = createRunner({ background: 1 });
    expect(runner.launch(background('a')).kind).toBe('queued');
    expect(runner.launch(background('b')).kind).toBe('queued');
    expect(runner.launch(background('c')).kind).toBe('full');
    await settle();
    expect(texts()).toEqual(['a']);
    expect(runner.open()).toMatchObject([{ state: 'running' }, { state: 'queued', task: { text: 'b' } }]);
    expect(await metric('loadtester_tasks_rejected_total')).toBe(1);
    await end(0);
    expect(texts()).toEqual(['a', 'b']);
    expect(runner.launch(background('c')).kind).toBe('queued');
  });

  it('keeps the place of a task until its processes are gone', async () => {
    const { runner, started, texts, metric } = createRunner({ background: 1, queued: 1 });
    runner.launch(background('a'));
    runner.launch(background('b'));
    await settle();
    started[0]?.finish(success);
    await settle();
    expect(runner.launch(background('a'))).toEqual({ kind: 'skipped' });
    expect(texts()).toEqual(['a']);
    expect(await metric('loadtester_tasks_running')).toBe(1);
    started[0]?.leave();
    await settle();
    expect(texts()).toEqual(['a', 'b']);
  });

  it('tells the next call how the last run failed, once', async () => {
    const { runner, end, metric } = createRunner();
    const failed: Outcome = { failure: 'exit status 1', output: 'no host' };
    runner.launch(background('a'));
    await settle();
    await end(0, failed);
    expect(runner.launch(background('a'))).toEqual({ kind: 'queued', lastFailure: failed });
    await settle();
    await end(1);
    expect(runner.launch(background('a'))).toEqual({ kind: 'queued', lastFailure: undefined });
    expect(await metric('loadtester_tasks_failed_total')).toBe(1);
  });

  it('logs what Flagger logs, without secrets, and the output where it is asked for or the run failed', async () => {
    const { runner, lines, end } = createRunner();
    runner.launch(background('a token=abc', { logsOutput: true }));
    await settle();
    await end(0, { failure: undefined, output: 'password: abc' });
    runner.launch(background('b'));
    await settle();
    await end(1, { failure: 'exit status 1', output: 'no host' });
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'info task starting a token=[redacted]',
      'info password: [redacted]',
      'info command finished a token=[redacted]',
      'info task starting b',
      'error command failed b exit status 1 no host',
    ]);
  });

  it('remembers how tasks ended', async () => {
    const { runner, end } = createRunner();
    runner.launch(background('a'));
    await settle();
    await end(0);
    expect(runner.open()).toEqual([]);
    expect(runner.ended()).toMatchObject([{ task: { text: 'a' }, outcome: success }]);
  });
});

describe('TaskRunner with blocking tasks', () => {
  it('gives identical calls one run and the next call another', async () => {
    const { runner, end, texts } = createRunner();
    const calls = [runner.runAndWait(blocking('a'), never), runner.runAndWait(blocking('a'), never)];
    await settle();
    expect(texts()).toEqual(['a']);
    await end(0);
    expect(await Promise.all(calls)).toEqual([
      { kind: 'ended', outcome: success },
      { kind: 'ended', outcome: success },
    ]);
    void runner.runAndWait(blocking('a'), never);
    void runner.runAndWait(blocking('a', { type: 'kubectl' }), never);
    await settle();
    expect(texts()).toEqual(['a', 'a', 'a']);
  });

  it('answers when the result is there, even if processes are left', async () => {
    const { runner, started } = createRunner();
    const call = runner.runAndWait(blocking('a'), never);
    await settle();
    started[0]?.finish(success);
    expect(await call).toEqual({ kind: 'ended', outcome: success });
  });

  it('ends a run when the last caller has gone', async () => {
    const { runner, started, texts } = createRunner();
    const callers = [new AbortController(), new AbortController()];
    for (const caller of callers) void runner.runAndWait(blocking('a'), caller.signal);
    await settle();
    callers[0]?.abort();
    expect(started[0]?.signal.aborted).toBe(false);
    callers[1]?.abort();
    expect(started[0]?.signal.aborted).toBe(true);
    void runner.runAndWait(blocking('a'), never);
    await settle();
    expect(texts()).toEqual(['a', 'a']);
  });

  it('frees the place in the queue when the caller has gone', async () => {
    const { runner, end, texts } = createRunner({ blocking: 1 });
    const caller = new AbortController();
    void runner.runAndWait(blocking('a'), never);
    void runner.runAndWait(blocking('b'), caller.signal);
    expect(await runner.runAndWait(blocking('c'), never)).toEqual({ kind: 'full' });
    caller.abort();
    await settle();
    void runner.runAndWait(blocking('c'), never);
    await settle();
    await end(0);
    expect(texts()).toEqual(['a', 'c']);
  });

  it('does not wait for background tasks', async () => {
    const { runner, texts } = createRunner({ background: 1 });
    runner.launch(background('a'));
    runner.launch(background('b'));
    void runner.runAndWait(blocking('c'), never);
    await settle();
    expect(texts()).toEqual(['a', 'c']);
  });
});

describe('TaskRunner.stop', () => {
  it('ends everything and takes nothing more', async () => {
    const { runner, started, metric } = createRunner({ background: 1 });
    runner.launch(background('a'));
    runner.launch(background('b'));
    const call = runner.runAndWait(blocking('c'), never);
    await settle();
    await runner.stop();
    expect(started.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(await call).toMatchObject({ outcome: { failure: 'signal: terminated' } });
    expect(runner.launch(background('d'))).toEqual({ kind: 'full' });
    expect(runner.open()).toEqual([]);
    expect(await metric('loadtester_tasks_running')).toBe(0);
  });
});
