// SPDX-License-Identifier: Apache-2.0
import type { CanaryStatus } from '../../src/api/canary-status.js';
import type { RolloutSpec } from '../../src/api/rollout-spec.js';
import type {
  Action,
  CheckOutcome,
  CheckState,
  Decision,
  Mirroring,
  Observation,
  Verdict,
} from '../../src/rollout/index.js';
import { plan } from '../../src/rollout/index.js';
import { isLastWeight, nextWeight, sameWeight } from '../../src/rollout/weights.js';
import { anObservation, aSpec, startMs } from './rollout-observation.js';

/** Time until pods that were asked for are ready. */
const podStartMs = 2_000;
export const settleMs = 5_000;

interface Workload {
  revision: string;
  replicas: number;
  /** Since when its pods have been coming up. */
  startedMs: number;
  /** Pods do not get ready. */
  broken: boolean;
}

/** Who gets the canary. */
interface Share {
  readonly weight: number;
  /** False: only users that match the conditions of an A/B test. */
  readonly everybody: boolean;
}

/**
 * A cluster reduced to what the decision core depends on, which it drives through its own decisions. After every write
 * the safety invariants are checked; a violation throws.
 */
export class RolloutWorld {
  nowMs = startMs;
  spec: RolloutSpec;
  status: CanaryStatus = { phase: '', canaryWeight: 0, failedChecks: 0, iterations: 0 };
  target: Workload | undefined = { revision: 'A', replicas: 2, startedMs: 0, broken: false };
  primary: Workload | undefined;
  ingress:
    | {
        weight: number;
        everybody: boolean;
        enabled: boolean;
        changedAtMs: number;
        since: number | undefined;
        verdict: Verdict | undefined;
      }
    | undefined;
  mirror: Mirroring = 'off';
  /** A rolling update of the primary leaves it without pods for a while. */
  recreates = false;
  apexOnPrimary = false;
  /** Answers that checks get; the last one repeats. */
  verdicts: CheckOutcome['kind'][] = ['passed'];
  readonly events: string[] = [];
  writes = 0;
  /** Somebody else changed the weights since our last write of them. */
  wasEdited = false;

  private check: CheckState = { kind: 'none' };
  private shiftedMs = 0;
  private readonly passed = new Set<string>();
  private readonly passedPlaces = new Set<string>();
  private failed: string | undefined;

  constructor(spec: RolloutSpec = aSpec()) {
    this.spec = spec;
  }

  observation(): Observation {
    const { ingress, target, primary } = this;
    return anObservation({
      nowMs: this.nowMs,
      spec: this.spec,
      status: this.status,
      target: target && {
        revision: target.revision,
        configProblem: undefined,
        trackedConfigs: {},
        replicas: target.replicas,
        readiness: this.readiness(target),
        readyEndpoints: this.endpoints(target),
        templateChangedAtMs: undefined,
        scaler: 'none',
      },
      primary: primary && {
        replicas: primary.replicas,
        revision: primary.revision,
        annotated: true,
        copies: 'asPromoted',
        readiness: this.readiness(primary),
        readyEndpoints: this.endpoints(primary),
        canReachZeroAvailable: this.recreates,
      },
      objects: {
        canaryService: 'asWanted',
        primaryService: 'asWanted',
        apexService: this.apexOnPrimary ? 'asWanted' : 'drifted',
        primaryAutoscaler: 'notWanted',
      },
      routes: {
        present: ingress !== undefined || !this.hasRoutes(),
        canaryWeight: this.canaryWeight(),
        enabled: ingress?.enabled ?? false,
        mirror: this.mirror,
        everybody: this.share().everybody,
        drifted: false,
        changedAtMs: ingress?.changedAtMs,
        weightedSinceMs: ingress?.since,
        verdict: ingress?.verdict,
        stale: 'none',
        stalePrimaryServes: true,
        retargeted: false,
        stableMs: this.nowMs - this.shiftedMs,
      },
      check: this.check,
      settleMs,
    });
  }

  /** One reconcile; with `writesBeforeCrash` the process dies after so many writes and is started again. */
  reconcile(writesBeforeCrash = Number.POSITIVE_INFINITY): Decision {
    const decision = plan(this.observation());
    let left = writesBeforeCrash;
    if (decision.check === undefined) this.check = { kind: 'none' };
    for (const action of decision.actions) {
      if (left <= 0) return this.crashed(decision);
      left -= 1;
      this.act(action);
    }
    if (decision.status !== undefined) {
      if (left <= 0) return this.crashed(decision);
      this.writeStatus(decision.status);
    }
    for (const each of decision.announcements) if (each.kind === 'event') this.events.push(each.message);
    if (decision.usedCheck && this.check.kind === 'done') this.check = { ...this.check, fresh: false };
    this.ensureCheck(decision);
    return decision;
  }

