// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { CheckRequest, CheckState } from '../rollout/index.js';
import { isAbandoned } from './reconciler.js';

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
