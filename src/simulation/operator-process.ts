// SPDX-License-Identifier: Apache-2.0
import { canaryName, primaryName } from '../api/names.js';
import { silentLogger } from '../lib/logger.js';
import type { Random } from '../lib/random.js';
import {
  ClusterCache,
  createPartRunner,
  Operator,
  type CheckSubject,
  type CheckTools,
  type EventNotice,
} from '../controller/index.js';
import { createEventRecorder, type KubeClient } from '../kube/index.js';
import type { Metrics } from '../observability/index.js';
import { plan, type CheckRequest, type Decision, type Observation } from '../rollout/index.js';
import { appName } from './app.js';
import { namespace, type Cluster } from './cluster.js';
import { DirectClient, type CrashPoint } from './direct-client.js';
import type { Faults } from './faults.js';
import type { ProcessClock } from './process-clock.js';
import type { View } from './safety-monitor.js';

/** A deliberately broken operator: what it decides, and how it writes. */
export interface Mutation {
  readonly plan?: (seen: Observation, decide: (seen: Observation) => Decision) => Decision;
  readonly client?: (client: KubeClient) => KubeClient;
}

export interface OperatorProcessDeps {
  readonly cluster: Cluster;
  readonly clock: ProcessClock;
  readonly random: Random;
  readonly faults: Faults;
  readonly metrics: Metrics;
  readonly settleMs: number;
  readonly tools: Pick<CheckTools, 'hooks' | 'checkMetrics' | 'checkAvailability'>;
  readonly mutation: Mutation;
  readonly onCrash: () => void;
  readonly crashAt: CrashPoint | undefined;
  readonly onRequest: (text: string) => void;
  readonly onDecision: (seen: Observation, decision: Decision) => void;
  readonly onEvent: (notice: EventNotice) => void;
  /** A check ended, and every part of it passed. */
  readonly onPassed: (request: CheckRequest) => void;
}

const settings = {
  meshProvider: 'skipper',
  analysisIntervalFloorMs: 1_000,
  threadiness: 2,
  noCrossNamespaceRefs: false,
  selectorLabels: ['app', 'name', 'app.kubernetes.io/name'],
  includeLabelPrefixes: [],
  ingressIgnoredAnnotationPrefixes: [],
  enableConfigTracking: true,
} as const;

/** What an observation and its decision may take while everything is answered at once. */
const observationMs = 50;

/** One process of the shipped operator: it lives until it is stopped or dies, and its memory with it. */
export class OperatorProcess {
  readonly #stop = new AbortController();
  readonly #cache: ClusterCache;
  readonly #operator: Operator;
  /** When a Service was last seen with ready pods, of those whose pods changed. */
  readonly #lostMs = new Map<string, number>();
  #view: View;

  constructor(private readonly deps: OperatorProcessDeps) {
    const { clock, random, metrics, mutation, settleMs } = deps;
    const direct = new DirectClient(deps);
    const client = mutation.client?.(direct) ?? direct;
    this.#cache = new ClusterCache({
      client,
      namespace: undefined,
      trackConfigs: true,
      clock,
      random,
      log: silentLogger,
      onActivity: () => undefined,
    });
    this.#cache.endpoints.store.subscribe(({ previous }) => {
      if (previous !== undefined && previous.readyAddresses > 0)
        this.#lostMs.set(previous.service, clock.monotonicMs());
    });
    this.#view = this.#look();
    this.#operator = new Operator({
      client,
      cache: this.#cache,
      recorder: createEventRecorder({ client, clock, log: silentLogger }),
      metrics,
      runPart: this.#partRunner(),
      sendEvent: (notice) => deps.onEvent(notice),
      sendAlert: () => undefined,
      clock,
      random,
      newToken: () => Math.floor(random() * 2 ** 48).toString(16),
      log: silentLogger,
      settings: { ...settings, settleTimeMs: settleMs },
      plan: (seen) => this.#decide(seen),
    });
  }

  get isAlive(): boolean {
    return this.deps.clock.isAlive && !this.#stop.signal.aborted;
  }

  /** What was known at the last decision. */
  get view(): View {
    return this.#view;
  }

  start(): void {
    const { signal } = this.#stop;
    void this.#cache.run(signal);
    void this.#cache.whenSynced(signal).then(() => (signal.aborted ? undefined : this.#operator.run(signal)));
  }

  /** Dies between two instructions. */
  kill(): void {
    this.deps.clock.die();
  }

  /** Ends in order, as after SIGTERM. */
  stop(): void {
    this.#stop.abort(new Error('the process is told to stop'));
  }

  #decide(seen: Observation): Decision {
    this.#view = this.#look();
    const { mutation } = this.deps;
    const decision = mutation.plan === undefined ? plan(seen) : mutation.plan(seen, plan);
    const shift = decision.actions.find((action) => action.kind === 'setRoutes');
    this.#view = { ...this.#view, nextWeight: shift?.canaryWeight };
    this.deps.onDecision(seen, decision);
    return decision;
  }

  #look(): View {
    const nowMs = this.deps.clock.monotonicMs();
    const ready = (name: string): number => {
      // Events that come while a decision is made are for the next one.
      const isJustLost = nowMs - (this.#lostMs.get(name) ?? Number.NEGATIVE_INFINITY) <= observationMs;
      return Math.max(this.#cache.readyEndpoints({ namespace, name }), isJustLost ? 1 : 0);
    };
    return {
      readyPods: { target: ready(canaryName(appName)), primary: ready(primaryName(appName)) },
      nextWeight: undefined,
      apex: this.#cache.ingresses.store.get({ namespace, name: appName }),
      ingresses: this.#cache.ingresses.store.list(),
    };
  }

  #partRunner(): ReturnType<typeof createPartRunner> {
    const { tools, clock, onPassed } = this.deps;
    const run = createPartRunner({ ...tools, onVerdict: () => undefined, clock });
    return async (part, subject: CheckSubject, request, signal) => {
      const result = await run(part, subject, request, signal);
      const isLast = request.parts.at(-1) === part;
      const hasPassed = result.outcome === undefined || result.outcome.kind === 'passed';
      if (isLast && hasPassed && !signal.aborted && clock.isAlive) onPassed(request);
      return result;
    };
  }
}
