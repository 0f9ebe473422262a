// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../../api/index.js';
import type { ResourceType } from '../kinds/resource-type.js';
import { withMetadata, type ServedObject } from '../served-object.js';
import { conflict } from '../status-error.js';
import { timeText } from '../time-text.js';
import { kindSubjectOf, type ClusterState } from './cluster-state.js';
import { withNextGeneration } from './create-object.js';
import type { DeleteOptions, DeleteResult } from './write-options.js';

/** Finalizers of the garbage collector, and the policies that they stand for. */
export const collectorFinalizers = { Foreground: 'foregroundDeletion', Orphan: 'orphan' } as const;

/** DELETE. @throws StatusError */
export function deleteObject(
  state: ClusterState,
  resource: ResourceType,
  key: ObjectKey,
  options: DeleteOptions,
): DeleteResult {
  const current = state.get(resource, key);
  requirePreconditions(current, resource, options);
  if (isCore(resource, 'Namespace')) return terminateNamespace(state, resource, current);
  const seconds = resource.rules.gracePeriodSeconds(current, options.gracePeriodSeconds);
  const finalizers = finalizersOf(current, options);
  const isGone = finalizers.length === 0 && seconds === 0;
  if (!isGone && isAlreadyGoing(current, finalizers, seconds)) return { object: current, isGone: false };
  // Most kinds disappear as they are; pods are told to go before.
  const isMarked = !isGone || isCore(resource, 'Pod');
  const marked = isMarked ? markedForDeletion(state, current, { seconds, finalizers }) : current;
  if (options.isDryRun === true) return { object: marked, isGone };
  const last = isMarked ? state.put(resource, marked, current) : current;
  return { object: isGone ? state.remove(resource, last) : last, isGone };
}

function isCore({ group, kind }: ResourceType, name: string): boolean {
  return group === '' && kind === name;
}

function requirePreconditions(current: ServedObject, resource: ResourceType, options: DeleteOptions): void {
  const { uid, resourceVersion } = options;
  const { metadata } = current;
  const subject = { ...kindSubjectOf(resource, metadata.name) };
  if (uid !== undefined && uid !== metadata.uid) {
    const fact = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(subject, fact);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const fact = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw conflict(subject, fact);
  }
}

/** The object's own finalizers, and the one for the policy if it has one. */
function finalizersOf({ metadata }: ServedObject, { propagationPolicy }: DeleteOptions): readonly string[] {
  const own = metadata.finalizers ?? [];
  const ofCollector: readonly string[] = Object.values(collectorFinalizers);
  if (propagationPolicy === undefined) return own;
  const others = own.filter((finalizer) => !ofCollector.includes(finalizer));
  return propagationPolicy === 'Background' ? others : [...others, collectorFinalizers[propagationPolicy]];
}

function isAlreadyGoing({ metadata }: ServedObject, finalizers: readonly string[], seconds: number): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  const isShorter = seconds < (metadata.deletionGracePeriodSeconds ?? 0);
  return !isShorter && finalizers.length === (metadata.finalizers ?? []).length;
}

interface Marking {
  readonly seconds: number;
  readonly finalizers: readonly string[];
}

function markedForDeletion(state: ClusterState, current: ServedObject, { seconds, finalizers }: Marking): ServedObject {
  const { deletionTimestamp: due, deletionGracePeriodSeconds: before = 0 } = current.metadata;
  const isFirst = due === undefined;
  // A period is always counted from the first request.
  const requestedMs = isFirst ? state.clock.nowMs() : Date.parse(due) - before * 1_000;
  const marked = withMetadata(current, {
    deletionTimestamp: timeText(requestedMs + seconds * 1_000),
    deletionGracePeriodSeconds: seconds,
    finalizers: finalizers.length === 0 ? undefined : finalizers,
  } as Partial<ServedObject['metadata']>); // undefined means absent to withMetadata
  return isFirst && marked.metadata.generation !== undefined ? withNextGeneration(marked) : marked;
}

/** A namespace goes when its content has gone: see NamespaceCleaner. */
function terminateNamespace(state: ClusterState, resource: ResourceType, current: ServedObject): DeleteResult {
  if (current.metadata.deletionTimestamp !== undefined) return { object: current, isGone: false };
  const marked = withMetadata(current, { deletionTimestamp: timeText(state.clock.nowMs()) });
  const terminating = { ...marked, status: { phase: 'Terminating' } };
  return { object: state.put(resource, terminating, current), isGone: false };
}
