// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { parse } from 'yaml';
import { createMetricChecker, createSkipperCounters } from '../../src/analysis/index.js';
import type { Canary } from '../../src/api/canary.js';
import type { CanaryStatus } from '../../src/api/canary-status.js';
import type { CoreEvent, Deployment, Ingress } from '../../src/api/kubernetes.js';
import { skipperMetricsServer } from '../../src/api/names.js';
import type { TargetKind, Webhook } from '../../src/api/rollout-spec.js';
import type { HookResult } from '../../src/hooks/index.js';
import { resources, type MergePatch } from '../../src/kube/index.js';
import type { HttpClient } from '../../src/lib/http-client.js';
import { silentLogger } from '../../src/lib/logger.js';
import { createMetrics } from '../../src/observability/index.js';
import { startControllers, type PodObject } from '../../src/sandbox/cluster/index.js';
import { Cluster } from '../../src/simulation/cluster.js';
import { Dice } from '../../src/simulation/dice.js';
import { Faults, noFaults } from '../../src/simulation/faults.js';
import { OperatorProcess } from '../../src/simulation/operator-process.js';
import { ProcessClock } from '../../src/simulation/process-clock.js';
import { VirtualClock } from '../../src/simulation/virtual-clock.js';
import { recordFromEvents } from '../../src/skipper-source.js';
import { appName, appObjects, release, type Applied } from './apps.js';
import { Skippers } from './skippers.js';

export const host = 'app.example.com';
export { appName, firstVersion } from './apps.js';

/** An Event as it was written. */
export interface StageEvent {
  readonly atMs: number;
  readonly type: string;
  readonly message: string;
}

const namespace = 'test';
const settleMs = 5_000;
/** Between a process that ends and the next. */
const restartMs = 2_000;

// Making them costs more than a rollout.
const metrics = createMetrics(new Registry());

/**
 * The shipped operator, its metric checks and Skipper's rules in one small cluster in memory and in virtual time: minutes of
 * a rollout take milliseconds, and equal seeds give equal runs.
 */
export class Stage {
  readonly clock = new VirtualClock();
  readonly cluster: Cluster;
  readonly skippers: Skippers;
  readonly events: StageEvent[] = [];
  /** What the hooks of this name answer; those without an entry pass. */
  readonly hookResults = new Map<string, HookResult>();
  readonly #dice: Dice;
  readonly #running = new Map<string, string>();
  #process: OperatorProcess;

