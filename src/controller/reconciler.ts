// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import type { CanaryStatus } from '../api/canary-status.js';
import type { RolloutSpec } from '../api/rollout-spec.js';
import { parseStatus } from '../api/status-schema.js';
import type { Logger } from '../lib/logger.js';
import { errorText, OperatorError } from '../lib/operator-error.js';
import { isConflict } from '../kube/index.js';
import type { Action, Announcement, CheckState, Decision, Observation } from '../rollout/index.js';
import { acceptedStatus, refusedStatus } from '../rollout/index.js';
import { actionErrorText } from './execute/action-error.js';
import type { CheckSubject } from './checks/check-parts.js';
import type { CheckRunner } from './checks/check-runner.js';
import type { ClusterCache } from './cluster/cluster-cache.js';
import { driftWarnings } from './observe/drift-warnings.js';
import type { Executor } from './execute/execute.js';
import { imageChanges } from './report/image-changes.js';
import type { Interests } from './queue/interests.js';
import { leftBehind } from './observe/left-behind.js';
import type { Observed, ObserverDeps } from './observe/observe.js';
import { hasFinalizer } from './canary-identity.js';
import { observe } from './observe/observe.js';
import type { PrimarySizes } from './workloads/primary-sizes.js';
import type { RepairLimit } from './execute/repair-limit.js';
import type { Reporter, ReportSubject } from './report/report.js';
import { specObstacles } from './observe/spec-obstacles.js';
import type { SpecReader } from './cluster/spec-reader.js';

export interface ReconcilerDeps {
  readonly plan: (seen: Observation) => Decision;
  readonly cache: ClusterCache;
  readonly observer: ObserverDeps;
  readonly executor: Executor;
  readonly reporter: Reporter;
  readonly checks: CheckRunner<CheckSubject>;
  readonly interests: Interests;
  readonly specs: SpecReader;
  readonly repairs: RepairLimit;
  readonly sizes: PrimarySizes;
  readonly log: Logger;
  readonly settings: { readonly noCrossNamespaceRefs: boolean };
}

/** What the queue does with the Canary next. */
export type ReconcileResult =
  | { readonly kind: 'done' }
  /** Something moved under the decision: look again at once. */
  | { readonly kind: 'again' }
  | { readonly kind: 'after'; readonly delayMs: number };

/** One reconcile of one Canary. */
interface Run {
  readonly canary: Canary;
  readonly spec: RolloutSpec;
  readonly warnings: readonly string[];
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Wait before a Canary that only a person can mend is looked at again unasked. */
const helplessRetryMs = 60_000;
const never = Number.POSITIVE_INFINITY;

/** observe → plan → execute → report, for one Canary. Nothing that a Canary contains gets past this boundary. */
export class Reconciler {
  private readonly known = new Map<string, Canary>();

  constructor(private readonly deps: ReconcilerDeps) {}

  /**
   * Moves a Canary one step.
   * @throws what the caller should answer with backoff
   */
  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const canary = this.find(key);
    if (canary === undefined) return { kind: 'done' };
    const log = this.logFor(canary);
    const read = this.deps.specs.read(canary);
    const problems = read.kind === 'invalid' ? read.problems : specObstacles(canary, read.spec, this.deps);
    if (read.kind === 'invalid' || problems.length > 0) return this.refuse(canary, problems, log);
    const accepted = acceptedStatus(
      parseStatus(canary.status),
      read.spec.target.kind,
      this.deps.observer.clock.nowMs(),
    );
    if (accepted !== undefined) return this.note(canary, accepted);
    return this.step({ canary, spec: read.spec, warnings: read.warnings, signal, log });
  }

  private find(key: string): Canary | undefined {
    const [namespace = '', name = ''] = key.split('/');
    const canary = this.deps.cache.canaries.store.get({ namespace, name });
    const before = this.known.get(key);
    if (before !== undefined && before.metadata.uid !== canary?.metadata.uid) {
      // A Canary that takes its place goes on with what is there.
      if (canary === undefined) this.tellWhatIsLeft(before);
      this.forget(key, before);
    }
    if (canary !== undefined) this.known.set(key, canary);
    return canary;
  }

