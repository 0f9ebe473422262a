// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import type { CanaryStatus } from '../api/canary-status.js';
import type { Deployment, EndpointSlice, KubeObject } from '../api/kubernetes.js';
import { primaryName, scaleToZeroNodeSelector } from '../api/names.js';
import type { MergePatch, ResourceKind } from '../kube/index.js';
import { resources } from '../kube/index.js';
import type { Metrics } from '../observability/index.js';
import type { Decision, Observation } from '../rollout/index.js';
import type { ServedObject } from '../sandbox/api-server/index.js';
import { startControllers, type Controllers, type PodObject, type PodPlan } from '../sandbox/cluster/index.js';
import { AnalysisRecord } from './analysis-record.js';
import * as app from './app.js';
import { Cluster, namespace, type Write } from './cluster.js';
import type { Dice } from './dice.js';
import { Faults, type FaultRates } from './faults.js';
import { canary, manifests, podTemplate, routing, secretData, versionDeployment } from './manifests.js';
import { OperatorProcess, type Mutation } from './operator-process.js';
import { OutsideWorld } from './outside-world.js';
import { ProcessClock } from './process-clock.js';
import { SafetyMonitor } from './safety-monitor.js';
import { nameOfStrategy, type StrategyName } from './strategy-shape.js';
import { findRolledOut, type RolledOut } from './target.js';
import { Versions } from './versions.js';
import type { Violation } from './violation.js';
import { VirtualClock } from './virtual-clock.js';

export interface WorldOptions {
  readonly dice: Dice;
  readonly shape: app.AppShape;
  readonly rates: FaultRates;
  readonly metrics: Metrics;
  readonly mutation?: Mutation;
  /** The process dies at this write of its own, counted from 1, before or after it is carried out. */
  readonly crashAt?: { readonly write: number; readonly isCarriedOut: boolean };
  readonly note?: (atMs: number, text: string) => void;
}

const settleMs = 5_000;
/** A process that died is started again after this time. */
const restartMs = { least: 200, most: 8_000 };

/** A small cluster with one app in it, the operator, and whoever checks what it does. */
export class World {
  readonly clock = new VirtualClock();
  readonly cluster: Cluster;
  readonly faults: Faults;
  readonly versions: Versions;
  readonly analysis = new AnalysisRecord();
  readonly monitor: SafetyMonitor;
  readonly controllers: Controllers;
  readonly violations: Violation[] = [];
  /** How many rollouts came to an end, by strategy. */
  readonly rollouts = new Map<StrategyName, number>();
  /** How much of what they asked for the pods of an autoscaled app use. */
  loadPercent = 60;
  /** Write requests of the first process that reached the server, Events among them. */
  requests = 0;
  /** The last thing that the operator said of its state. */
  lastDecision: Decision | undefined;
  #shape: app.AppShape;
  #process: OperatorProcess;
  #generation = 0;