  /** Reconciles and lets time pass until nothing is left to do, or for at most the given time. */
  settle(forMs = 3_600_000): void {
    const untilMs = this.nowMs + forMs;
    let idle = 0;
    while (this.nowMs < untilMs && idle < 5) {
      const writes = this.writes;
      const decision = this.reconcile();
      idle =
        this.writes === writes && decision.wakeAfterMs === undefined && decision.check === undefined ? idle + 1 : 0;
      this.pass(1_000);
    }
  }

  pass(ms: number): void {
    this.nowMs += ms;
    if (this.check.kind === 'running') this.answer();
  }

  restart(): void {
    this.check = { kind: 'none' };
    this.shiftedMs = this.nowMs;
  }

  edit(change: Partial<RolloutSpec>): void {
    this.spec = { ...this.spec, ...change };
  }

  changeTarget(revision: string): void {
    if (this.target === undefined || this.target.revision === revision) return;
    this.target.revision = revision;
    this.target.startedMs = this.nowMs;
  }

  breakPods(which: 'target' | 'primary', broken: boolean): void {
    const workload = this[which];
    if (workload === undefined || workload.broken === broken) return;
    workload.broken = broken;
    workload.startedMs = this.nowMs;
    this.shiftedMs = this.nowMs;
  }

  /** With the Ingress goes the record of a verdict; failed checks are still in the status. */
  deleteIngress(): void {
    this.ingress = undefined;
    if (this.mirror === 'on') this.mirror = 'shadow';
    if (this.status.failedChecks < this.spec.analysis.threshold) this.failed = undefined;
  }

  canaryWeight(): number {
    return this.ingress?.enabled === true ? this.ingress.weight : 0;
  }

  private share(): Share {
    return { weight: this.canaryWeight(), everybody: this.ingress?.everybody ?? true };
  }

  private hasRoutes(): boolean {
    return this.spec.provider !== 'kubernetes';
  }

  private crashed(decision: Decision): Decision {
    this.restart();
    return decision;
  }

  private act(action: Action): void {
    this.writes += 1;
    switch (action.kind) {
      case 'writeService':
        if (action.role === 'apex') {
          this.must(this.primaryServes(), 'S2: the apex Service moved to a primary without pods');
          this.apexOnPrimary = true;
          this.shiftedMs = this.nowMs;
        }
        return;
      case 'createPrimary':
        this.must(this.status.phase === 'Initializing', 'S3: a primary was created after initialisation');
        this.makePrimary(this.target?.revision ?? '');
        return;
      case 'rebuildPrimary':
        this.makePrimary(action.revision);
        return;
      case 'annotatePrimary':
      case 'writePrimaryAutoscaler':
      case 'restoreConfigCopies':
      case 'restoreTarget':
      case 'revertApexService':
      case 'deleteRoutes':
      case 'addFinalizer':
      case 'removeFinalizer':
      case 'disableStaleRoutes':
      case 'deleteStaleRoutes':
        return;
      case 'setRoutes':
        this.setRoutes(action);
        return;
      case 'copyToPrimary':
        this.must(
          this.passed.has(action.revision) || this.spec.skipAnalysis || this.status.phase === 'Initializing',
          `S3: ${action.revision} was promoted untested`,
        );
        this.must(this.target?.revision === action.revision, 'D50: another revision than the observed one was copied');
        this.checkOutage();
        this.makePrimary(action.revision);
        return;
      case 'scaleTargetUp':
        if (this.target?.replicas === 0) Object.assign(this.target, { replicas: 2, startedMs: this.nowMs });
        return;
      case 'scaleTargetDown':
        this.must(this.canaryWeight() === 0, 'S2: the target lost its pods while it had traffic');
        this.must(this.mirror === 'off', 'S2: the target lost its pods while it was to take copies of requests');
        this.must(
          this.isSettled() || (!this.hasRoutes() && this.status.phase !== 'Initializing'),
          'S2: the target lost its pods before the routes had settled',
        );
        this.must(this.primaryServes(), 'S2: the target lost its pods while the primary had none');
        if (this.target !== undefined) this.target.replicas = 0;
        return;
    }
  }

