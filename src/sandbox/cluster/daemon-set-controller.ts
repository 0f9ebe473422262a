// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey, PodTemplate } from '../../api/index.js';
import type { Clock } from '../../lib/clock.js';
import { listAt, objectAt, objectsAt, sameValue } from '../api-server/json.js';
import type { WorkQueue } from './controller-loop.js';
import {
  byAge,
  controlledBy,
  isGoing,
  type ControllerRevisionObject,
  type DaemonSetObject,
  type DaemonSetStatus,
  type NodeObject,
  type PodObject,
} from './objects.js';
import { isFinished, isReady, readyForMs } from './pod-state.js';
import { templateHash } from './replica-set-template.js';
import { countOf } from './rolling-arithmetic.js';
import { keyOf, type TypedResource } from './typed-resource.js';

export interface DaemonSetControllerDeps {
  readonly daemonSets: TypedResource<DaemonSetObject>;
  readonly revisions: TypedResource<ControllerRevisionObject>;
  readonly pods: TypedResource<PodObject>;
  readonly nodes: TypedResource<NodeObject>;
  readonly clock: Clock;
}

const revisionLabel = 'controller-revision-hash';
const generationLabel = 'pod-template-generation';
const templateGeneration = 'deprecated.daemonset.template.generation';

/** A DaemonSet with what belongs to it. */
interface Observed {
  readonly set: DaemonSetObject;
  /** Nodes that its pods may run on. */
  readonly nodes: readonly NodeObject[];
  readonly pods: readonly PodObject[];
  /** Hash of its template. */
  readonly hash: string;
}

/** Keeps one pod of each DaemonSet on each node that its template allows. */
export class DaemonSetController {
  constructor(private readonly deps: DaemonSetControllerDeps) {}

  /** Looks at a DaemonSet once, and asks the queue to come again when pods will have been ready for long enough. */
  reconcile(key: ObjectKey, queue: WorkQueue): void {
    const set = this.deps.daemonSets.find(key);
    if (set === undefined || isGoing(set)) return;
    const observed = { set, nodes: this.#nodesOf(set), pods: this.#podsOf(set), hash: this.#revisionOf(set) };
    this.#place(observed);
    if (set.spec.updateStrategy.type === 'RollingUpdate') this.#replace(observed);
    this.#writeStatus({ ...observed, pods: this.#podsOf(set) });
    const { minReadySeconds = 0 } = set.spec;
    if (minReadySeconds > 0) queue.addAfter(key, minReadySeconds * 1_000);
  }

  #nodesOf({ spec }: DaemonSetObject): readonly NodeObject[] {
    const wanted = Object.entries(spec.template.spec.nodeSelector ?? {});
    return this.deps.nodes
      .list('')
      .filter(({ metadata }) => wanted.every(([name, value]) => metadata.labels?.[name] === value));
  }

