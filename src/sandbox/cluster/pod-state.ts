// SPDX-License-Identifier: Apache-2.0
import { conditionOf, type PodObject } from './objects.js';

/** What a pod's status says, as controllers read it. Pure. */

export function isReady({ status }: PodObject): boolean {
  return conditionOf(status.conditions, 'Ready')?.status === 'True';
}

/** Its containers ended and will not run again. */
export function isFinished({ status }: PodObject): boolean {
  return status.phase === 'Failed' || status.phase === 'Succeeded';
}

/** How long a pod has been ready; zero when it is not. */
export function readyForMs({ status }: PodObject, nowMs: number): number {
  const ready = conditionOf(status.conditions, 'Ready');
  return ready?.status === 'True' ? Math.max(0, nowMs - Date.parse(ready.lastTransitionTime ?? '')) : 0;
}

/** Which pods a shrinking ReplicaSet deletes first: those that serve least, then the youngest. */
export function removalOrder(left: PodObject, right: PodObject): number {
  return usefulness(left) - usefulness(right) || youngerFirst(left, right);
}

function usefulness(pod: PodObject): number {
  if (pod.spec.nodeName === undefined) return 0;
  if (pod.status.phase === 'Pending') return 1;
  return isReady(pod) ? 3 : 2;
}

function youngerFirst(left: PodObject, right: PodObject): number {
  const [a, b] = [left.metadata.creationTimestamp, right.metadata.creationTimestamp];
  if (a !== b) return a < b ? 1 : -1;
  return left.metadata.name < right.metadata.name ? -1 : 1;
}
