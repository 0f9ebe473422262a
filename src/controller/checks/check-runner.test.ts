// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../lib/fake-clock.js';
import type { Logger } from '../../lib/logger.js';
import { silentLogger } from '../../lib/logger.js';
import type { Announcement, CheckOutcome, CheckPart, CheckRequest } from '../../rollout/index.js';
import type { PartResult } from './check-runner.js';
import { CheckRunner } from './check-runner.js';

const uid = 'uid-1';

function said(message: string): Announcement {
  return { kind: 'event', type: 'Normal', level: 'info', message };
}

function aRequest(subject: string, attempt = 0, parts: readonly CheckPart[] = ['metrics']): CheckRequest {
  return { subject, attempt, parts, phase: 'Progressing', revision: 'B', weightedSinceMs: undefined, mirrored: false };
}

const failed: CheckOutcome = {
  kind: 'failed',
  event: { kind: 'event', type: 'Warning', level: 'info', message: 'Halt' },
};

/** A part that was begun and waits for its answer. */
interface Begun {
  readonly part: CheckPart;
  readonly subject: string;
  readonly signal: AbortSignal;
  readonly answer: (result: PartResult) => void;
  readonly breakDown: (error: Error) => void;
}

function aRunner() {
  const clock = new FakeClock();
  const begun: Begun[] = [];
  const done: string[] = [];
  const errors: string[] = [];
  const log: Logger = { ...silentLogger, error: (_fields, message) => errors.push(message) };
  const runner = new CheckRunner<string>({
    clock,
    log,
    onDone: (finished) => done.push(finished),
    runPart: (part, _subject, request, signal) =>
      new Promise((answer, breakDown) => begun.push({ part, subject: request.subject, signal, answer, breakDown })),
  });
  return { runner, clock, begun, done, errors };
}

const passed: PartResult = { announcements: [] };

describe('CheckRunner', () => {
  it('R5: runs a wanted check once, wakes the Canary when it is done and keeps the result', async () => {
    const { runner, clock, begun, done } = aRunner();
    runner.ensure(uid, aRequest('a'), 'subject');
    runner.ensure(uid, aRequest('a'), 'subject');
    expect(runner.state(uid)).toEqual({ kind: 'running', subject: 'a', attempt: 0 });
    begun[0]?.answer(passed);
    await clock.advance(1_000);
    expect(begun).toHaveLength(1);
    expect(done).toEqual([uid]);
    expect(runner.state(uid)).toMatchObject({ kind: 'done', subject: 'a', outcome: { kind: 'passed' }, fresh: true });
  });

  it('runs the parts in their order and stops at the first that does not pass', async () => {
    const { runner, clock, begun } = aRunner();
    runner.ensure(uid, aRequest('a', 0, ['rollout', 'metrics', 'confirm-promotion']), 'subject');
    begun[0]?.answer({ announcements: [said('one')] });
    await clock.advance(0);
    begun[1]?.answer({ announcements: [said('two')], outcome: failed });
    await clock.advance(0);
    expect(begun.map(({ part }) => part)).toEqual(['rollout', 'metrics']);
    expect(runner.state(uid)).toMatchObject({ outcome: failed, announcements: [said('one'), said('two')] });
  });

  it.each<[string, CheckRequest | undefined]>([
    ['another subject is wanted', aRequest('b')],
    ['the next attempt is wanted', aRequest('a', 1)],
    ['nothing is wanted', undefined],
  ])('R5: aborts the check and drops its result when %s', async (_name, wanted) => {
    const { runner, clock, begun, done } = aRunner();
    runner.ensure(uid, aRequest('a'), 'subject');
    runner.ensure(uid, wanted, 'subject');
    expect(begun[0]?.signal.aborted).toBe(true);
    begun[0]?.answer({ announcements: [], outcome: failed });
    await clock.advance(0);
    expect(done).toEqual([]);
    expect(runner.state(uid).kind).toBe(wanted === undefined ? 'none' : 'running');
  });

  it('keeps a used result, no longer fresh, as long as it is wanted', async () => {
    const { runner, clock, begun } = aRunner();
    runner.ensure(uid, aRequest('a'), 'subject');
    begun[0]?.answer(passed);
    await clock.advance(0);
    runner.markUsed(uid);
    runner.ensure(uid, aRequest('a'), 'subject');
    expect(begun).toHaveLength(1);
    expect(runner.state(uid)).toMatchObject({ kind: 'done', fresh: false });
  });

  it('keeps the checks of two Canaries apart', async () => {
    const { runner, clock, begun, done } = aRunner();
    runner.ensure('one', aRequest('a'), 'subject');
    runner.ensure('two', aRequest('b'), 'subject');
    runner.abort('one');
    begun[1]?.answer(passed);
    await clock.advance(0);
    expect(runner.state('one').kind).toBe('none');
    expect(done).toEqual(['two']);
  });

  it('takes a defect in a check for a failed check', async () => {
    const { runner, clock, begun, errors } = aRunner();
    runner.ensure(uid, aRequest('a'), 'subject');
    begun[0]?.breakDown(new Error('oops'));
    await clock.advance(0);
    expect(runner.state(uid)).toMatchObject({ outcome: { kind: 'failed' } });
    expect(errors).toEqual(['a check broke']);
  });

  it('is silent about what an aborted check throws', async () => {
    const { runner, clock, begun, errors } = aRunner();
    runner.ensure(uid, aRequest('a'), 'subject');
    runner.abort(uid);
    begun[0]?.breakDown(new Error('aborted'));
    await clock.advance(0);
    expect(errors).toEqual([]);
  });
});

