// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../lib/clock.js';
import type { ApiServer, ServedObject } from '../api-server/index.js';
import { timeText } from '../api-server/time-text.js';
import { AutoscalerController, autoscalerSyncMs, type LoadOf } from './autoscaler-controller.js';
import { ControllerLoop, type Change, type WorkQueue } from './controller-loop.js';
import { DaemonSetController } from './daemon-set-controller.js';
import { DeploymentController } from './deployment-controller.js';
import { EndpointSliceController, isSelected } from './endpoint-slice-controller.js';
import { createEventRecorder, noEvents } from './event-recorder.js';
import {
  controllerOf,
  type AutoscalerObject,
  type ControllerRevisionObject,
  type DaemonSetObject,
  type DeploymentObject,
  type EndpointSliceObject,
  type NodeObject,
  type PodObject,
  type ReplicaSetObject,
  type ServiceObject,
} from './objects.js';
import { PodRunner, type PodRuntime } from './pod-runner.js';
import { ReplicaSetController } from './replica-set-controller.js';
import { keyOf, TypedResource } from './typed-resource.js';

export interface ControllersOptions {
  /** Shared with the API server. */
  readonly clock: Clock;
  readonly pods: PodRuntime;
  /** Load of autoscaled workloads. Without it autoscalers change nothing and tell of no metrics. */
  readonly loadOf?: LoadOf;
  /** Pause between two looks of an autoscaler at the load. Default 15 seconds, as in a real cluster. */
  readonly autoscalerSyncMs?: number;
  /** From a write to the controllers' answer to it. Default 0: the next timer of the clock. */
  readonly reactionMs?: number;
  /** Whether controllers write Events, as `kubectl describe` shows them. Default false. */
  readonly writesEvents?: boolean;
}

/** Running controllers. */
export interface Controllers {
  /** Faults of pods, and their end. */
  readonly pods: Pick<PodRunner, 'crash' | 'unready' | 'heal'>;
  stop(): void;
}

const node = {
  name: 'sandbox',
  address: '10.0.0.1',
  labels: { 'kubernetes.io/hostname': 'sandbox', 'kubernetes.io/os': 'linux' },
};

/**
 * Runs what a cluster does beside its API server, on the direct door: Deployments, ReplicaSets, DaemonSets, pods on one node,
 * EndpointSlices and autoscalers. (Garbage collection and the end of namespaces are the API server's own.)
 * Nothing runs while nothing changes, except that an autoscaler with a load looks at it every few seconds.
 */
export function startControllers(api: ApiServer, options: ControllersOptions): Controllers {
  const loop = new ControllerLoop(api, options.clock, options.reactionMs ?? 0);
  const kinds = kindsOf(api);
  createNode(kinds.nodes, options.clock);
  const runner = new PodRunner({ api, pods: kinds.pods, clock: options.clock, runtime: options.pods, node });
  const wiring = { api, loop, kinds, options };
  const sets = runReplicaSets(wiring);
  const deployments = runDeployments(wiring);
  const daemonSets = runDaemonSets(wiring);
  const services = runServices(wiring);
  runAutoscalers(wiring);
  const steps = loop.queue((key) => runner.reconcile(key));
  loop.subscribe(kinds.pods.resource, ({ type, object }) => {
    // Parse boundary: a watch of pods shows pods.
    const pod = object as PodObject;
    if (type === 'DELETED') runner.forget(pod);
    else steps.add(keyOf(pod));
    toOwner(pod, 'ReplicaSet', sets);
    toOwner(pod, 'DaemonSet', daemonSets);
    for (const service of kinds.services.list(keyOf(pod).namespace)) {
      if (isSelected(pod, service.spec.selector ?? {})) services.add(keyOf(service));
    }
    if (type === 'DELETED') wakeDeployment({ pod, kinds, deployments });
  });
  return {
    pods: runner,
    stop: () => {
      loop.stop();
      runner.stop();
    },
  };
}

interface Wiring {
  readonly api: ApiServer;
  readonly loop: ControllerLoop;
  readonly kinds: Kinds;
  readonly options: ControllersOptions;
}

type Kinds = ReturnType<typeof kindsOf>;

// eslint-disable-next-line @typescript-eslint/explicit-function-return-type -- the kinds are the type
function kindsOf(api: ApiServer) {
  return {
    deployments: new TypedResource<DeploymentObject>(api, api.resource('apps', 'v1', 'deployments')),
    replicaSets: new TypedResource<ReplicaSetObject>(api, api.resource('apps', 'v1', 'replicasets')),
    daemonSets: new TypedResource<DaemonSetObject>(api, api.resource('apps', 'v1', 'daemonsets')),
    revisions: new TypedResource<ControllerRevisionObject>(api, api.resource('apps', 'v1', 'controllerrevisions')),
    autoscalers: new TypedResource<AutoscalerObject>(
      api,
      api.resource('autoscaling', 'v2', 'horizontalpodautoscalers'),
    ),
    services: new TypedResource<ServiceObject>(api, api.resource('', 'v1', 'services')),
    slices: new TypedResource<EndpointSliceObject>(api, api.resource('discovery.k8s.io', 'v1', 'endpointslices')),
    pods: new TypedResource<PodObject>(api, api.resource('', 'v1', 'pods')),
    nodes: new TypedResource<NodeObject>(api, api.resource('', 'v1', 'nodes')),
  };
}