  private isSettled(): boolean {
    return this.nowMs - this.shiftedMs >= settleMs;
  }

  /** A primary that is about to lose all its pods must have handed its users over. */
  private checkOutage(): void {
    if (!this.recreates || !this.hasRoutes() || this.status.phase === 'Initializing') return;
    const { weight, everybody } = this.share();
    this.must(weight === 100 && everybody && this.isSettled(), 'R11: the primary lost its pods while it had users');
  }

  private setRoutes({ canaryWeight, enabled, verdict, ...rest }: Extract<Action, { kind: 'setRoutes' }>): void {
    this.must(this.hasRoutes(), 'a Canary without routes got some');
    const before = this.share();
    const everybody = canaryWeight === 0 || this.strategy() !== 'ab-testing' || rest.everybody === true;
    const after: Share = { weight: enabled ? canaryWeight : 0, everybody };
    if (isMore(after, before)) this.checkIncrease(before, after);
    if (isMore(before, after) || after.weight === 0)
      this.must(before.weight === after.weight || this.primaryServes(), 'R8: traffic went to a primary without pods');
    const mirrors = this.setMirror(rest.mirror ?? 'off', after, enabled);
    this.wasEdited = false;
    if (verdict?.result === 'failed') this.failed = verdict.revision;
    const moved = before.weight !== after.weight || before.everybody !== everybody || this.ingress?.enabled !== enabled;
    const shifted = this.ingress === undefined || moved || mirrors;
    if (shifted) this.shiftedMs = this.nowMs;
    this.ingress = {
      weight: canaryWeight,
      everybody,
      enabled,
      changedAtMs: shifted || this.ingress === undefined ? this.nowMs : this.ingress.changedAtMs,
      since: after.weight > 0 ? (this.ingress?.since ?? this.nowMs) : undefined,
      verdict,
    };
  }

  /** Whether the mirroring changed. */
  private setMirror(mirror: Mirroring, { weight }: Share, enabled: boolean): boolean {
    const before = this.mirror;
    this.mirror = mirror;
    if (mirror === before) return false;
    const jumps = mirror !== 'shadow' && before !== 'shadow';
    this.must(!jumps, `requests are copied without a route for the copies: ${before} to ${mirror}`);
    if (mirror !== 'shadow')
      this.must(this.isSettled(), `mirroring went from ${before} to ${mirror} before it settled`);
    if (mirror === 'on') {
      this.must(this.spec.analysis.mirror && enabled && weight === 0, 'requests are copied, but users have the canary');
      this.must(this.targetServes(), 'R8: a canary without pods got copies of requests');
    }
    return true;
  }

  /** By its own reading of the rules, not by that of the code under test. */
  private strategy(): 'canary' | 'blue-green' | 'ab-testing' {
    const { iterations, match } = this.spec.analysis;
    if (iterations === 0) return 'canary';
    return match.length > 0 ? 'ab-testing' : 'blue-green';
  }

  private checkIncrease(before: Share, after: Share): void {
    const running = this.status.lastAppliedSpec ?? '';
    this.must(this.targetServes(), 'R8: a canary without pods got traffic');
    if (['Promoting', 'Finalising'].includes(this.status.phase) || this.passed.has(running)) return;
    this.must(this.failed !== running, 'S5: the weight of a failed revision grew');
    if (this.wasEdited) return;
    this.must(this.isStep(before, after), `S4: the weight jumped from ${before.weight} to ${after.weight}`);
    const nothingToCheck = isStart(this.status) && this.spec.analysis.webhooks.length === 0;
    this.must(
      nothingToCheck || this.passedPlaces.has(this.place()),
      `S4: the weight grew from ${before.weight} without a passed check`,
    );
  }

  private isStep(before: Share, { weight, everybody }: Share): boolean {
    const { iterations, mirror } = this.spec.analysis;
    switch (this.strategy()) {
      case 'canary': {
        const mirrored = !mirror || before.weight > 0 || this.status.iterations === 1;
        return mirrored && sameWeight(weight, nextWeight(this.spec.analysis, before.weight));
      }
      case 'blue-green':
        return weight === 100 && this.status.iterations === iterations;
      case 'ab-testing':
        return weight === 100 && !everybody;
    }
  }

  /** Whether a check that passes now is the last of the analysis. */
  private isLast(): boolean {
    const { canaryWeight, iterations } = this.status;
    const count = this.spec.analysis.iterations;
    switch (this.strategy()) {
      case 'canary':
        return canaryWeight > 0 && isLastWeight(this.spec.analysis, canaryWeight);
      case 'blue-green':
        return iterations > count || canaryWeight === 100;
      case 'ab-testing':
        return iterations >= count || canaryWeight === 100;
    }
  }

