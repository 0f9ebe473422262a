// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../api/index.js';
import type { Clock } from '../../lib/clock.js';
import type { ApiServer } from '../api-server/index.js';
import { sameValue } from '../api-server/json.js';
import { timeText } from '../api-server/time-text.js';
import { isGoing, type PodObject } from './objects.js';
import { podStatus, type ContainersState } from './pod-status.js';
import { keyOf, type TypedResource } from './typed-resource.js';

/** How a pod comes and goes. */
export interface PodPlan {
  /** From its creation to a node. Left out: it waits for ever, as on a full cluster. */
  readonly scheduleMs?: number;
  /** From then until its containers run. Left out: never, as with an image that does not exist. */
  readonly startMs?: number;
  /** From then until it is ready. Left out: never. */
  readonly readyMs?: number;
  /** From its deletion to its end, at most its grace period. */
  readonly drainMs: number;
}

/** What the owner of a cluster decides about its pods, and is told of them. */
export interface PodRuntime {
  /** Asked anew at each step of a pod's life. */
  readonly planOf: (pod: PodObject) => PodPlan;
  /** The containers run now, at this address. Called again after a crash. */
  readonly onStarted?: (pod: PodObject, address: string) => void;
  /** The containers do not run any more: it crashed, or is gone. */
  readonly onStopped?: (pod: PodObject, address: string) => void;
}

export interface PodRunnerDeps {
  readonly api: ApiServer;
  readonly pods: TypedResource<PodObject>;
  readonly clock: Clock;
  readonly runtime: PodRuntime;
  readonly node: { readonly name: string; readonly address: string; readonly labels: Readonly<Record<string, string>> };
}

/** What keeps a pod from being ready. */
type Trouble = 'crashed' | 'unready';

/** Plays scheduler and kubelet for all pods: one node, where everything fits. */
export class PodRunner {
  /** The next step of each pod, by uid. */
  readonly #steps = new Map<string, { readonly kind: string; readonly cancel: () => void }>();
  readonly #troubles = new Map<string, Trouble>();
  readonly #running = new Map<string, PodObject>();
  #addresses = 0;

  constructor(private readonly deps: PodRunnerDeps) {}

