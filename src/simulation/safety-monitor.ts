// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import type { Deployment, Ingress, KubeObject, Service, StringMap } from '../api/kubernetes.js';
import {
  canaryName,
  fluxKeyPart,
  primaryName,
  skipperFilterAnnotation,
  skipperPredicateAnnotation,
  verdictAnnotation,
} from '../api/names.js';
import type { Clock } from '../lib/clock.js';
import { sameJson } from '../lib/hash.js';
import { resources } from '../kube/index.js';
import type { AnalysisRecord } from './analysis-record.js';
import { appName, configName, versionOf } from './app.js';
import type { Cluster, Write } from './cluster.js';
import { isOff, sharesOf, TrafficHistory, weightsOf, type Shares, type Variant } from './traffic.js';
import type { Violation } from './violation.js';

/** What the operator could know when it decided. */
export interface View {
  readonly readyPods: Readonly<Record<Variant, number>>;
  readonly apex: Ingress | undefined;
  readonly canaryIngress: Ingress | undefined;
}

export interface SafetyMonitorDeps {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly analysis: AnalysisRecord;
  readonly settleMs: number;
  /** The view of the decision that is carried out. */
  readonly view: () => View;
  /** The revision that a template and a config make. */
  readonly revisionsOf: (version: string) => readonly string[];
  readonly onViolation: (violation: Violation) => void;
}

/** Checks the safety invariants of docs/reliability.md after every write of the operator. */
export class SafetyMonitor {
  readonly traffic = new TrafficHistory();
  /** The operator has initialized the Canary. */
  #isInitialized = false;
  writes = 0;

  constructor(private readonly deps: SafetyMonitorDeps) {
    deps.cluster.onWrite((write) => this.#onWrite(write));
  }

  #onWrite(write: Write): void {
    const before = this.traffic.now;
    this.traffic.note(this.deps.clock.monotonicMs(), sharesOf(this.deps.cluster), write.by);
    if (write.by !== 'operator' || write.kind.plural === 'events') return;
    this.writes += 1;
    if (movesTraffic(write)) this.#sharesMayRise(before, this.traffic.now);
    if (write.after === undefined) this.#mayDelete(write);
    else this.#mayWrite(write, write.after);
  }