  private place(): string {
    const { lastAppliedSpec = '', canaryWeight, iterations } = this.status;
    return `${lastAppliedSpec}@${canaryWeight}/${iterations}`;
  }

  private writeStatus(status: CanaryStatus): void {
    this.writes += 1;
    const starts = status.phase === 'Progressing' && status.lastAppliedSpec !== this.status.lastAppliedSpec;
    if (
      starts ||
      (status.phase === 'Progressing' && ['Failed', 'Succeeded', 'Initialized', 'Waiting'].includes(this.status.phase))
    ) {
      this.passedPlaces.clear();
      this.failed = undefined;
      this.passed.delete(status.lastAppliedSpec ?? '');
    }
    if (isStart(status) && !isStart(this.status)) this.passedPlaces.clear();
    if (status.phase === 'Promoting' && this.spec.skipAnalysis) this.passed.add(status.lastAppliedSpec ?? '');
    this.status = status;
  }

  private makePrimary(revision: string): void {
    if (this.primary?.revision === revision) return;
    const surge = this.primary !== undefined && !this.primary.broken && !this.recreates;
    this.primary = { revision, replicas: 2, startedMs: surge ? 0 : this.nowMs, broken: false };
  }

  private ensureCheck({ check }: Decision): void {
    if (check === undefined) return;
    const { subject, attempt } = check;
    if (this.check.kind !== 'none' && this.check.subject === subject && this.check.attempt === attempt) return;
    this.check = { kind: 'running', subject, attempt };
  }

  private answer(): void {
    if (this.check.kind !== 'running') return;
    const { subject, attempt } = this.check;
    const kind = (this.verdicts.length > 1 ? this.verdicts.shift() : this.verdicts[0]) ?? 'passed';
    const outcome = outcomeOf(kind);
    const running = this.status.lastAppliedSpec ?? '';
    if (kind === 'passed' && this.status.phase !== 'Initializing') {
      this.passedPlaces.add(this.place());
      if (this.isLast()) this.passed.add(running);
    }
    this.check = {
      kind: 'done',
      subject,
      attempt,
      outcome,
      announcements: [],
      measured: [],
      finishedAtMs: this.nowMs,
      fresh: true,
    };
  }

  private readiness(workload: Workload): NonNullable<Observation['target']>['readiness'] {
    if (workload.replicas === 0) return { kind: 'waiting', cause: 'scaled-to-zero', message: 'scaled to zero' };
    if (workload.broken) {
      const late = this.nowMs - workload.startedMs > 60_000;
      return late
        ? { kind: 'failed', message: 'too late' }
        : { kind: 'waiting', cause: 'unavailable', message: 'not yet' };
    }
    const ready = this.nowMs - workload.startedMs >= podStartMs;
    return ready ? { kind: 'ready' } : { kind: 'waiting', cause: 'unavailable', message: 'not yet' };
  }

  private endpoints(workload: Workload): number {
    return this.readiness(workload).kind === 'ready' ? workload.replicas : 0;
  }

  private primaryServes(): boolean {
    return this.primary !== undefined && this.endpoints(this.primary) > 0;
  }

  private targetServes(): boolean {
    return this.target !== undefined && this.endpoints(this.target) > 0;
  }

  private must(holds: boolean, rule: string): void {
    if (!holds) throw new Error(`${rule} (phase ${this.status.phase}, running ${this.status.lastAppliedSpec ?? ''})`);
  }
}

function isStart({ canaryWeight, iterations }: CanaryStatus): boolean {
  return canaryWeight === 0 && iterations === 0;
}

/** Whether users get the canary that did not before. */
function isMore(after: Share, before: Share): boolean {
  return (
    after.weight > before.weight || (before.weight > 0 && after.weight > 0 && after.everybody && !before.everybody)
  );
}

function outcomeOf(kind: CheckOutcome['kind']): CheckOutcome {
  switch (kind) {
    case 'failed':
      return { kind, event: { kind: 'event', type: 'Warning', level: 'info', message: 'Halt' } };
    case 'gateClosed':
      return { kind, gate: 'confirm-promotion', hook: 'gate', muteAlert: false };
    case 'rollback':
      return { kind, hook: 'rollback' };
    case 'passed':
    case 'tooEarly':
      return { kind };
  }
}