  /** Sees to it that the next step of a pod's life is planned. */
  reconcile(key: ObjectKey): void {
    const pod = this.deps.pods.find(key);
    if (pod === undefined || this.#isElsewhere(pod)) return;
    if (isGoing(pod)) {
      this.#end(pod);
      return;
    }
    const plan = this.deps.runtime.planOf(pod);
    const { uid } = pod.metadata;
    if (pod.spec.nodeName === undefined) {
      if (this.#fits(pod)) this.#plan(pod, 'bind', plan.scheduleMs);
    } else if (pod.status.phase === 'Pending') this.#start(pod, plan);
    else if (!this.#troubles.has(uid)) this.#plan(pod, 'ready', plan.readyMs);
  }

  /** The pod is gone from the API server: nothing more happens to it. */
  forget(pod: PodObject): void {
    const { uid } = pod.metadata;
    this.#steps.get(uid)?.cancel();
    this.#steps.delete(uid);
    this.#troubles.delete(uid);
    this.#stopped(pod);
  }

  /** Its containers end with a failure and are not started again until `heal`. Pods that do not run are not changed. */
  crash(key: ObjectKey): void {
    this.#trouble(key, 'crashed');
  }

  /** Its readiness probe fails until `heal`. */
  unready(key: ObjectKey): void {
    this.#trouble(key, 'unready');
  }

  /** Ends a crash or a failing probe: the pod is ready again after the time of its plan. */
  heal(key: ObjectKey): void {
    const pod = this.deps.pods.find(key);
    if (pod === undefined || !this.#troubles.delete(pod.metadata.uid)) return;
    if (!this.#running.has(pod.metadata.uid)) this.#write(pod, { kind: 'running', isReady: false });
    this.reconcile(key);
  }

  stop(): void {
    for (const { cancel } of this.#steps.values()) cancel();
    this.#steps.clear();
  }

  #trouble(key: ObjectKey, trouble: Trouble): void {
    const pod = this.deps.pods.find(key);
    if (pod?.status.phase !== 'Running' || isGoing(pod)) return;
    this.#cancel(pod, 'ready');
    this.#troubles.set(pod.metadata.uid, trouble);
    if (trouble === 'crashed') {
      this.#stopped(pod);
      this.#write(pod, { kind: 'crashed' });
    } else this.#write(pod, { kind: 'running', isReady: false });
  }

  /** Another node runs it, or nobody if there is none of that name. */
  #isElsewhere({ spec }: PodObject): boolean {
    return spec.nodeName !== undefined && spec.nodeName !== this.deps.node.name;
  }

  /** A node selector that names labels which the node lacks keeps a pod away from it. */
  #fits({ spec }: PodObject): boolean {
    const { labels } = this.deps.node;
    return Object.entries(spec.nodeSelector ?? {}).every(([name, value]) => labels[name] === value);
  }

  #start(pod: PodObject, { startMs }: PodPlan): void {
    if (startMs !== undefined) {
      this.#plan(pod, 'start', startMs);
      if (startMs === 0) return;
    }
    const reason = startMs === undefined ? 'ImagePullBackOff' : 'ContainerCreating';
    this.#write(pod, { kind: 'waiting', reason });
  }

  #end(pod: PodObject): void {
    const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1_000;
    const drainMs = Math.min(this.deps.runtime.planOf(pod).drainMs, graceMs);
    this.#plan(pod, 'end', this.#running.has(pod.metadata.uid) ? drainMs : 0);
  }

  /** Plans a step, in place of the one that was planned if that is another. */
  #plan(pod: PodObject, kind: 'bind' | 'start' | 'ready' | 'end', delayMs: number | undefined): void {
    const { uid } = pod.metadata;
    const planned = this.#steps.get(uid);
    if (planned?.kind === kind || delayMs === undefined) return;
    if (kind === 'ready' && isReadyOf(pod)) return;
    planned?.cancel();
    const key = keyOf(pod);
    const cancel = this.deps.clock.schedule(delayMs, () => {
      this.#steps.delete(uid);
      const current = this.deps.pods.find(key);
      if (current?.metadata.uid === uid) this.#take(current, kind);
    });
    this.#steps.set(uid, { kind, cancel });
  }

  #take(pod: PodObject, kind: 'bind' | 'start' | 'ready' | 'end'): void {
    switch (kind) {
      case 'bind':
        this.deps.api.bindPod(keyOf(pod), this.deps.node.name);
        return;
      case 'start':
        this.#write(pod, { kind: 'running', isReady: this.deps.runtime.planOf(pod).readyMs === 0 });
        return;
      case 'ready':
        this.#write(pod, { kind: 'running', isReady: true });
        return;
      case 'end':
        this.#stopped(pod);
        this.deps.pods.delete(pod, { gracePeriodSeconds: 0 });
    }
  }

  #cancel(pod: PodObject, kind: string): void {
    const planned = this.#steps.get(pod.metadata.uid);
    if (planned?.kind !== kind) return;
    planned.cancel();
    this.#steps.delete(pod.metadata.uid);
  }

  #write(pod: PodObject, state: ContainersState): void {
    const { pods, clock, node, runtime } = this.deps;
    const isStarting = state.kind === 'running' && !this.#running.has(pod.metadata.uid);
    const address = pod.status.podIP ?? (state.kind === 'waiting' ? undefined : this.#nextAddress());
    const status = podStatus(pod, { state, address, hostAddress: node.address, nowText: timeText(clock.nowMs()) });
    if (isStarting && address !== undefined) {
      // Before anybody can read that it runs.
      this.#running.set(pod.metadata.uid, pod);
      runtime.onStarted?.(pod, address);
    }
    if (!sameValue(status, pod.status)) pods.updateStatus({ ...pod, status });
  }

  #stopped(pod: PodObject): void {
    if (!this.#running.delete(pod.metadata.uid)) return;
    const { podIP } = pod.status;
    if (podIP !== undefined) this.deps.runtime.onStopped?.(pod, podIP);
  }

  /** Addresses of pods: 10.244.0.0/16, each used once until all were. */
  #nextAddress(): string {
    this.#addresses = (this.#addresses % 65_000) + 1;
    return `10.244.${Math.floor(this.#addresses / 256)}.${this.#addresses % 256}`;
  }
}

function isReadyOf({ status }: PodObject): boolean {
  return status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}