  #mayWrite(write: Write, after: KubeObject): void {
    const { key, kind, before } = write;
    const id = `${kind.plural}/${key.name}`;
    // Parse boundary throughout: the objects have passed the server's schema of their kind.
    switch (id) {
      case `ingresses/${appName}`:
        this.#must(false, 'S7', "the user's Ingress was changed");
        break;
      case `ingresses/${canaryName(appName)}`:
        this.#routes(before as Ingress | undefined, after as Ingress);
        break;
      case `deployments/${appName}`:
        this.#target(before as Deployment, after as Deployment);
        break;
      case `deployments/${primaryName(appName)}`:
        this.#primary(before as Deployment | undefined, after as Deployment);
        break;
      case `services/${appName}`:
        this.#apexService(before as Service | undefined, after as Service);
        break;
      case `canaries/${appName}`:
        this.#canary(before as Canary, after as Canary);
        break;
      case `configmaps/${configName}`:
        this.#must(false, 'S7', "the user's ConfigMap was changed");
        break;
      default:
    }
  }

  /** S2, R8: traffic goes only to a variant of which the operator has seen a ready pod. */
  #sharesMayRise(before: Shares, after: Shares): void {
    const { readyPods } = this.deps.view();
    for (const variant of ['target', 'primary'] as const) {
      const rises = after[variant] > before[variant];
      this.#must(!rises || readyPods[variant] > 0, 'S2', `${variant} got ${after[variant]} % without a ready pod`);
    }
    if (before.target + before.primary > 0) {
      this.#must(after.target + after.primary > 99.9, 'S1', `${100 - after.target - after.primary} % goes to nobody`);
    }
  }

  #routes(before: Ingress | undefined, after: Ingress): void {
    const weights = [...(weightsOf(after)?.values() ?? [])];
    const sum = weights.reduce((total, weight) => total + weight, 0);
    this.#must(Math.abs(sum - 100) < 1e-6, 'S1', `weights sum to ${sum}`);
    this.#copiesApex(after);
    const [was, is] = [canaryWeight(before), canaryWeight(after)];
    const revision = this.#status()?.lastAppliedSpec ?? '';
    const verdict = after.metadata.annotations?.[verdictAnnotation] ?? '';
    if (is > was) this.#mayRise(revision, was, is);
    if (verdict.includes('"failed"') && verdict.includes(revision)) this.deps.analysis.failed(revision);
  }

  /** S4 and S5. A copy that works takes the traffic of one that does not, whatever was checked. */
  #mayRise(revision: string, was: number, is: number): void {
    const { analysis, view } = this.deps;
    const primaryIsGone = view().readyPods.primary === 0;
    if (analysis.hasPassed(revision) || primaryIsGone) return;
    const rule = analysis.hasFailed(revision) ? 'S5' : 'S4';
    const allowed = analysis.allowedWeight(revision);
    this.#must(is <= allowed + 1e-6, rule, `weight ${was} became ${is}, checks allow ${allowed}`);
  }

  /** S6: as the apex is, or as the operator last saw it. */
  #copiesApex({ metadata }: Ingress): void {
    const isAsIn = (apex: Ingress | undefined): boolean =>
      [skipperFilterAnnotation, skipperPredicateAnnotation].every((name) =>
        (metadata.annotations?.[name] ?? '').includes(apex?.metadata.annotations?.[name] ?? ''),
      );
    const live = this.deps.cluster.find(resources.ingresses, appName);
    this.#must(isAsIn(live) || isAsIn(this.deps.view().apex), 'S6', 'a filter or predicate of the apex is not copied');
  }

  #target(before: Deployment, after: Deployment): void {
    const { replicas: were = 1, ...specBefore } = before.spec;
    const { replicas: are = 1, ...specAfter } = after.spec;
    this.#must(sameJson(specBefore, specAfter), 'S7', 'more than the replicas of the target was changed');
    this.#must(sameUserMetadata(before, after), 'S7', 'metadata of the target was changed');
    if (are >= were) return;
    this.#hasSettled('target', 'was scaled down');
    const { readyPods } = this.deps.view();
    this.#must(readyPods.primary > 0, 'S2', 'the target was scaled down while the primary had no pods');
  }

  /** S2: a variant that loses its pods has had no traffic for the settle time. */
  #hasSettled(variant: Variant, fact: string): void {
    const { clock, settleMs, view } = this.deps;
    // Who gives it traffic after the decision is not the operator's fault.
    if (this.traffic.lastBy === 'user' && this.traffic.now[variant] > 0) return;
    const idleSinceMs = this.traffic.idleSinceMs(variant);
    const idleMs = idleSinceMs === undefined ? 0 : clock.monotonicMs() - idleSinceMs;
    const share = this.traffic.now[variant];
    const text = `the ${variant} ${fact} with ${share} % of the traffic, ${idleMs} ms after its last request`;
    this.#must(idleMs >= settleMs || view().readyPods[variant] === 0, 'S2', text);
  }

  #primary(before: Deployment | undefined, after: Deployment): void {
    const version = versionOf(after.spec.template);
    if (before !== undefined && sameJson(before.spec.template, after.spec.template)) {
      this.#must((after.spec.replicas ?? 1) > 0, 'S2', 'the primary was scaled to zero');
      return;
    }
    const revisions = this.deps.revisionsOf(version);
    if (!this.#isInitialized) for (const revision of revisions) this.deps.analysis.admit(revision);
    const passed = revisions.some((revision) => this.deps.analysis.hasPassed(revision));
    this.#must(passed, 'S3', `version ${version} went to the primary without a passed analysis`);
    if (before !== undefined && after.spec.strategy?.type === 'Recreate')
      this.#hasSettled('primary', 'was rolled all at once');
  }

  #apexService(before: Service | undefined, after: Service): void {
    const isOurs = after.metadata.ownerReferences !== undefined;
    if (before === undefined || isOurs) return;
    const isKept = (was: StringMap = {}, is: StringMap = {}): boolean =>
      Object.entries(was).every(([name, value]) => name.includes(fluxKeyPart) || is[name] === value);
    const [was, is] = [before.metadata, after.metadata];
    const areKept = isKept(was.labels, is.labels) && isKept(was.annotations, is.annotations);
    this.#must(areKept, 'S7', "metadata of the user's Service was changed");
  }

  #canary(before: Canary, after: Canary): void {
    this.#must(sameJson(before.spec, after.spec), 'S7', 'the specification of the Canary was changed');
    const { status } = after;
    if (status === undefined || sameJson(status, before.status)) return;
    this.#statusFollows(before.status?.canaryWeight ?? 0, status.canaryWeight);
    this.deps.analysis.statusWritten(before.status, status);
    if (status.phase === 'Initialized') this.#isInitialized = true;
  }

  /** S4: a weight is on record only once it is routed, for else the next check would judge one that was never there. */
  #statusFollows(was: number, is: number): void {
    const live = canaryWeight(this.deps.cluster.find(resources.ingresses, canaryName(appName)));
    const seen = canaryWeight(this.deps.view().canaryIngress);
    const follows = is <= was || is <= Math.max(live, seen) + 1e-6 || this.traffic.lastBy === 'user';
    this.#must(follows, 'S4', `the status says ${is} %, the routes give ${live} %`);
  }

  #mayDelete({ before, kind, key }: Write): void {
    const owned = before?.metadata.ownerReferences?.some((owner) => owner.kind === 'Canary') === true;
    const isCanaryItself = kind.plural === 'canaries';
    this.#must(owned || isCanaryItself, 'S7', `${kind.plural} ${key.name} was deleted, which is not the operator's`);
  }

  #status(): Canary['status'] {
    return this.deps.cluster.find(resources.canaries, appName)?.status;
  }

  #must(holds: boolean, rule: string, text: string): void {
    if (!holds) this.deps.onViolation({ rule, text, atMs: this.deps.clock.monotonicMs() });
  }
}

/** Whether a write decides on who gets requests. A missing Service of a variant that is made again only lets them through. */
function movesTraffic({ kind, key }: Write): boolean {
  return kind.plural === 'ingresses' || (kind.plural === 'services' && key.name === appName);
}

/** Percent of the canary as the canary Ingress gives it. */
function canaryWeight(ingress: Ingress | undefined): number {
  if (ingress === undefined || isOff(ingress)) return 0;
  return weightsOf(ingress)?.get(canaryName(appName)) ?? 0;
}

/** Labels and annotations, which belong to the user. */
function sameUserMetadata(before: KubeObject, after: KubeObject): boolean {
  return (
    sameJson(before.metadata.labels, after.metadata.labels) &&
    sameJson(before.metadata.annotations, after.metadata.annotations)
  );
}