  constructor(
    seed = 1,
    private readonly target: TargetKind = 'Deployment',
  ) {
    this.#dice = new Dice(seed);
    this.cluster = new Cluster(this.clock, this.#dice.fork().random, namespace);
    startControllers(this.cluster.server, {
      clock: this.clock,
      reactionMs: 20,
      pods: {
        // It serves on while it drains, as the pods of the guide do.
        planOf: () => ({ scheduleMs: 50, startMs: 900, readyMs: 1_000, drainMs: 10_000 }),
        onStarted: (pod, address) => this.#running.set(address, versionOf(pod)),
        onStopped: (_, address) => this.#running.delete(address),
      },
    });
    this.skippers = new Skippers({
      api: this.cluster.server,
      clock: this.clock,
      random: this.#dice.fork().random,
      versionAt: (address) => this.#running.get(address),
    });
    this.cluster.onWrite(({ kind, after }) => {
      if (kind.plural !== resources.events.plural || after === undefined) return;
      // Parse boundary: the kind is that of Events.
      const { type, message } = after as CoreEvent;
      this.events.push({ atMs: this.clock.monotonicMs(), type, message });
    });
    this.skippers.start();
    this.#process = this.#start();
  }

  get status(): CanaryStatus | undefined {
    return this.cluster.find<Canary>(resources.canaries, appName)?.status;
  }

  /** The image tag of the primary. */
  get primaryVersion(): string {
    const kind = this.target === 'DaemonSet' ? resources.daemonSets : resources.deployments;
    // Parse boundary: both kinds have a pod template in the same place.
    const primary = this.cluster.find<Deployment>(kind, `${appName}-primary`);
    return primary === undefined ? '' : versionOf({ spec: primary.spec.template.spec });
  }

  /** All but the user's own, those first that take requests from the others. */
  get canaryIngresses(): readonly Ingress[] {
    return this.cluster.list<Ingress>(resources.ingresses).filter(({ metadata }) => metadata.name !== appName);
  }

  get messages(): readonly string[] {
    return this.events.map(({ message }) => message);
  }

  /** Applies app, Ingress and what comes with them. */
  installApp(others: readonly Applied[] = []): void {
    for (const { kind, object } of [...appObjects(this.target), ...others]) this.cluster.create(kind, object);
    // Parse boundary: the file of the guide is an Ingress.
    this.cluster.create(
      resources.ingresses,
      parse(readFileSync('test/fixtures/guide/podinfo-ingress.yaml', 'utf8')) as Ingress,
    );
  }

  /** Applies the app and its Canary, and waits until that is initialised and users have answers. */
  async install(canary: Canary, others: readonly Applied[] = []): Promise<void> {
    this.installApp(others);
    await this.adopt(canary);
  }

  /** Applies a Canary for an app that is there. */
  async adopt(canary: Canary): Promise<void> {
    this.cluster.create(resources.canaries, canary);
    await this.until(({ status }) => status?.phase === 'Initialized', 'the Canary is initialised');
    await this.pass(10_000);
  }

  setVersion(version: string): void {
    release(this.cluster, this.target, version);
  }

  editCanary(spec: MergePatch): void {
    this.cluster.patch(resources.canaries, appName, { spec });
  }

  /** The operator ends, at once or in order, and a new one starts. */
  restart(how: 'killed' | 'stopped'): void {
    const before = this.#process;
    if (how === 'killed') before.kill();
    else before.stop();
    this.clock.schedule(restartMs, () => {
      before.kill();
      this.#process = this.#start();
    });
  }

  async pass(ms: number): Promise<void> {
    await this.clock.runUntil(this.clock.monotonicMs() + ms);
  }

  /** Lets time pass until something holds, and fails after an hour of virtual time. */
  async until(isOver: (stage: Stage) => boolean, what: string): Promise<void> {
    const hasCome = await this.clock.runUntil(this.clock.monotonicMs() + 3_600_000, () => isOver(this));
    if (!hasCome) throw new Error(`${what}: not within an hour; ${JSON.stringify(this.status)}\n${this.#told()}`);
  }

  #told(): string {
    return this.messages.slice(-12).join('\n');
  }

  #start(): OperatorProcess {
    const clock = new ProcessClock(this.clock, 0);
    const counters = createSkipperCounters({
      clock,
      log: silentLogger,
      http: this.#http(),
      replicas: { place: 'the stage', list: () => Promise.resolve(this.skippers.metricsUrls) },
    });
    const checker = createMetricChecker({
      clock,
      log: silentLogger,
      http: this.#http(),
      templates: { template: () => undefined, secret: () => Promise.resolve(undefined) },
      kubernetes: () => Promise.reject(new Error('no metrics API')),
      environment: {},
      metricsServer: skipperMetricsServer,
      counters,
    });
    const record = recordFromEvents(counters, { metricsServer: skipperMetricsServer });
    const started = new OperatorProcess({
      cluster: this.cluster,
      clock,
      random: this.#dice.fork().random,
      faults: new Faults(this.#dice.fork(), noFaults, this.clock, () => undefined),
      metrics,
      settleMs,
      tools: {
        hooks: { call: ({ name }: Webhook) => Promise.resolve(this.hookResults.get(name) ?? passed) },
        checkMetrics: (request) => checker.run(request),
        checkAvailability: (subject) => checker.checkAvailability(subject),
      },
      mutation: {},
      onCrash: () => undefined,
      crashAt: undefined,
      onRequest: () => undefined,
      onDecision: () => undefined,
      onEvent: record,
      onPassed: () => undefined,
    });
    started.start();
    return started;
  }

  #http(): HttpClient {
    return {
      send: async ({ url, sink }) => {
        const text = await this.skippers.metricsAt(url);
        sink?.(Buffer.from(text));
        const body = sink === undefined ? text : '';
        return { status: 200, statusText: 'OK', headers: {}, body, isTruncated: false };
      },
      close: () => undefined,
    };
  }
}

const passed: HookResult = { kind: 'passed', body: '' };

function versionOf({ spec }: Pick<PodObject, 'spec'>): string {
  return spec.containers[0]?.image?.split(':')[1] ?? '';
}
