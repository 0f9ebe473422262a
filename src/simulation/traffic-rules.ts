// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import type { CanaryStatus } from '../api/canary-status.js';
import type { Clock } from '../lib/clock.js';
import type { AnalysisRecord } from './analysis-record.js';
import { nobody, variants, type Fate, type RoutedTraffic, type Variant } from './routed-traffic.js';
import { isCopying, sharesOfAnybody, type TrafficHistory } from './traffic.js';
import { anybody, nameOfVisitor, type Visitor } from './visitors.js';

export interface TrafficRulesDeps {
  readonly clock: Clock;
  readonly analysis: AnalysisRecord;
  readonly history: TrafficHistory;
  readonly settleMs: number;
  /** Ready pods of each variant, as the operator could know when it decided. */
  readonly readyPods: () => Readonly<Record<Variant, number>>;
  /** Percent that the canary is about to get. */
  readonly nextWeight: () => number | undefined;
  /** A list of before has shown the operator another canary Ingress than there is. */
  readonly isMisled: () => boolean;
  /** A person has set the routes as they are. */
  readonly areByHand: () => boolean;
  /** The apex Service goes with the Canary: nobody is served then, wherever the routes lead. */
  readonly apexGoes: () => boolean;
  readonly canary: () => Canary | undefined;
  readonly must: (holds: boolean, rule: string, text: () => string) => void;
}

/** A write of the operator as the users of the app meet it. */
interface Change {
  readonly before: RoutedTraffic;
  readonly after: RoutedTraffic;
  readonly status: CanaryStatus | undefined;
}

const tolerance = 1e-6;
const nearly = (left: number, right: number): boolean => Math.abs(left - right) < tolerance;

/** What must hold of every sort of users after each write of the operator that may lead them elsewhere. */
export class TrafficRules {
  constructor(private readonly deps: TrafficRulesDeps) {}

  check(before: RoutedTraffic, after: RoutedTraffic): void {
    const canary = this.deps.canary();
    // Without it everything that is ours is about to go, whatever an operator does that has not heard of it.
    if (canary === undefined) return;
    // An application that is given back gets all its traffic without being asked.
    const isGivenBack = canary.metadata.deletionTimestamp !== undefined;
    if (isGivenBack && this.deps.apexGoes()) return;
    const change = { before, after, status: canary.status };
    for (const [name, fate] of after.fates) {
      this.#eachIsServed(before, name, fate);
      if (!isGivenBack && !this.deps.areByHand()) this.#mayMeetCanary(change, fateBefore(before, name), fate);
    }
    this.#copiesArrive(change);
    if (change.status !== undefined) this.#staysWithVariant(change, change.status);
  }

