// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { aHook, anAnalysis, aSpec } from '../../../test/support/rollout-observation.js';
import type { Canary } from '../../api/canary.js';
import type { HookResult } from '../../hooks/index.js';
import { FakeClock } from '../../lib/fake-clock.js';
import type { CheckPart, EventTopic } from '../../rollout/index.js';
import { createPartRunner } from './check-parts.js';
import type { PartResult } from './check-runner.js';

const canary: Canary = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: { name: 'podinfo', namespace: 'test', uid: 'uid-1' },
  spec: {},
};

/** What a part says when its hook answers so. */
function run(part: CheckPart & Parameters<typeof aHook>[0], result: HookResult) {
  const unused = () => Promise.reject(new Error('not used'));
  const runPart = createPartRunner({
    hooks: { call: () => Promise.resolve(result) },
    checkMetrics: unused,
    checkAvailability: unused,
    onVerdict: () => undefined,
    clock: new FakeClock(),
  });
  const spec = aSpec({ analysis: anAnalysis({ webhooks: [aHook(part, 'load-test')] }) });
  const request = {
    subject: 's',
    attempt: 0,
    parts: [part],
    phase: 'Progressing',
    revision: 'B',
    mirrored: false,
  } as const;
  return runPart(part, { canary, spec }, { ...request, weightedSinceMs: undefined }, new AbortController().signal);
}

function topicsOf({ announcements }: PartResult): readonly (EventTopic | undefined)[] {
  return announcements.map((said) => (said.kind === 'event' ? said.repeat : undefined));
}

const misconfigured: HookResult = { kind: 'failed', message: 'Secret test/tester not found', isMisconfigured: true };

describe('D43: what is true at every interval', () => {
  const answers: readonly (readonly [Parameters<typeof run>[0], HookResult, string])[] = [
    ['rollback', { kind: 'failed', message: 'no' }, 'Rollback hook load-test not signaling a rollback'],
    ['confirm-rollout', { kind: 'passed', body: '' }, 'Confirm-rollout check load-test passed'],
    ['confirm-promotion', { kind: 'passed', body: '' }, 'Confirm-promotion check load-test passed'],
  ];

  it.each(answers)('is marked as said before: %s', async (part, result, message) => {
    const { announcements } = await run(part, result);
    expect(announcements).toContainEqual(
      expect.objectContaining({ message, repeat: expect.objectContaining({ everyMs: 24 * 3_600_000 }) }),
    );
  });
});

describe('a hook that cannot be called', () => {
  it.each(['confirm-rollout', 'confirm-traffic-increase', 'confirm-promotion', 'rollback'] as const)(
    'counts as failed and is a Warning, whose answer nobody would see otherwise: %s',
    async (part) => {
      const { outcome, announcements } = await run(part, misconfigured);
      expect(outcome?.kind).toBe(part === 'rollback' ? undefined : 'gateClosed');
      expect(announcements).toContainEqual(
        expect.objectContaining({
          type: 'Warning',
          message: 'Webhook load-test of podinfo.test cannot be called: Secret test/tester not found',
        }),
      );
    },
  );

  it.each(['pre-rollout', 'rollout'] as const)('is a failed check that says why: %s', async (part) => {
    const { outcome } = await run(part, misconfigured);
    expect(outcome).toMatchObject({
      kind: 'failed',
      event: { type: 'Warning', message: expect.stringContaining('load-test failed Secret test/tester not found') },
    });
  });

  it.each<[string, HookResult]>([
    ['closed', { kind: 'failed', message: 'Forbidden' }],
    ['open', { kind: 'passed', body: '' }],
  ])('has an end, which a gate that answers tells of: %s', async (_answer, result) => {
    const before = await run('confirm-rollout', misconfigured);
    const after = await run('confirm-rollout', result);
    const topic = topicsOf(before)[0];
    expect(topic).toMatchObject({ text: 'Secret test/tester not found', everyMs: 24 * 3_600_000 });
    expect(after.announcements[0]).toMatchObject({
      type: 'Normal',
      message: 'Webhook load-test of podinfo.test is called again',
      repeat: { topic: topic?.topic, ends: true },
    });
  });
});