  private tellWhatIsLeft(canary: Canary): void {
    const read = this.deps.specs.read(canary);
    const message = read.kind === 'ok' ? leftBehind(canary, read.spec, this.deps.cache) : undefined;
    if (read.kind !== 'ok' || message === undefined) return;
    const status = parseStatus(canary.status);
    const told: Announcement = { kind: 'event', type: 'Warning', level: 'info', message };
    this.deps.reporter.add({ canary, spec: read.spec, before: status, after: status }, [told], this.logFor(canary));
  }

  private forget(key: string, canary: Canary): void {
    const uid = canary.metadata.uid ?? '';
    this.deps.checks.forget(uid);
    this.deps.interests.forget(key);
    this.deps.observer.settle.forget(uid);
    this.deps.repairs.forget(uid);
    this.deps.sizes.forget(uid);
    this.deps.reporter.forget(canary);
    this.known.delete(key);
    this.logFor(canary).info({}, `Deleting ${canary.metadata.name}.${canary.metadata.namespace ?? ''} from cache`);
  }

  /** An invalid Canary is told so on the object (D29); nothing of it is touched, and nothing of it runs. */
  private async refuse(canary: Canary, problems: readonly string[], log: Logger): Promise<ReconcileResult> {
    this.deps.checks.abort(canary.metadata.uid ?? '');
    const announcements = problems.map((problem, index) => once(`invalid-${index}`, `invalid canary spec: ${problem}`));
    const status = parseStatus(canary.status);
    this.deps.reporter.announce({ canary, spec: undefined, before: status, after: status }, announcements, log);
    if (canary.metadata.deletionTimestamp !== undefined && hasFinalizer(canary)) {
      // Nobody can tell what it was about; it must not stay for ever.
      await this.deps.executor.writeFinalizer(canary, false, log);
    }
    if (canary.metadata.deletionTimestamp !== undefined) return { kind: 'done' };
    return this.note(canary, refusedStatus(status, problems, this.deps.observer.clock.nowMs()));
  }

  /** Writes a status that nothing else comes with. */
  private async note(canary: Canary, status: CanaryStatus | undefined): Promise<ReconcileResult> {
    try {
      if (status !== undefined) await this.deps.executor.writeStatus({ ...canary, status });
      return { kind: 'done' };
    } catch (error) {
      if (isConflict(error)) return { kind: 'again' };
      throw error;
    }
  }

  private async step({ canary, spec, warnings, signal, log }: Run): Promise<ReconcileResult> {
    try {
      const { observed, wakeAfterMs } = this.deps.repairs.apply(await observe(canary, spec, this.deps.observer));
      this.deps.sizes.note(observed.observation.uid, observed.situation.primary);
      const decision = this.deps.plan(observed.observation);
      const drift = await driftWarnings(observed, this.deps.observer);
      const notes = [...warnings, ...observed.warnings, ...drift].map((text) => once(`warning ${text}`, text));
      await this.carryOut(decision, observed, notes, { signal, log });
      const delayMs = Math.min(decision.wakeAfterMs ?? never, wakeAfterMs ?? never);
      return delayMs === never ? { kind: 'done' } : { kind: 'after', delayMs };
    } catch (error) {
      if (signal.aborted) return { kind: 'done' };
      return this.afterError(error, canary, spec, log);
    }
  }

