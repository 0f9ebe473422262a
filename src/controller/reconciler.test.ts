// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { CheckRequest, CheckState } from '../rollout/index.js';
import { isAbandoned } from './reconciler.js';

function wanted(subject: string, attempt = 0): CheckRequest {
  return { subject, attempt, parts: [], phase: 'Progressing', revision: 'B', weightedSinceMs: undefined };
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
  readonly check: CheckRequest | undefined;
  readonly usedCheck: boolean;
  readonly state: CheckState;
  readonly expected: boolean;
}

describe('isAbandoned', () => {
  it.each`
    check             | usedCheck | state               | expected | fact
    ${undefined}      | ${false}  | ${{ kind: 'none' }} | ${false} | ${'there is nothing to end'}
    ${wanted('a')}    | ${false}  | ${running}          | ${false} | ${'the same check goes on'}
    ${wanted('a', 1)} | ${false}  | ${done}             | ${false} | ${'the runner starts a later attempt'}
    ${wanted('b')}    | ${false}  | ${running}          | ${true}  | ${'another check is wanted'}
    ${undefined}      | ${false}  | ${running}          | ${true}  | ${'no check is wanted'}
    ${undefined}      | ${false}  | ${done}             | ${true}  | ${'nobody used the result'}
    ${undefined}      | ${true}   | ${done}             | ${false} | ${'R5: the result stays until the decision is carried out'}
  `('$expected: $fact', ({ check, usedCheck, state, expected }: Case) => {
    expect(isAbandoned({ check, usedCheck }, state)).toBe(expected);
  });
});