  /** Who has a cookie that is given only now has not been anywhere yet. */
  #eachIsServed(before: RoutedTraffic, name: string, fate: Fate): void {
    if (fate.visitor.kind === 'returning' && !before.fates.has(name)) return;
    this.#isServed(fateBefore(before, name), fate);
  }

  /** S1, and S2 with R8: traffic goes only to a variant of which the operator has seen a ready pod. */
  #isServed(was: Fate | undefined, { visitor, shares, isDrawn }: Fate): void {
    const { must, readyPods } = this.deps;
    const name = nameOfVisitor(visitor);
    const before = was?.shares ?? nobody;
    for (const variant of variants) {
      const rises = shares[variant] > before[variant] + tolerance;
      must(
        !rises || readyPods()[variant] > 0,
        'S2',
        () => `${variant} got ${shares[variant]} % of ${name} without a ready pod`,
      );
    }
    const lost = 100 - shares.target - shares.primary;
    const wasServed = before.target + before.primary > 0;
    must(!wasServed || lost < 0.1, 'S1', () => `${lost} % of ${name} goes to nobody`);
    const isAmbiguous = isDrawn && was?.isDrawn !== true && !this.deps.areByHand();
    must(!isAmbiguous, 'S1', () => `two routes have the same right to ${name}`);
  }

  /** S4 and S5. A copy that works takes the traffic of one that does not, whatever was checked. */
  #mayMeetCanary({ status }: Change, was: Fate | undefined, { visitor, shares }: Fate): void {
    const { analysis, readyPods, must } = this.deps;
    const before = was?.shares.target ?? 0;
    if (shares.target <= before + tolerance || readyPods().primary === 0) return;
    const revision = status?.lastAppliedSpec ?? '';
    if (analysis.hasPassed(revision)) return;
    const allowed = this.#allowed(visitor, revision, status);
    must(
      shares.target <= allowed + tolerance,
      analysis.hasFailed(revision) ? 'S5' : 'S4',
      () =>
        `the canary's share of ${nameOfVisitor(visitor)} went from ${before} to ${shares.target} %, checks allow ${allowed}`,
    );
  }

  #allowed(visitor: Visitor, revision: string, status: CanaryStatus | undefined): number {
    const { analysis } = this.deps;
    const weight = analysis.allowedWeight(revision);
    switch (visitor.kind) {
      case 'anybody':
        return weight;
      case 'audience':
        return analysis.allowsAudience(revision, visitor.audience) ? 100 : weight;
      case 'returning':
        return weight > 0 && visitor.cookie === status?.sessionAffinityCookie ? 100 : weight;
    }
  }

  /**
   * S1: a copy that finds no route of its own is copied again. So the route is there before the copies and after them, for as
   * long as Skipper takes to see it.
   */
  #copiesArrive({ before, after }: Change): void {
    const { must, history, clock, settleMs } = this.deps;
    const astray = ({ fates }: RoutedTraffic): number => Math.max(0, ...[...fates.values()].map((fate) => fate.astray));
    must(astray(after) <= astray(before), 'S1', () => `the copies of ${astray(after)} % find no route of their own`);
    const nowMs = clock.monotonicMs();
    if (isCopying(after) && !isCopying(before)) {
      const sinceMs = nowMs - (history.takesCopiesSinceMs ?? nowMs);
      must(sinceMs >= settleMs, 'S1', () => `copies are made ${sinceMs} ms after the route for them`);
    }
    if (before.takesCopies && !after.takesCopies) {
      const sinceMs = nowMs - history.copiedUntilMs;
      must(sinceMs >= settleMs, 'S1', () => `the route for copies goes ${sinceMs} ms after the last one`);
    }
  }

  /** Who met a variant in this rollout stays there; a cookie of an earlier one means nothing. */
  #staysWithVariant({ after }: Change, status: CanaryStatus): void {
    const { must, history } = this.deps;
    const { target: weight } = sharesOfAnybody(after);
    for (const { visitor, shares } of after.fates.values()) {
      if (visitor.kind !== 'returning') continue;
      const { met, cookie } = visitor;
      const held = met === 'target' ? status.sessionAffinityCookie : status.primarySessionAffinityCookie;
      if (cookie === held && !history.isOfEarlierRollout(cookie)) {
        const text = (): string => `who met the ${met} gets it in ${shares[met]} % of the requests, at ${weight} %`;
        must(!this.#holds(met, weight) || nearly(shares[met], 100), 'S4', text);
      } else {
        const text = (): string => `the old ${cookie} leads ${shares.target} % to the canary instead of ${weight}`;
        must(nearly(shares.target, weight), 'S4', text);
      }
    }
  }

  /** Whether a variant must keep those who met it. */
  #holds(met: Variant, weight: number): boolean {
    const isSplit = weight > tolerance && weight < 100 - tolerance;
    // At 100 % nobody is held on the primary, which is let go of first: it may be about to have no pods.
    const isReleased = met === 'primary' && this.deps.nextWeight() === 100;
    return isSplit && !isReleased && !this.deps.isMisled();
  }
}

/** A sort of users that was not told apart before was like anybody. */
function fateBefore({ fates }: RoutedTraffic, name: string): Fate | undefined {
  return fates.get(name) ?? fates.get(nameOfVisitor(anybody));
}