  #podsOf(set: DaemonSetObject): readonly PodObject[] {
    return this.deps.pods.ownedBy(set).filter((pod) => !isFinished(pod));
  }

  /** Keeps the history of templates, and tells which one is the current. */
  #revisionOf(set: DaemonSetObject): string {
    const { revisions } = this.deps;
    const { template } = set.spec;
    const known = revisions.ownedBy(set);
    const latest = Math.max(0, ...known.map(({ revision }) => revision));
    const same = known.find(({ data }) => sameValue(withoutMark(data.spec.template), template));
    if (same !== undefined) {
      if (same.revision < latest) revisions.update({ ...same, revision: latest + 1 });
      return same.metadata.labels?.[revisionLabel] ?? '';
    }
    const hash = templateHash(template);
    revisions.create(set.metadata.namespace ?? '', {
      metadata: {
        name: `${set.metadata.name}-${hash}`,
        labels: { ...template.metadata?.labels, [revisionLabel]: hash },
        annotations: { [templateGeneration]: set.metadata.annotations?.[templateGeneration] ?? '1' },
        ownerReferences: [controlledBy(set)],
      },
      revision: latest + 1,
      data: { spec: { template: { ...template, $patch: 'replace' } } },
    });
    this.#prune(set, known);
    return hash;
  }

  #prune({ spec }: DaemonSetObject, known: readonly ControllerRevisionObject[]): void {
    const surplus = known.length - (spec.revisionHistoryLimit ?? 10);
    const oldest = known.toSorted((left, right) => left.revision - right.revision);
    for (const revision of oldest.slice(0, Math.max(0, surplus))) this.deps.revisions.delete(revision);
  }

  /** A pod on each allowed node, none elsewhere. */
  #place({ set, nodes, pods, hash }: Observed): void {
    const wanted = new Set(nodes.map(({ metadata }) => metadata.name));
    for (const pod of pods) {
      if (!isGoing(pod) && !wanted.has(nodeOf(pod))) this.deps.pods.delete(pod);
    }
    for (const name of wanted) {
      // One that ends keeps its place until it is gone.
      if (!pods.some((pod) => nodeOf(pod) === name)) this.#createPod(set, { hash, node: name });
    }
  }

  #createPod(set: DaemonSetObject, { hash, node }: { readonly hash: string; readonly node: string }): void {
    const { metadata = {}, spec } = set.spec.template;
    const generation = set.metadata.annotations?.[templateGeneration] ?? '1';
    this.deps.pods.create(set.metadata.namespace ?? '', {
      metadata: {
        generateName: `${set.metadata.name}-`,
        labels: { ...metadata.labels, [revisionLabel]: hash, [generationLabel]: generation },
        ...(metadata.annotations !== undefined && { annotations: metadata.annotations }),
        ownerReferences: [controlledBy(set)],
      },
      spec: { ...spec, affinity: { ...spec.affinity, nodeAffinity: onNode(node) } },
    });
  }

  /** Deletes pods of older templates, as many at a time as may be unavailable. */
  #replace({ set, nodes, pods, hash }: Observed): void {
    const living = pods.filter((pod) => !isGoing(pod));
    const outdated = living.filter(({ metadata }) => metadata.labels?.[revisionLabel] !== hash);
    const available = living.filter((pod) => this.#isAvailable(set, pod));
    const { maxUnavailable = 1 } = set.spec.updateStrategy.rollingUpdate ?? {};
    const allowed = Math.max(1, countOf(maxUnavailable, nodes.length, Math.ceil));
    const [broken, healthy] = [
      outdated.filter((pod) => !available.includes(pod)),
      outdated.filter((pod) => available.includes(pod)),
    ];
    for (const pod of broken) this.deps.pods.delete(pod);
    const spare = allowed - (nodes.length - available.length);
    for (const pod of healthy.slice(0, Math.max(0, spare))) this.deps.pods.delete(pod);
  }

  #isAvailable({ spec }: DaemonSetObject, pod: PodObject): boolean {
    const minReadyMs = (spec.minReadySeconds ?? 0) * 1_000;
    return isReady(pod) && readyForMs(pod, this.deps.clock.nowMs()) >= minReadyMs;
  }

  #writeStatus({ set, nodes, pods, hash }: Observed): void {
    const oldestFirst = [...pods].sort(byAge);
    const wanted = new Set(nodes.map(({ metadata }) => metadata.name));
    // A pod that ends still counts, and the oldest one speaks for its node.
    const speakers = [...wanted].flatMap((name) => oldestFirst.find((pod) => nodeOf(pod) === name) ?? []);
    const elsewhere = new Set(pods.map(nodeOf).filter((name) => !wanted.has(name)));
    const available = speakers.filter((pod) => this.#isAvailable(set, pod)).length;
    const updated = speakers.filter(({ metadata }) => metadata.labels?.[revisionLabel] === hash).length;
    const status: DaemonSetStatus = {
      currentNumberScheduled: speakers.length,
      numberMisscheduled: elsewhere.size,
      desiredNumberScheduled: wanted.size,
      numberReady: speakers.filter(isReady).length,
      ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
      ...(updated > 0 && { updatedNumberScheduled: updated }),
      ...(available > 0 && { numberAvailable: available }),
      ...(wanted.size > available && { numberUnavailable: wanted.size - available }),
    };
    const latest = this.deps.daemonSets.find(keyOf(set));
    if (latest !== undefined && !sameValue(latest.status, status)) {
      this.deps.daemonSets.updateStatus({ ...latest, status });
    }
  }
}

const nodeNameField = 'metadata.name';

/** How a pod of a DaemonSet is bound to its node. */
function onNode(name: string): object {
  const matchFields = [{ key: nodeNameField, operator: 'In', values: [name] }];
  return { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] } };
}

/** The node of a pod, or the one that it is meant for. */
function nodeOf({ spec }: PodObject): string {
  if (spec.nodeName !== undefined) return spec.nodeName;
  const { affinity: whole = {} } = spec;
  const affinity = objectAt({ ...whole }, 'nodeAffinity');
  const required = objectAt(affinity, 'requiredDuringSchedulingIgnoredDuringExecution');
  const fields = objectsAt(required, 'nodeSelectorTerms').flatMap((term) => objectsAt(term, 'matchFields'));
  return fields.flatMap((field) => listAt(field, 'values')).map(String)[0] ?? '';
}

/** The stored template as it was given. */
function withoutMark(template: PodTemplate): object {
  const { $patch: _mark, ...rest } = { $patch: undefined, ...template };
  return rest;
}
