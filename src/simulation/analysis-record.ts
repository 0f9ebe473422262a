// SPDX-License-Identifier: Apache-2.0
import type { CanaryStatus } from '../api/canary-status.js';
import type { CheckRequest } from '../rollout/index.js';
import type { Audience, StrategyShape } from './strategy-shape.js';

/** What of a Canary decides on who gets the new revision when. */
export interface Ladder extends StrategyShape {
  /** Whether a revision is asked about before anybody gets it. */
  readonly asksFirst: boolean;
}

/** Parts of a request's subject: uid, revision, phase, weight, iterations, … */
const [weightPart, iterationPart] = [3, 4];
const tolerance = 1e-6;

/** What a revision has passed since its rollout began. */
interface Passed {
  /** Weights, and 0 for the check before the first. */
  readonly weights: ReadonlySet<number>;
  /** Iterations, and 0 for the check before the first. */
  readonly iterations: ReadonlySet<number>;
}

const nothing: Passed = { weights: new Set(), iterations: new Set() };

/**
 * What checks have said of each revision, kept apart from the operator: which weight and which promotion they allow.
 * It errs on the side of the operator where a check and an edit of the Canary cross.
 */
export class AnalysisRecord {
  readonly #passedSteps = new Map<string, Passed>();
  readonly #passed = new Set<string>();
  readonly #failed = new Set<string>();
  #ladders: readonly Ladder[] = [];

  /** From now on the Canary asks for this; what it asked for before may still be in somebody's mind. */
  useLadder(ladder: Ladder): void {
    this.#ladders = [ladder, ...this.#ladders.slice(0, 1)];
    // An edit in mid-rollback starts the analysis again (R16).
    this.#failed.clear();
  }

  checkPassed({ revision, subject, phase }: CheckRequest): void {
    if (phase === 'Initializing') return;
    const parts = subject.split('/');
    const [weight, iteration] = [Number(parts[weightPart]), Number(parts[iterationPart])];
    const { weights, iterations } = this.#passedSteps.get(revision) ?? nothing;
    const hasWeight = weight > 0 || iteration === 0;
    this.#passedSteps.set(revision, {
      weights: hasWeight ? new Set([...weights, weight]) : weights,
      iterations: new Set([...iterations, iteration]),
    });
    if (this.#ladders.some((ladder) => isLast(ladder, weight, iteration))) this.#passed.add(revision);
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
    this.#passedSteps.delete(revision);
  }

  hasFailed(revision: string): boolean {
    return this.#failed.has(revision);
  }

  /** The most that the canary may get of the requests of everybody. */
  allowedWeight(revision: string): number {
    if (this.#failed.has(revision)) return 0;
    const passed = this.#passedSteps.get(revision) ?? nothing;
    return Math.max(0, ...this.#ladders.map((ladder) => allowedBy(ladder, passed)));
  }

  /** Whether users of this sort may be sent to the revision by an A/B test. */
  allowsAudience(revision: string, audience: Audience): boolean {
    if (this.#failed.has(revision)) return false;
    const { iterations } = this.#passedSteps.get(revision) ?? nothing;
    return this.#ladders.some(
      ({ match = [], asksFirst }) => match.includes(audience) && (!asksFirst || iterations.has(0)),
    );
  }

  /**
   * A rollout begins, or goes back to its beginning.
   * @returns whether it is a new one
   */
  statusWritten(before: CanaryStatus | undefined, after: CanaryStatus): boolean {
    const revision = after.lastAppliedSpec ?? '';
    const begins = isBeginning(before, after);
    if (begins) {
      this.#passed.delete(revision);
      this.#failed.delete(revision);
    }
    const isBack = before !== undefined && !isAtStart(before) && isAtStart(after);
    if (begins || isBack) this.#passedSteps.delete(revision);
    return begins;
  }
}

function isAtStart({ canaryWeight, iterations }: CanaryStatus): boolean {
  return canaryWeight === 0 && iterations === 0;
}

function isBeginning(before: CanaryStatus | undefined, after: CanaryStatus): boolean {
  if (after.phase !== 'Progressing') return false;
  return !inRollout(before?.phase) || before?.lastAppliedSpec !== after.lastAppliedSpec;
}

function inRollout(phase: CanaryStatus['phase'] | undefined): boolean {
  return phase === 'Progressing' || phase === 'WaitingPromotion' || phase === 'Promoting' || phase === 'Finalising';
}

function allowedBy(ladder: Ladder, { weights, iterations }: Passed): number {
  const { iterations: count = 0, match = [], provider, mirrorWeight, asksFirst } = ladder;
  if (count > 0) {
    if (provider === 'kubernetes' || match.length > 0) return 0;
    const all = Array.from({ length: count }, (_, index) => index + 1);
    return all.every((iteration) => iterations.has(iteration)) ? 100 : 0;
  }
  // The first weight is asked for by the step before it: the mirrored one, the one without weight, or none.
  const isFree = mirrorWeight === undefined ? !asksFirst || weights.has(0) : iterations.has(1);
  const steps = [...weights].filter((weight) => weight > 0);
  return Math.max(0, ...[...(isFree ? [0] : []), ...steps].map((weight) => next(ladder, weight)));
}

function next({ stepWeight = 0, stepWeights = [] }: Ladder, weight: number): number {
  if (stepWeight > 0) return Math.min(100, weight + stepWeight);
  return stepWeights.find((step) => step > weight + tolerance) ?? weight;
}

/** Whether a revision that passed here is promoted. A weight that is not the strategy's own is all the traffic. */
function isLast(ladder: Ladder, weight: number, iteration: number): boolean {
  const { iterations: count = 0, match = [] } = ladder;
  if (count > 0) return weight > 0 || iteration > (match.length > 0 ? count - 1 : count);
  return weight > 0 && (weight >= lastWeight(ladder) - tolerance || next(ladder, weight) <= weight + tolerance);
}

function lastWeight({ maxWeight, stepWeights = [] }: Ladder): number {
  return maxWeight ?? stepWeights.at(-1) ?? 100;
}
