// SPDX-License-Identifier: Apache-2.0
import type { CanaryStatus } from '../api/canary-status.js';
import type { CheckRequest } from '../rollout/index.js';

/** What of an analysis decides on weights, as the Canary says it. */
export interface Ladder {
  readonly stepWeight?: number;
  readonly stepWeights?: readonly number[];
  readonly maxWeight?: number;
  /** Whether a revision is asked about before it gets its first weight. */
  readonly asksFirst: boolean;
}

/** Percent of a request's subject: uid, revision, phase, weight, … */
const weightPart = 3;
const tolerance = 1e-6;

/**
 * What checks have said of each revision, kept apart from the operator: which weight and which promotion they allow.
 * It errs on the side of the operator where a check and an edit of the Canary cross.
 */
export class AnalysisRecord {
  readonly #passedAt = new Map<string, Set<number>>();
  readonly #passed = new Set<string>();
  readonly #failed = new Set<string>();
  #ladders: readonly Ladder[] = [];

  /** From now on the Canary asks for this; what it asked for before may still be in somebody's mind. */
  useLadder(ladder: Ladder): void {
    this.#ladders = [ladder, ...this.#ladders.slice(0, 1)];
  }

  checkPassed({ revision, subject, phase }: CheckRequest): void {
    if (phase === 'Initializing') return;
    const weight = Number(subject.split('/')[weightPart]);
    const weights = this.#passedAt.get(revision) ?? new Set();
    this.#passedAt.set(revision, weights.add(weight));
    if (weight > 0 && this.#ladders.some((ladder) => isLast(ladder, weight))) this.#passed.add(revision);
  }

  /** The revision may be promoted. */
  hasPassed(revision: string): boolean {
    return this.#passed.has(revision);
  }

  /** Counts as passed without a check: the first version, and where nobody wants an analysis. */
  admit(revision: string): void {
    this.#passed.add(revision);
  }

  failed(revision: string): void {
    this.#failed.add(revision);
    this.#passedAt.delete(revision);
  }

  hasFailed(revision: string): boolean {
    return this.#failed.has(revision);
  }

  /** The most that the canary may get of the traffic. */
  allowedWeight(revision: string): number {
    if (this.#failed.has(revision)) return 0;
    const passed = [...(this.#passedAt.get(revision) ?? [])];
    const steps = this.#ladders.flatMap((ladder) => {
      const free = ladder.asksFirst ? [] : [0];
      return [...free, ...passed].map((weight) => next(ladder, weight));
    });
    return Math.max(0, ...steps);
  }

  /** A rollout begins, or goes back to its beginning. */
  statusWritten(before: CanaryStatus | undefined, after: CanaryStatus): void {
    const revision = after.lastAppliedSpec ?? '';
    const begins = isBeginning(before, after);
    if (begins) {
      this.#passed.delete(revision);
      this.#failed.delete(revision);
    }
    const wasWeighted = before !== undefined && before.canaryWeight > 0;
    if (begins || (wasWeighted && after.canaryWeight === 0)) this.#passedAt.delete(revision);
  }
}

function isBeginning(before: CanaryStatus | undefined, after: CanaryStatus): boolean {
  if (after.phase !== 'Progressing') return false;
  return !inRollout(before?.phase) || before?.lastAppliedSpec !== after.lastAppliedSpec;
}

function inRollout(phase: CanaryStatus['phase'] | undefined): boolean {
  return phase === 'Progressing' || phase === 'WaitingPromotion' || phase === 'Promoting' || phase === 'Finalising';
}

function next({ stepWeight = 0, stepWeights = [] }: Ladder, weight: number): number {
  if (stepWeight > 0) return Math.min(100, weight + stepWeight);
  return stepWeights.find((step) => step > weight + tolerance) ?? weight;
}

function isLast(ladder: Ladder, weight: number): boolean {
  const maxWeight = ladder.maxWeight ?? ladder.stepWeights?.at(-1) ?? 100;
  return weight >= maxWeight - tolerance || next(ladder, weight) <= weight + tolerance;
}
