// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { anObservation, aStatus, aTarget } from '../../test/support/rollout-observation.js';
import type { Phase } from '../api/canary-status.js';
import type { CheckRequest, CheckState } from '../rollout/index.js';
import { isAbandoned, revisionInQuestion } from './reconciler.js';

function wanted(subject: string, attempt = 0): CheckRequest {
  return {
    subject,
    attempt,
    parts: [],
    phase: 'Progressing',
    revision: 'B',
    weightedSinceMs: undefined,
    mirrored: false,
  };
}

const running: CheckState = { kind: 'running', subject: 'a', attempt: 0 };
const done: CheckState = {
  kind: 'done',
  subject: 'a',
  attempt: 0,
  outcome: { kind: 'passed' },
  announcements: [],
  measured: [],
  finishedAtMs: 0,
  fresh: true,
};

interface Case {
  readonly fact: string;
  readonly check: CheckRequest | undefined;
  readonly usedCheck: boolean;
  readonly state: CheckState;
  readonly expected: boolean;
}

describe('isAbandoned', () => {
  it.each<Case>([
    { fact: 'there is nothing to end', check: undefined, usedCheck: false, state: { kind: 'none' }, expected: false },
    { fact: 'the same check goes on', check: wanted('a'), usedCheck: false, state: running, expected: false },
    {
      fact: 'the runner starts a later attempt',
      check: wanted('a', 1),
      usedCheck: false,
      state: done,
      expected: false,
    },
    { fact: 'another check is wanted', check: wanted('b'), usedCheck: false, state: running, expected: true },
    { fact: 'no check is wanted', check: undefined, usedCheck: false, state: running, expected: true },
    { fact: 'nobody used the result', check: undefined, usedCheck: false, state: done, expected: true },
    {
      fact: 'R5: a result stays until it is acted on',
      check: undefined,
      usedCheck: true,
      state: done,
      expected: false,
    },
  ])('$expected: $fact', ({ check, usedCheck, state, expected }) => {
    expect(isAbandoned({ check, usedCheck }, state)).toBe(expected);
  });
});

interface QuestionCase {
  readonly phase: Phase;
  readonly onTarget: string | undefined;
  readonly applied: string;
  readonly expected: string;
  readonly fact: string;
}

describe('revisionInQuestion', () => {
  it.each<QuestionCase>([
    { phase: 'Succeeded', onTarget: 'B', applied: 'A', expected: 'B', fact: 'a gate is asked about the new revision' },
    { phase: 'Waiting', onTarget: 'B', applied: 'A', expected: 'B', fact: 'a revision waits for approval' },
    { phase: 'Succeeded', onTarget: 'A', applied: 'A', expected: 'A', fact: 'nothing is new' },
    { phase: 'Waiting', onTarget: 'B', applied: 'B', expected: 'B', fact: 'the rollout of a revision begins' },
    {
      phase: 'Progressing',
      onTarget: 'C',
      applied: 'B',
      expected: 'B',
      fact: 'a further revision comes in mid-rollout',
    },
    {
      phase: 'Finalising',
      onTarget: 'C',
      applied: 'B',
      expected: 'B',
      fact: 'a revision is promoted while the next one is there',
    },
    { phase: 'Waiting', onTarget: undefined, applied: 'A', expected: 'A', fact: 'a config cannot be read' },
  ])('is $expected: $fact', ({ phase, onTarget, applied, expected }) => {
    const before = phase === 'Waiting' || phase === 'Succeeded' ? 'A' : 'B';
    const status = aStatus({ phase, lastAppliedSpec: before });
    const seen = anObservation({ status, target: aTarget({ revision: onTarget }) });
    expect(revisionInQuestion(seen, { ...status, lastAppliedSpec: applied })).toBe(expected);
  });
});
