// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import type { CanaryStatus } from '../api/canary-status.js';
import type { KubeObject } from '../api/kubernetes.js';
import { createPartRunner, ClusterCache, Operator, type CheckTools } from '../controller/index.js';
import { createEventRecorder, resources, type ResourceKind } from '../kube/index.js';
import { silentLogger } from '../lib/logger.js';
import type { Metrics } from '../observability/index.js';
import { plan, type Decision, type Observation } from '../rollout/index.js';
import { startControllers, type PodObject, type PodPlan } from '../sandbox/cluster/index.js';
import { Cluster, Dice, DirectClient, ProcessClock, VirtualClock } from '../simulation/index.js';
import type { Cast } from './cast.js';
import { HookReceivers } from './hook-receivers.js';
import { scaledObjectDefinition } from './made-up-objects.js';
import type { Manifests } from './manifests.js';
import { Measurements } from './measurements.js';
import { NoFaults } from './no-faults.js';
import type { OperatorFlags } from './operator-flags.js';
import { isOfNewRevision, newRevisionOf } from './revision.js';
import type { Scenario } from './scenario.js';

export interface RehearsalOptions {
  readonly manifests: Manifests;
  /** Undefined for a Canary that cannot be read: then it is alone in its cluster. */
  readonly cast: Cast | undefined;
  readonly flags: OperatorFlags;
  readonly scenario: Scenario;
  /** Shared by all rehearsals, because making it costs more than one of them. */
  readonly metrics: Metrics;
  /** Whether the new revision begins to fail every check, asked before each. */
  readonly turnsBad: (status: CanaryStatus) => boolean;
  readonly onDecision: (seen: Observation, decision: Decision) => void;
}

/** What the operator said, at a moment of the rehearsal's clock. */
export interface SaidEvent {
  readonly atMs: number;
  readonly type: 'Normal' | 'Warning';
  readonly message: string;
}

const dice = new Dice(1);
/** Seen by whoever watches a rollout: the operator notices a revision at whole seconds of its own status. */
const secondMs = 1_000;

/**
 * One Canary in a cluster in memory with the shipped operator, in virtual time: everything that is foretold happens here.
 * Nothing goes wrong but what the scenario says.
 */
export class Rehearsal {
  readonly clock = new VirtualClock();
  readonly events: SaidEvent[] = [];
  /** What the API server remarked on the objects it was given. */
  readonly remarks: string[] = [];
  readonly #cluster: Cluster;
  readonly #stop = new AbortController();
  #isBad = false;
  #seen: Observation | undefined;

  /** @throws StatusError when the API server refuses an object */
  constructor(private readonly options: RehearsalOptions) {
    const { manifests, cast, scenario } = options;
    this.#cluster = new Cluster(this.clock, dice.random, manifests.namespace);
    startControllers(this.#cluster.server, { clock: this.clock, pods: { planOf: (pod) => planOf(pod, scenario) } });
    if (cast !== undefined) this.#install(cast);
    this.#create(resources.canaries, manifests.canary);
    this.#start();
  }

  get status(): CanaryStatus | undefined {
    return this.#cluster.find<Canary>(resources.canaries, this.options.manifests.canary.metadata.name)?.status;
  }

  /** Lets time pass until something is so, at most so long. @returns whether it is so */
  async pass(forMs: number, isSo: () => boolean = () => false): Promise<boolean> {
    return this.clock.runUntil(this.clock.monotonicMs() + forMs, isSo);
  }

  /** Gives the target a new revision, at a whole second. */
  async change({ target }: Cast): Promise<void> {
    await this.pass(secondMs - (this.clock.monotonicMs() % secondMs));
    const { kind, patch } = newRevisionOf(target);
    this.#cluster.patch(kind, target.metadata.name, patch);
  }

  stop(): void {
    this.#stop.abort(new Error('the rehearsal is over'));
  }

  #install({ members, target }: Cast): void {
    const { server } = this.#cluster;
    if (members.some(({ kind }) => kind === resources.scaledObjects)) {
      server.create(
        server.resource('apiextensions.k8s.io', 'v1', 'customresourcedefinitions'),
        '',
        scaledObjectDefinition,
      );
    }
    for (const { kind, object } of members) this.#create(kind, object);
    for (const pods of newRevisionOf(target).pods) this.#create(resources.deployments, pods);
  }