/** The node of all pods; found again when the cluster has it already. */
function createNode(nodes: TypedResource<NodeObject>, clock: Clock): void {
  if (nodes.find({ namespace: '', name: node.name }) !== undefined) return;
  const created = nodes.create('', { metadata: { name: node.name, labels: node.labels } });
  const now = timeText(clock.nowMs());
  const room = { cpu: '32', memory: '64Gi', pods: '1000' };
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' };
  nodes.updateStatus({
    ...created,
    status: {
      addresses: [{ type: 'InternalIP', address: node.address }],
      capacity: room,
      allocatable: room,
      conditions: [{ ...ready, lastHeartbeatTime: now, lastTransitionTime: now }],
    },
  });
}

function eventsOf({ api, options }: Wiring, component: string): ReturnType<typeof createEventRecorder> {
  return options.writesEvents === true ? createEventRecorder({ api, clock: options.clock, component }) : noEvents;
}

function runReplicaSets(wiring: Wiring): WorkQueue {
  const { loop, kinds, options } = wiring;
  const { replicaSets, pods } = kinds;
  const events = eventsOf(wiring, 'replicaset-controller');
  const controller = new ReplicaSetController({ replicaSets, pods, clock: options.clock, events });
  const queue: WorkQueue = loop.queue((key) => controller.reconcile(key, queue));
  loop.subscribe(replicaSets.resource, ({ object }) => queue.add(keyOf(object)));
  return queue;
}

function runDeployments(wiring: Wiring): WorkQueue {
  const { loop, kinds, options } = wiring;
  const { deployments, replicaSets, pods } = kinds;
  const events = eventsOf(wiring, 'deployment-controller');
  const controller = new DeploymentController({ deployments, replicaSets, pods, clock: options.clock, events });
  const queue: WorkQueue = loop.queue((key) => controller.reconcile(key, queue));
  loop.subscribe(deployments.resource, ({ object }) => queue.add(keyOf(object)));
  loop.subscribe(replicaSets.resource, ({ object }) => toOwner(object, 'Deployment', queue));
  return queue;
}

function runDaemonSets({ loop, kinds, options }: Wiring): WorkQueue {
  const { daemonSets, revisions, pods, nodes } = kinds;
  const controller = new DaemonSetController({ daemonSets, revisions, pods, nodes, clock: options.clock });
  const queue: WorkQueue = loop.queue((key) => controller.reconcile(key, queue));
  loop.subscribe(daemonSets.resource, ({ object }) => queue.add(keyOf(object)));
  return queue;
}

function runServices({ loop, kinds }: Wiring): WorkQueue {
  const { services, pods, slices } = kinds;
  const controller = new EndpointSliceController({ services, pods, slices });
  const queue = loop.queue((key) => controller.reconcile(key));
  loop.subscribe(services.resource, ({ object }) => queue.add(keyOf(object)));
  loop.subscribe(slices.resource, ({ object }) => toOwner(object, 'Service', queue));
  return queue;
}

function runAutoscalers(wiring: Wiring): void {
  const { loop, kinds, options } = wiring;
  const { autoscalers, deployments } = kinds;
  const { clock, loadOf, autoscalerSyncMs: syncMs = autoscalerSyncMs } = options;
  const events = eventsOf(wiring, 'horizontal-pod-autoscaler');
  const controller = new AutoscalerController({ autoscalers, deployments, clock, events, loadOf, syncMs });
  const queue: WorkQueue = loop.queue((key) => controller.reconcile(key, queue));
  loop.subscribe(autoscalers.resource, ({ type, object }: Change) => {
    // Parse boundary: a watch of autoscalers shows autoscalers.
    if (type === 'DELETED') controller.forget(object as AutoscalerObject);
    else if (type === 'ADDED') queue.add(keyOf(object));
    else queue.addAfter(keyOf(object), syncMs);
  });
  loop.subscribe(deployments.resource, ({ object }) => {
    for (const each of autoscalers.list(keyOf(object).namespace)) {
      if (each.spec.scaleTargetRef.name === object.metadata.name) queue.addAfter(keyOf(each), syncMs);
    }
  });
}

/** Wakes the controller of what owns an object. */
function toOwner(object: ServedObject, kind: string, queue: WorkQueue): void {
  const owner = controllerOf(object);
  if (owner?.kind === kind) queue.add({ namespace: keyOf(object).namespace, name: owner.name });
}

interface GonePod {
  readonly pod: PodObject;
  readonly kinds: Kinds;
  readonly deployments: WorkQueue;
}

/** A Deployment that replaces all its pods at once waits for the last one to go. */
function wakeDeployment({ pod, kinds, deployments }: GonePod): void {
  const owner = controllerOf(pod);
  if (owner?.kind !== 'ReplicaSet') return;
  const set = kinds.replicaSets.find({ namespace: keyOf(pod).namespace, name: owner.name });
  if (set !== undefined) toOwner(set, 'Deployment', deployments);
}