  private async carryOut(
    decision: Decision,
    observed: Observed,
    notes: readonly Announcement[],
    { signal, log }: Pick<Run, 'signal' | 'log'>,
  ): Promise<void> {
    const { observation: seen, situation } = observed;
    const { checks, executor, reporter } = this.deps;
    const subject: CheckSubject = { canary: situation.canary, spec: situation.spec };
    if (isAbandoned(decision, seen.check)) checks.abort(seen.uid);
    for (const action of decision.actions) {
      signal.throwIfAborted();
      await this.act(action, observed, log);
    }
    const after = decision.status ?? seen.status;
    if (decision.status !== undefined) {
      signal.throwIfAborted();
      await executor.writeStatus({ ...situation.canary, status: decision.status });
    }
    if (decision.usedCheck) checks.markUsed(seen.uid);
    const images = imageChanges(situation.primary, situation.target);
    const report: ReportSubject = {
      ...subject,
      before: seen.status,
      after,
      images,
      revision: revisionInQuestion(seen, after),
    };
    reporter.announce(report, [...decision.announcements, ...notes], log);
    checks.ensure(seen.uid, decision.check, subject);
    if (decision.afterwards !== undefined) {
      const tell = (said: readonly Announcement[]): void => reporter.add({ ...report, before: after }, said, log);
      checks.follow(seen.uid, decision.afterwards, subject, tell);
    }
    log.debug({ reason: decision.reason, phase: after.phase, weightPercent: after.canaryWeight }, 'reconciled');
  }

  private async act(action: Action, observed: Observed, log: Logger): Promise<void> {
    const { observation, situation } = observed;
    try {
      await this.deps.executor.execute(action, observation, situation, log);
      this.deps.repairs.note(action, observed);
    } catch (error) {
      if (isConflict(error) || (error instanceof OperatorError && error.retry === 'requeue')) throw error;
      throw actionErrorText(action, situation, error);
    }
  }

  private afterError(error: unknown, canary: Canary, spec: RolloutSpec, log: Logger): ReconcileResult {
    const retry = error instanceof OperatorError ? error.retry : 'backoff';
    if (retry === 'requeue' || isConflict(error)) {
      log.debug({ error: errorText(error) }, 'observing again');
      return { kind: 'again' };
    }
    if (!(error instanceof OperatorError)) log.error({ err: error }, 'reconcile failed unexpectedly');
    const status = parseStatus(canary.status);
    const message = errorText(error);
    const repeat = { topic: 'error', text: message, everyMs: spec.analysis.intervalMs };
    const event: Announcement = { kind: 'event', type: 'Warning', level: 'info', message, repeat };
    this.deps.reporter.add({ canary, spec, before: status, after: status }, [event], log);
    if (retry === 'never') return { kind: 'after', delayMs: helplessRetryMs };
    throw error;
  }

  private logFor({ metadata }: Canary): Logger {
    return this.deps.log.child({ canary: `${metadata.name}.${metadata.namespace ?? ''}` });
  }
}

/**
 * Whether the check of a Canary is to end before the decision is carried out. One of the wanted subject goes on; `ensure` then
 * decides by the attempt. One whose result the decision rests on stays until that is carried out: if a write fails, the next
 * look must find the same result, and no hook is called twice.
 */
export function isAbandoned({ check, usedCheck }: Pick<Decision, 'check' | 'usedCheck'>, state: CheckState): boolean {
  return state.kind !== 'none' && !usedCheck && state.subject !== check?.subject;
}

/** What people and webhooks are told about: while a new revision waits for its rollout, that one, not the one before it. */
export function revisionInQuestion({ status, target }: Observation, after: CanaryStatus): string | undefined {
  const isRunning = ['Progressing', 'WaitingPromotion', 'Promoting', 'Finalising'].includes(status.phase);
  const isDecided = isRunning || after.lastAppliedSpec !== status.lastAppliedSpec;
  return isDecided ? after.lastAppliedSpec : (target?.revision ?? after.lastAppliedSpec);
}

function once(topic: string, message: string): Announcement {
  const repeat = { topic, text: message, everyMs: Number.POSITIVE_INFINITY };
  return { kind: 'event', type: 'Warning', level: 'info', message, repeat };
}
