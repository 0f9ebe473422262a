// SPDX-License-Identifier: Apache-2.0
import { isObject } from '../api-server/json.js';
import type { ContainerStatus, PodCondition, PodObject, PodStatus } from './objects.js';

/*
 * The status of a pod as the kubelet writes it. Pure.
 */

/** What the containers of a pod do. */
export type ContainersState =
  /** They wait, and the reason is a word such as ContainerCreating or ImagePullBackOff. */
  | { readonly kind: 'waiting'; readonly reason: string }
  | { readonly kind: 'running'; readonly isReady: boolean }
  /** They ended with a failure and wait to be started again. */
  | { readonly kind: 'crashed' };

export interface PodFacts {
  readonly state: ContainersState;
  readonly address: string | undefined;
  readonly hostAddress: string;
  readonly nowText: string;
}

/** The pod's next status. Times of what did not change are kept. */
export function podStatus(pod: PodObject, facts: PodFacts): PodStatus {
  const { state, address, hostAddress, nowText } = facts;
  const isStarted = state.kind !== 'waiting';
  const isReady = state.kind === 'running' && state.isReady;
  const why = isReady ? {} : notReady(pod);
  const conditions = [
    condition('PodReadyToStartContainers', isStarted),
    condition('Initialized', true),
    condition('Ready', isReady, why),
    condition('ContainersReady', isReady, why),
    condition('PodScheduled', true),
  ];
  return {
    ...pod.status,
    phase: isStarted ? 'Running' : 'Pending',
    conditions: conditions.map((next) => withTime(next, pod, nowText)),
    hostIP: hostAddress,
    hostIPs: [{ ip: hostAddress }],
    ...(address !== undefined && { podIP: address, podIPs: [{ ip: address }] }),
    startTime: pod.status.startTime ?? nowText,
    containerStatuses: pod.spec.containers.map((container) => containerStatus(pod, container, facts)),
  };
}

function condition(type: string, isTrue: boolean, why: Partial<PodCondition> = {}): PodCondition {
  return { type, status: isTrue ? 'True' : 'False', lastProbeTime: null, ...why };
}

function withTime(next: PodCondition, { status }: PodObject, nowText: string): PodCondition {
  const before = status.conditions?.find(({ type }) => type === next.type);
  const since = before?.status === next.status ? before.lastTransitionTime : undefined;
  return { ...next, lastTransitionTime: since ?? nowText };
}

function notReady({ spec }: PodObject): Partial<PodCondition> {
  const names = spec.containers.map(({ name }) => name).join(' ');
  return { reason: 'ContainersNotReady', message: `containers with unready status: [${names}]` };
}

function containerStatus(
  pod: PodObject,
  { name, image = '' }: PodObject['spec']['containers'][number],
  { state, nowText }: PodFacts,
): ContainerStatus {
  const before = pod.status.containerStatuses?.find((each) => each.name === name) ?? fresh;
  const isStarted = state.kind !== 'waiting';
  return {
    name,
    image,
    imageID: isStarted ? `${image}@sandbox` : '',
    ready: state.kind === 'running' && state.isReady,
    started: state.kind === 'running',
    ...(isStarted && { containerID: `sandbox://${pod.metadata.uid}/${name}` }),
    ...lifeOf(before, state, nowText),
  };
}

/** What is known of a container before the kubelet has looked at it. */
const fresh = { restartCount: 0, state: {}, lastState: {} };

type ContainerLife = Pick<ContainerStatus, 'restartCount' | 'state' | 'lastState'>;

function lifeOf(before: ContainerLife, state: ContainersState, nowText: string): ContainerLife {
  const { restartCount, lastState } = before;
  const { running } = before.state;
  switch (state.kind) {
    case 'waiting':
      return { restartCount, lastState, state: { waiting: { reason: state.reason } } };
    case 'running': {
      const isRestarted = running === undefined && 'terminated' in lastState;
      const next = running ?? { startedAt: nowText };
      return { restartCount: restartCount + (isRestarted ? 1 : 0), lastState, state: { running: next } };
    }
    case 'crashed': {
      const terminated = { exitCode: 1, reason: 'Error', ...(isObject(running) && running), finishedAt: nowText };
      return { restartCount, lastState: { terminated }, state: { waiting: { reason: 'CrashLoopBackOff' } } };
    }
  }
}
