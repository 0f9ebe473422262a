// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import type { ConfigMap, Ingress, KubeObject, Secret, Service, StringMap } from '../api/kubernetes.js';
import {
  canaryGroup,
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
import { appName, configName, secretName, type AppShape } from './app.js';
import type { Cluster, Write } from './cluster.js';
import type { RoutedTraffic, Variant } from './routed-traffic.js';
import { resourceOf, rolledOut } from './target.js';
import { sharesOfAnybody, TrafficHistory, weightsOf } from './traffic.js';
import { TrafficRules } from './traffic-rules.js';
import type { Violation } from './violation.js';

/** What the operator could know when it decided. */
export interface View {
  readonly readyPods: Readonly<Record<Variant, number>>;
  /** Percent that the canary is about to get; undefined when the routes are not to change. */
  readonly nextWeight: number | undefined;
  readonly apex: Ingress | undefined;
  /** Those that lead requests to the app. */
  readonly ingresses: readonly Ingress[];
}

export interface SafetyMonitorDeps {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly analysis: AnalysisRecord;
  readonly settleMs: number;
  /** The app as its user wants it now. */
  readonly shape: () => AppShape;
  /** The view of the decision that is carried out. */
  readonly view: () => View;
  /** The revisions that a template and configs make. */
  readonly revisionsOf: (version: string) => readonly string[];
  /** The revisions that have a config of exactly this content. */
  readonly revisionsWith: (config: ConfigMap | Secret) => readonly string[];
  readonly onViolation: (violation: Violation) => void;
}

/** Objects that are deleted with the Canary go without anybody's request. */
const mayMoveTraffic: ReadonlySet<string> = new Set(['ingresses', 'services', 'canaries']);

type Check = (before: KubeObject | undefined, after: KubeObject) => void;

/** Checks the safety invariants of docs/reliability.md after every write of the operator. */
export class SafetyMonitor {
  readonly traffic: TrafficHistory;
  readonly #rules: TrafficRules;
  /** By plural and name, of objects that are not the Canary's Ingresses. */
  readonly #checks: ReadonlyMap<string, Check>;
  /** The operator has initialized the Canary. */
  #isInitialized = false;
  /** A person has changed the Canary's Ingresses, and the operator not since: a step that is there already counts (R15). */
  #areRoutesByHand = false;
  writes = 0;

  constructor(private readonly deps: SafetyMonitorDeps) {
    const { cluster, clock, analysis, settleMs, shape, view } = deps;
    this.traffic = new TrafficHistory(cluster, shape);
    this.#rules = new TrafficRules({
      clock,
      analysis,
      settleMs,
      history: this.traffic,
      readyPods: () => view().readyPods,
      nextWeight: () => view().nextWeight,
      isMisled: () => this.#isMisled(),
      areByHand: () => this.#areRoutesByHand,
      apexGoes: () => cluster.find(resources.services, appName)?.metadata.ownerReferences !== undefined,
      canary: () => this.#canaryObject(),
      must: (holds, rule, text) => this.#must(holds, rule, text),
    });
    this.#checks = this.#checksByObject(shape());
    cluster.onWrite((write) => this.#onWrite(write));
  }

  // Parse boundary throughout: the objects have passed the server's schema of their kind.
  #checksByObject({ target = 'Deployment' }: AppShape): ReadonlyMap<string, Check> {
    const isUsers =
      (text: string): Check =>
      () =>
        this.#must(false, 'S7', () => `the user's ${text} was changed`);
    const isConfigCopy: Check = (before, after) => this.#configCopy(before, after);
    const { plural } = resourceOf(target);
    return new Map<string, Check>([
      [`services/${appName}`, (before, after) => this.#apexService(before as Service | undefined, after as Service)],
      [`services/${canaryName(appName)}`, (before, after) => this.#canaryService(before, after as Service)],
      [`canaries/${appName}`, (before, after) => this.#canary(before as Canary, after as Canary)],
      [`ingresses/${appName}`, isUsers('Ingress')],
      [`configmaps/${configName}`, isUsers('ConfigMap')],
      [`secrets/${secretName}`, isUsers('Secret')],
      [`horizontalpodautoscalers/${appName}`, isUsers('autoscaler')],
      [`configmaps/${primaryName(configName)}`, isConfigCopy],
      [`secrets/${primaryName(secretName)}`, isConfigCopy],
      [
        `${plural}/${appName}`,
        target === 'Service' ? isUsers('Service') : (before, after) => this.#target(before, after),
      ],
      [`${plural}/${primaryName(appName)}`, (before, after) => this.#primary(before, after)],
    ]);
  }

  #onWrite(write: Write): void {
    const { by, kind, key, after } = write;
    const before = this.traffic.current;
    const traffic = mayMoveTraffic.has(kind.plural) ? this.traffic.look(this.deps.clock.monotonicMs(), by) : before;
    if (kind.plural === 'canaries' && after === undefined) this.#isInitialized = false;
    if (by === 'operator' && kind.plural !== 'events') this.#check(write, before, traffic);
    this.#areRoutesByHand = this.#areByHandAfter(by, `${kind.plural}/${key.name}`);
  }

  #areByHandAfter(by: Write['by'], id: string): boolean {
    if (by === 'user') return this.#areRoutesByHand || id.startsWith('ingresses/');
    return this.#areRoutesByHand && id !== `ingresses/${canaryName(appName)}`;
  }

  #check(write: Write, before: RoutedTraffic, traffic: RoutedTraffic): void {
    const { kind, key, after } = write;
    this.writes += 1;
    if (isRouting(write)) this.#rules.check(before, traffic);
    if (after === undefined) this.#mayDelete(write);
    else this.#checkOf(kind.plural, key.name)?.(write.before, after);
  }

  #checkOf(plural: string, name: string): Check | undefined {
    const known = this.#checks.get(`${plural}/${name}`);
    return known ?? (plural === 'ingresses' ? (_before, after) => this.#routes(after as Ingress) : undefined);
  }

  #routes(after: Ingress): void {
    const weights = [...(weightsOf(after)?.values() ?? [])];
    const sum = weights.reduce((total, weight) => total + weight, 0);
    this.#must(Math.abs(sum - 100) < 1e-6, 'S1', () => `weights sum to ${sum}`);
    this.#copiesApex(after);
    const revision = this.#status()?.lastAppliedSpec ?? '';
    const verdict = after.metadata.annotations?.[verdictAnnotation] ?? '';
    if (verdict.includes('"failed"') && verdict.includes(revision)) this.deps.analysis.failed(revision);
  }

  /** S6: as the apex is, or as the operator last saw it. One that is switched off has nobody to do it to. */
  #copiesApex({ metadata }: Ingress): void {
    if (metadata.annotations?.[skipperPredicateAnnotation]?.startsWith('False()') === true) return;
    const isAsIn = (apex: Ingress | undefined): boolean =>
      [skipperFilterAnnotation, skipperPredicateAnnotation].every((name) =>
        (metadata.annotations?.[name] ?? '').includes(apex?.metadata.annotations?.[name] ?? ''),
      );
    const live = this.deps.cluster.find(resources.ingresses, appName);
    const holds = isAsIn(live) || isAsIn(this.deps.view().apex);
    this.#must(holds, 'S6', () => 'a filter or predicate of the apex is not copied');
  }

  #target(before: KubeObject | undefined, after: KubeObject): void {
    if (before === undefined) return;
    const { target = 'Deployment' } = this.deps.shape();
    const [was, is] = [rolledOut(target, before), rolledOut(target, after)];
    this.#must(sameJson(was.users, is.users), 'S7', () => 'more than the size of the target was changed');
    this.#must(sameUserMetadata(before, after), 'S7', () => 'metadata of the target was changed');
    if (is.size >= was.size) return;
    this.#hasSettled('target', 'was scaled down');
    const { primary } = this.deps.view().readyPods;
    this.#must(primary > 0, 'S2', () => 'the target was scaled down while the primary had no pods');
  }

  /** S2: a variant that loses its pods has had no traffic for the settle time. */
  #hasSettled(variant: Variant, fact: string): void {
    const { clock, settleMs, view } = this.deps;
    const { reach, lastBy } = this.traffic;
    // Who gives it traffic after the decision is not the operator's fault.
    if (lastBy === 'user' && reach[variant] > 0) return;
    const idleSinceMs = this.traffic.idleSinceMs(variant);
    const idleMs = idleSinceMs === undefined ? 0 : clock.monotonicMs() - idleSinceMs;
    const text = (): string =>
      `the ${variant} ${fact} with up to ${reach[variant]} % of the traffic, ${idleMs} ms after its last request`;
    this.#must(idleMs >= settleMs || view().readyPods[variant] === 0, 'S2', text);
  }

  #primary(before: KubeObject | undefined, after: KubeObject): void {
    const { target = 'Deployment', provider } = this.deps.shape();
    const is = rolledOut(target, after);
    const was = before === undefined ? undefined : rolledOut(target, before);
    this.#must(is.size > 0, 'S2', () => 'the primary was scaled to zero');
    if (was !== undefined && sameJson(contentOf(was.users), contentOf(is.users))) return;
    this.#mayBePromoted(is.version);
    if (was === undefined) return;
    // Without routes nobody can stand in for the primary.
    if (is.losesAllPods && provider !== 'kubernetes') this.#hasSettled('primary', 'was rolled all at once');
    const { readyPods } = this.deps.view();
    const mayServe = target !== 'Service' || readyPods.target > 0 || !this.#isInitialized;
    this.#must(mayServe, 'S2', () => 'the primary was led to pods that are not ready');
  }

  #mayBePromoted(version: string): void {
    const { analysis, revisionsOf } = this.deps;
    const revisions = revisionsOf(version);
    if (!this.#isInitialized) for (const revision of revisions) analysis.admit(revision);
    const passed = revisions.some((revision) => analysis.hasPassed(revision));
    this.#must(passed, 'S3', () => `version ${version} went to the primary without a passed analysis`);
  }

  /** S3 for the primary's copies of configs. */
  #configCopy(before: KubeObject | undefined, after: KubeObject): void {
    const [was, is] = [before as ConfigMap | undefined, after as ConfigMap];
    if (!this.#isInitialized || (was !== undefined && sameJson(was.data, is.data))) return;
    const passed = this.deps.revisionsWith(is).some((revision) => this.deps.analysis.hasPassed(revision));
    this.#must(passed, 'S3', () => `${is.metadata.name} became what no revision that passed has`);
  }

  /** S7: of a Service that the user made only where it leads to is ours. */
  #apexService(before: Service | undefined, after: Service): void {
    if (before === undefined || after.metadata.ownerReferences !== undefined) return;
    const isOurs = (name: string): boolean => name.includes(fluxKeyPart) || name.startsWith(`${canaryGroup}/`);
    const isKept = (was: StringMap = {}, is: StringMap = {}): boolean =>
      Object.entries(was).every(([name, value]) => isOurs(name) || is[name] === value);
    const [was, is] = [before.metadata, after.metadata];
    const areKept = isKept(was.labels, is.labels) && isKept(was.annotations, is.annotations);
    this.#must(areKept, 'S7', () => "metadata of the user's Service was changed");
  }

  /** S4: with a Service as target its copy decides which version the canary is. */
  #canaryService(before: KubeObject | undefined, after: Service): void {
    const was = before as Service | undefined;
    if (!this.#isInitialized || was === undefined || sameJson(was.spec.selector, after.spec.selector)) return;
    const { reach } = this.traffic;
    // Given back, the target is what its user makes of it.
    const isGivenBack = this.#canaryObject()?.metadata.deletionTimestamp !== undefined;
    const isExcused = isGivenBack || this.#areRoutesByHand || this.deps.view().readyPods.primary === 0;
    const holds = reach.target === 0 || isExcused;
    this.#must(holds, 'S4', () => `with ${reach.target} % the canary became another version`);
  }

  #canary(before: Canary, after: Canary): void {
    this.#must(sameJson(before.spec, after.spec), 'S7', () => 'the specification of the Canary was changed');
    const { status } = after;
    if (status === undefined || sameJson(status, before.status)) return;
    this.#statusFollows(before.status?.canaryWeight ?? 0, status.canaryWeight);
    if (this.deps.analysis.statusWritten(before.status, status)) this.traffic.beginRollout();
    if (status.phase === 'Initialized') this.#isInitialized = true;
  }

  /** S4: a weight is on record only once it is routed, for else the next check would judge one that was never there. */
  #statusFollows(was: number, is: number): void {
    if (is <= was || this.traffic.lastBy === 'user') return;
    const live = this.#routedWeight();
    const follows = is <= live + 1e-6 || is <= sharesOfAnybody(this.#seen()).target + 1e-6;
    this.#must(follows, 'S4', () => `the status says ${is} %, the routes give ${live} %`);
  }

  /** What the canary gets. Of a Service that is promoted only the record tells: both variants are the same pods then. */
  #routedWeight(): number {
    const { cluster, shape } = this.deps;
    if (shape().target !== 'Service') return this.traffic.now.target;
    const main = cluster.find<Ingress>(resources.ingresses, canaryName(appName));
    return (main && weightsOf(main)?.get(canaryName(appName))) ?? 0;
  }

  /** What Skipper would make of the Ingresses that the operator saw. */
  #seen(): RoutedTraffic {
    const { cluster, view } = this.deps;
    return this.traffic.wouldBe(view().ingresses, cluster.list<Service>(resources.services));
  }

  #isMisled(): boolean {
    const name = canaryName(appName);
    const seen = this.deps.view().ingresses.find(({ metadata }) => metadata.name === name);
    const live = this.deps.cluster.find(resources.ingresses, name);
    return Number(seen?.metadata.resourceVersion ?? 0) < Number(live?.metadata.resourceVersion ?? 0);
  }

  #mayDelete({ before, kind, key }: Write): void {
    const owned = before?.metadata.ownerReferences?.some((owner) => owner.kind === 'Canary') === true;
    const isCanaryItself = kind.plural === 'canaries';
    const text = (): string => `${kind.plural} ${key.name} was deleted, which is not the operator's`;
    this.#must(owned || isCanaryItself, 'S7', text);
  }

  #canaryObject(): Canary | undefined {
    return this.deps.cluster.find(resources.canaries, appName);
  }

  #status(): Canary['status'] {
    return this.#canaryObject()?.status;
  }

  #must(holds: boolean, rule: string, text: () => string): void {
    if (!holds) this.deps.onViolation({ rule, text: text(), atMs: this.deps.clock.monotonicMs() });
  }
}

/** Whether a write decides on who gets requests. A missing Service of a variant that is made again only lets them through. */
function isRouting({ kind, key }: Write): boolean {
  return kind.plural === 'ingresses' || (kind.plural === 'services' && key.name === appName);
}

/** What of a primary is a revision: a pod template, or where a Service leads to. */
function contentOf(users: unknown): unknown {
  // Parse boundary: the specification of a workload or a Service.
  const { template, selector } = users as { readonly template?: unknown; readonly selector?: unknown };
  return template ?? selector;
}

/** Labels and annotations, which belong to the user, but for one of a DaemonSet that the API server writes. */
function sameUserMetadata(before: KubeObject, after: KubeObject): boolean {
  const annotationsOf = ({ metadata }: KubeObject): StringMap => {
    const { 'deprecated.daemonset.template.generation': _, ...annotations } = metadata.annotations ?? {};
    return annotations;
  };
  return (
    sameJson(before.metadata.labels, after.metadata.labels) && sameJson(annotationsOf(before), annotationsOf(after))
  );
}