  #create(kind: ResourceKind, object: KubeObject): void {
    const { server } = this.#cluster;
    const namespaces = server.resource('', 'v1', 'namespaces');
    const { namespace = '', name } = object.metadata;
    if (server.find(namespaces, { namespace: '', name: namespace }) === undefined)
      server.create(namespaces, '', { metadata: { name: namespace } });
    const { warnings } = server.create(this.#cluster.typeOf(kind), namespace, object);
    this.remarks.push(...warnings.map((text) => `${kind.kind} ${name}: ${text}`));
  }

  #start(): void {
    const { clock } = this;
    const { signal } = this.#stop;
    const { flags } = this.options;
    const { random } = dice;
    const processClock = new ProcessClock(clock, 0);
    const client = new DirectClient({
      cluster: this.#cluster,
      clock: processClock,
      random,
      faults: new NoFaults(clock),
      onCrash: () => undefined,
      crashAt: undefined,
    });
    const cache = new ClusterCache({
      client,
      namespace: undefined,
      trackConfigs: flags.enableConfigTracking,
      clock,
      random,
      log: silentLogger,
      onActivity: () => undefined,
    });
    const operator = new Operator({
      client,
      cache,
      recorder: createEventRecorder({ client, clock, log: silentLogger }),
      metrics: this.options.metrics,
      runPart: this.#partRunner(),
      sendEvent: ({ type, message }) => this.events.push({ atMs: clock.monotonicMs(), type, message }),
      sendAlert: () => undefined,
      clock,
      random,
      newToken: () => 'token',
      log: silentLogger,
      settings: {
        ...flags,
        threadiness: 1,
        noCrossNamespaceRefs: false,
        includeLabelPrefixes: [],
        ingressIgnoredAnnotationPrefixes: [],
      },
      plan: (seen) => this.#decide(seen),
    });
    void cache.run(signal);
    void cache.whenSynced(signal).then(() => (signal.aborted ? undefined : operator.run(signal)));
  }

  #decide(seen: Observation): Decision {
    this.#seen = seen;
    const decision = plan(seen);
    this.options.onDecision(seen, decision);
    return decision;
  }

  #partRunner(): ReturnType<typeof createPartRunner> {
    const { clock } = this;
    const { scenario, turnsBad } = this.options;
    const isBad = (): boolean => this.#isBad;
    const { hooks } = new HookReceivers({ clock, scenario, isBad });
    const { checkMetrics, checkAvailability } = new Measurements({
      clock,
      scenario,
      template: (key) => this.#cluster.find(resources.metricTemplates, key.name, key.namespace),
      isAsked: () => this.#seen !== undefined && getsRequests(this.#seen),
      isBad,
    });
    const tools: CheckTools = { hooks, checkMetrics, checkAvailability, onVerdict: () => undefined, clock };
    const run = createPartRunner(tools);
    return (part, subject, request, signal) => {
      const { status } = subject.canary;
      this.#isBad ||= status !== undefined && turnsBad(status);
      return run(part, subject, request, signal);
    };
  }
}

/** Whether anybody asks the new revision for anything, be it a copy. */
function getsRequests({ routes, spec }: Observation): boolean {
  // What pods count by themselves counts the requests of tests as well.
  if (spec.provider === 'kubernetes')
    return spec.analysis.webhooks.some(({ type }) => type === 'rollout' || type === 'pre-rollout');
  return routes.enabled && ((routes.canaryWeight ?? 0) > 0 || routes.mirror === 'on');
}

function planOf(pod: PodObject, { notReady, podsReadyAfterMs }: Scenario): PodPlan {
  const plan = { scheduleMs: 0, startMs: 0, drainMs: secondMs };
  return notReady && isOfNewRevision(pod) ? plan : { ...plan, readyMs: podsReadyAfterMs };
}
