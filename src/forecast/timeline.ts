// SPDX-License-Identifier: Apache-2.0
import type { Phase } from '../api/canary-status.js';
import { sameJson } from '../lib/hash.js';
import type { CheckOutcome, CheckRequest, Decision, Observation } from '../rollout/index.js';
import { audienceOf } from './audience.js';
import { isSameQuestion, questionsOf } from './questions.js';
import type { Audience, Check, Question, Step } from './report.js';

interface OpenStep {
  readonly atMs: number;
  readonly phase: Phase;
  readonly weight: number;
  readonly iteration: number;
  readonly seenBy: Audience;
  readonly asks: Question[];
  readonly checks: Check[];
}

type SamePlace = Pick<OpenStep, 'phase' | 'weight' | 'iteration' | 'seenBy'>;

/** Between two writes of one decision there is a moment in which neither holds. */
function isSeen({ atMs, asks, checks }: OpenStep, index: number, steps: readonly OpenStep[]): boolean {
  return asks.length > 0 || checks.length > 0 || steps[index + 1]?.atMs !== atMs;
}

function placeOf({ phase, weight, iteration, seenBy }: OpenStep): SamePlace {
  return { phase, weight, iteration, seenBy };
}

/** What is seen of a rollout from outside, written down from the operator's own observations and decisions. */
export class Timeline {
  readonly #steps: OpenStep[] = [];
  #startMs = 0;
  #isRunning = false;
  decisions = 0;

  /** From now on, which is second 0. */
  start(nowMs: number): void {
    this.#startMs = nowMs;
    this.#isRunning = true;
  }

  note(nowMs: number, seen: Observation, decision: Decision): void {
    if (!this.#isRunning) return;
    this.decisions += 1;
    const step = this.#stepOf(nowMs, seen);
    this.#noteCheck(step, nowMs, seen, decision);
    for (const request of [decision.check, decision.afterwards]) if (request !== undefined) ask(step, seen, request);
  }

  /** In which the rollout is now. */
  get phase(): Phase | undefined {
    return this.#steps.at(-1)?.phase;
  }

  /** The newest result of a check. */
  get lastCheck(): Check | undefined {
    return this.#steps.findLast(({ checks }) => checks.length > 0)?.checks.at(-1);
  }

  get steps(): readonly Step[] {
    return this.#steps
      .filter(isSeen)
      .map(({ atMs, ...step }) => ({ atSeconds: seconds(atMs - this.#startMs), ...step }));
  }

  #stepOf(nowMs: number, seen: Observation): OpenStep {
    const { phase, canaryWeight: weight, iterations: iteration } = seen.status;
    const seenBy = audienceOf(seen);
    const last = this.#steps.at(-1);
    const place = { phase, weight, iteration, seenBy };
    if (last !== undefined && sameJson(placeOf(last), place)) return last;
    const step = { ...place, atMs: nowMs, asks: [], checks: [] };
    this.#steps.push(step);
    return step;
  }

  #noteCheck(step: OpenStep, atMs: number, seen: Observation, { usedCheck }: Decision): void {
    const { check, status } = seen;
    if (check.kind !== 'done' || !usedCheck) return;
    const { outcome } = check;
    const message = messageOf(outcome);
    step.checks.push({
      atSeconds: seconds(atMs - this.#startMs),
      result: results[outcome.kind],
      failedChecks: status.failedChecks + (outcome.kind === 'failed' ? 1 : 0),
      ...(message !== undefined && { message }),
    });
  }
}

const results = {
  passed: 'passed',
  failed: 'failed',
  gateClosed: 'closed',
  tooEarly: 'noData',
  rollback: 'rollback',
} as const satisfies Record<CheckOutcome['kind'], Check['result']>;

function messageOf(outcome: CheckOutcome): string | undefined {
  switch (outcome.kind) {
    case 'passed':
      return undefined;
    case 'failed':
      return outcome.event.kind === 'event' ? outcome.event.message : undefined;
    case 'gateClosed':
      return `${outcome.gate} ${outcome.hook} is closed`;
    case 'tooEarly':
      return 'no data yet';
    case 'rollback':
      return `rollback ${outcome.hook} asks for it`;
  }
}

function ask(step: OpenStep, { spec }: Observation, { parts }: CheckRequest): void {
  for (const question of parts.flatMap((part) => questionsOf(part, spec))) {
    if (!step.asks.some((known) => isSameQuestion(known, question))) step.asks.push(question);
  }
}

/** Whole milliseconds, without what the machine's arithmetic adds. */
function seconds(ms: number): number {
  return Math.round(ms) / 1_000;
}