  constructor(readonly options: WorldOptions) {
    const { dice, rates } = options;
    this.cluster = new Cluster(this.clock, dice.fork().random);
    this.faults = new Faults(dice.fork(), rates, this.clock, (text) => this.note(`fault: ${text}`));
    this.#shape = options.shape;
    this.versions = new Versions(this.cluster, app.targetKindOf(options.shape));
    this.controllers = startControllers(this.cluster.server, {
      clock: this.clock,
      reactionMs: 20,
      pods: { planOf: (pod) => this.#planOf(pod) },
      loadOf: () => this.loadPercent,
    });
    this.monitor = new SafetyMonitor({
      cluster: this.cluster,
      clock: this.clock,
      analysis: this.analysis,
      settleMs,
      shape: () => this.#shape,
      view: () => this.#process.view,
      revisionsOf: (version) => this.versions.revisionsOf(version),
      revisionsWith: (config) => this.versions.revisionsWith(config),
      onViolation: (violation) => this.violate(violation),
    });
    this.cluster.onWrite((write) => this.#follow(write));
    this.#process = this.#start();
  }

  get hasFailed(): boolean {
    return this.violations.length > 0;
  }

  get status(): CanaryStatus | undefined {
    return this.cluster.find<Canary>(resources.canaries, app.appName)?.status;
  }

  /** The app as its user wants it now. */
  get shape(): app.AppShape {
    return this.#shape;
  }

  /** What is rolled out. */
  get rolledOut(): RolledOut | undefined {
    return findRolledOut(this.cluster, app.targetKindOf(this.#shape), app.appName);
  }

  /** What serves production. */
  get rolledOutPrimary(): RolledOut | undefined {
    return findRolledOut(this.cluster, app.targetKindOf(this.#shape), primaryName(app.appName));
  }

  get target(): Deployment | undefined {
    return this.cluster.find(resources.deployments, app.appName);
  }

  get primary(): Deployment | undefined {
    return this.cluster.find(resources.deployments, primaryName(app.appName));
  }

  note(text: string): void {
    this.options.note?.(this.clock.monotonicMs(), text);
  }

  violate(violation: Violation): void {
    this.note(`VIOLATION of ${violation.rule}: ${violation.text}`);
    this.violations.push(violation);
  }

  /** Applies everything that a user of the app has. */
  install(version: string): void {
    this.setLadder(this.#shape);
    for (const { kind, object } of manifests(this.#shape, version)) this.user('apply', kind, object);
    this.versions.note();
  }

  /** The user deletes the Canary, and some time later has everything again as it is in the manifests. */
  deleteCanary(laterMs: number): void {
    this.user('delete', resources.canaries, canary(this.#shape));
    this.clock.schedule(laterMs, () => this.#installAgain());
  }

  get isInstalled(): boolean {
    const found = this.cluster.find<Canary>(resources.canaries, app.appName);
    return found !== undefined && found.metadata.deletionTimestamp === undefined;
  }

  #installAgain(): void {
    if (this.isInstalled) return;
    if (this.cluster.find(resources.canaries, app.appName) !== undefined) {
      // Its finalizer holds it.
      this.clock.schedule(5_000, () => this.#installAgain());
      return;
    }
    const { target, hasOwnService, replicas } = this.#shape;
    const switchedOff = { [scaleToZeroNodeSelector]: null };
    const nodeSelector = { template: { spec: { nodeSelector: switchedOff } } };
    if (target === 'DaemonSet') this.edit(resources.daemonSets, app.appName, { spec: nodeSelector });
    else if (target !== 'Service') this.edit(resources.deployments, app.appName, { spec: { replicas } });
    if (target !== 'Service' && hasOwnService)
      this.edit(resources.services, app.appName, { spec: { selector: { app: app.appName } } });
    this.user('apply', resources.canaries, canary(this.#shape));
  }

  setLadder(shape: app.AppShape): void {
    this.analysis.useLadder({ ...shape, asksFirst: shape.hooks.includes('pre-rollout') });
  }

  /** The user wants another analysis from now on. The target stays what it is. */
  reshape(shape: app.AppShape): void {
    this.#shape = shape;
    this.setLadder(shape);
    this.edit(resources.canaries, app.appName, { spec: { ...routing(shape), analysis: app.analysis(shape) } });
  }

  user(verb: 'apply' | 'delete', kind: ResourceKind, object: KubeObject): void {
    this.note(`user: ${verb} ${kind.plural} ${object.metadata.name}`);
    if (verb === 'apply') this.cluster.create(kind, object);
    else this.cluster.delete(kind, object.metadata.name);
    this.versions.note();
  }

  edit(kind: ResourceKind, name: string, patch: MergePatch): void {
    this.note(`user: edit ${kind.plural} ${name} ${JSON.stringify(patch)}`);
    this.cluster.patch(kind, name, patch);
    this.versions.note();
  }

  setVersion(version: string): void {
    this.note(`user: new version ${version} (${this.versions.qualityOf(version)})`);
    switch (app.targetKindOf(this.#shape)) {
      case 'Deployment':
        this.edit(resources.deployments, app.appName, { spec: { template: podTemplate(version, this.#shape) } });
        return;
      case 'DaemonSet':
        this.edit(resources.daemonSets, app.appName, { spec: { template: podTemplate(version, this.#shape) } });
        return;
      case 'Service':
        this.user('apply', resources.deployments, versionDeployment(this.#shape, version));
        this.edit(resources.services, app.appName, { spec: { selector: { version } } });
    }
  }

  setConfig(colour: string): void {
    this.edit(resources.configMaps, app.configName, { data: { colour } });
  }

  changeLoad(percent: number): void {
    this.note(`load: ${percent} %`);
    this.loadPercent = percent;
  }

  setSecret(password: string): void {
    this.edit(resources.secrets, app.secretName, { data: secretData(password) });
  }

  /** Ready addresses behind a Service. */
  readyPods(service: string): number {
    return this.cluster
      .list<EndpointSlice>(resources.endpointSlices)
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready === true).length;
  }

  runningPods(): readonly ServedObject[] {
    const { server } = this.cluster;
    const { items } = server.list(server.resource('', 'v1', 'pods'), { namespace });
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** A pod fails for a while. */
  disturb({ metadata }: ServedObject, trouble: 'crash' | 'unready', forMs: number): void {
    const key = { namespace, name: metadata.name };
    this.note(`pod: ${trouble} of ${metadata.name}`);
    this.controllers.pods[trouble](key);
    this.clock.schedule(forMs, () => this.controllers.pods.heal(key));
  }

  healAll(): void {
    for (const { metadata } of this.runningPods()) this.controllers.pods.heal({ namespace, name: metadata.name });
  }

  /** Ends the operator in order and starts another one. */
  restart(): void {
    if (!this.#process.isAlive) return;
    this.note('operator: told to stop');
    const stopped = this.#process;
    stopped.stop();
    this.#startLater(() => stopped.kill());
  }

  /** Lets time pass, or less when a promise is broken or `isOver`. */
  async pass(ms: number, isOver: () => boolean = () => false): Promise<boolean> {
    return this.clock.runUntil(this.clock.monotonicMs() + ms, () => this.hasFailed || isOver());
  }

  #start(): OperatorProcess {
    const { dice, metrics, mutation = {}, rates } = this.options;
    this.#generation += 1;
    const isSkewed = rates.call > 0 && dice.chance(0.2);
    if (isSkewed) this.faults.count('clock skew');
    const clock = new ProcessClock(this.clock, isSkewed ? dice.between(-30_000, 30_000) : 0);
    this.note(`operator: process ${this.#generation} starts`);
    const started = new OperatorProcess({
      cluster: this.cluster,
      clock,
      random: dice.fork().random,
      faults: this.faults,
      metrics,
      settleMs,
      tools: new OutsideWorld({
        clock,
        dice: dice.fork(),
        faults: this.faults,
        qualityOfCanary: () => this.versions.qualityOf(this.rolledOut?.version ?? ''),
      }),
      mutation,
      onCrash: () => this.#crashed(),
      crashAt: this.#generation === 1 ? this.options.crashAt : undefined,
      onRequest: (text) => {
        if (this.#generation === 1) this.requests += 1;
        this.note(`operator: ${text}`);
      },
      onDecision: (seen, decision) => this.#decided(seen, decision),
      onEvent: ({ message }) => this.note(`event: ${message}`),
      onPassed: (request) => {
        this.note(`check passed: ${request.subject}`);
        this.analysis.checkPassed(request);
      },
    });
    started.start();
    return started;
  }

  #crashed(): void {
    this.note('operator: dies');
    this.#process.kill();
    this.#startLater();
  }

  #startLater(end: () => void = () => undefined): void {
    this.clock.schedule(this.options.dice.between(restartMs.least, restartMs.most), () => {
      end();
      this.#process = this.#start();
    });
  }

  #decided(seen: Observation, decision: Decision): void {
    this.lastDecision = decision;
    if (seen.spec.skipAnalysis && seen.target?.revision !== undefined) this.analysis.admit(seen.target.revision);
    if (this.options.note === undefined) return;
    const { phase, canaryWeight } = seen.status;
    const actions = decision.actions.map(({ kind }) => kind).join(', ');
    this.note(`decision in ${phase === '' ? 'no phase' : phase} at ${canaryWeight} %: ${actions} | ${decision.reason}`);
  }

  #follow({ kind, by, before, after }: Write): void {
    if (kind.plural !== 'canaries' || by !== 'operator') return;
    const [was, is] = [phaseOf(before), phaseOf(after)];
    if (was === is) return;
    this.note(`phase: ${was} → ${is}`);
    if (is !== 'Initialized' && is !== 'Succeeded' && is !== 'Failed') return;
    const strategy = nameOfStrategy(this.#shape);
    this.rollouts.set(strategy, (this.rollouts.get(strategy) ?? 0) + 1);
  }

  #planOf(pod: PodObject): PodPlan {
    const quality = this.versions.qualityOf(app.versionOf(pod));
    const plan = { scheduleMs: 50, startMs: 900, drainMs: 2_000 };
    return quality === 'never ready' ? plan : { ...plan, readyMs: 1_000 };
  }
}

/** Of an object that is a Canary. */
function phaseOf(object: KubeObject | undefined): string {
  // Parse boundary: the caller has looked at its kind.
  return (object as Canary | undefined)?.status?.phase ?? '';
}