describe('a check that nothing waits for', () => {
  const request = aRequest('end', 0, ['post-rollout']);

  it.each<[string, PartResult, readonly string[]]>([
    ['passed', { announcements: [said('passed')] }, ['passed']],
    ['failed', { announcements: [said('one')], outcome: failed }, ['one', 'Halt']],
  ])('hands over what it said when it %s', async (_name, result, expected) => {
    const { runner, clock, begun } = aRunner();
    const reported: Announcement[] = [];
    runner.follow(uid, request, 'subject', (all) => reported.push(...all));
    begun[0]?.answer(result);
    await clock.advance(0);
    expect(reported.map(({ message }) => message)).toEqual(expected);
  });

  it('goes on beside the next check of its Canary', () => {
    const { runner, begun } = aRunner();
    runner.follow(uid, request, 'subject', () => undefined);
    runner.ensure(uid, aRequest('a'), 'subject');
    runner.abort(uid);
    expect(begun.map(({ signal }) => signal.aborted)).toEqual([false, true]);
  });

  it('says nothing about a Canary that is gone', async () => {
    const { runner, clock, begun } = aRunner();
    const reported: Announcement[] = [];
    runner.follow(uid, request, 'subject', (all) => reported.push(...all));
    runner.forget(uid);
    expect(begun[0]?.signal.aborted).toBe(true);
    begun[0]?.answer({ announcements: [said('aborted')] });
    await clock.advance(0);
    expect(reported).toEqual([]);
  });

  it('gets a moment at the end of the process, in which other checks are ended at once', async () => {
    const { runner, clock, begun } = aRunner();
    const reported: Announcement[] = [];
    runner.follow(uid, request, 'subject', (all) => reported.push(...all));
    runner.ensure(uid, aRequest('a'), 'subject');
    const closed = runner.close(2_000);
    expect(begun.map(({ signal }) => signal.aborted)).toEqual([false, true]);
    begun[0]?.answer({ announcements: [said('in time')] });
    await closed;
    expect(reported).toEqual([said('in time')]);
    await clock.advance(0);
  });

  it('is ended when that moment is over', async () => {
    const { runner, clock, begun } = aRunner();
    const reported: Announcement[] = [];
    runner.follow(uid, request, 'subject', (all) => reported.push(...all));
    const closed = runner.close(2_000);
    await clock.advance(2_000);
    await closed;
    expect(begun[0]?.signal.aborted).toBe(true);
    begun[0]?.answer({ announcements: [said('late')] });
    await clock.advance(0);
    expect(reported).toEqual([]);
  });
});
