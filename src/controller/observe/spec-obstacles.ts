// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../../api/canary.js';
import type { RolloutSpec } from '../../api/rollout-spec.js';
import { crossNamespaceRefs } from '../../api/normalise-spec.js';
import type { ClusterCache } from '../cluster/cluster-cache.js';
import type { SpecReader } from '../cluster/spec-reader.js';

export interface SpecObstacleDeps {
  readonly cache: Pick<ClusterCache, 'canaries'>;
  readonly specs: Pick<SpecReader, 'read'>;
  readonly settings: { readonly noCrossNamespaceRefs: boolean };
}

/** Why a Canary that is sound in itself must not be worked on. Sentences name the way out. */
export function specObstacles(canary: Canary, spec: RolloutSpec, deps: SpecObstacleDeps): readonly string[] {
  // A Canary that goes is given back whatever it asks for; only what belongs to another one is left alone.
  if (canary.metadata.deletionTimestamp !== undefined) return olderCanaries(canary, spec, deps);
  return [
    ...(deps.settings.noCrossNamespaceRefs ? crossNamespaceRefs(spec, canary.metadata.namespace ?? '') : []),
    ...olderCanaries(canary, spec, deps),
  ];
}

/** Of two Canaries on one target or one Ingress only the older one runs (D55). */
function olderCanaries(canary: Canary, spec: RolloutSpec, deps: SpecObstacleDeps): readonly string[] {
  return deps.cache.canaries.store
    .list(canary.metadata.namespace ?? '')
    .filter((other) => other.metadata.uid !== canary.metadata.uid && isOlder(other, canary))
    .flatMap((other) => {
      const read = deps.specs.read(other);
      return read.kind === 'ok' ? conflicts(other, read.spec, spec) : [];
    });
}

function conflicts(other: Canary, otherSpec: RolloutSpec, spec: RolloutSpec): readonly string[] {
  const { name, namespace = '' } = other.metadata;
  const end = `of the older Canary ${name}.${namespace}, which alone is worked on; delete one of the two`;
  const sameTarget = otherSpec.target.kind === spec.target.kind && otherSpec.target.name === spec.target.name;
  if (sameTarget) return [`${spec.target.kind} ${spec.target.name}.${namespace} is already the target ${end}`];
  const sameIngress = spec.ingressName !== undefined && otherSpec.ingressName === spec.ingressName;
  if (sameIngress) return [`Ingress ${spec.ingressName ?? ''}.${namespace} is already the ingressRef ${end}`];
  return [];
}

function isOlder(other: Canary, canary: Canary): boolean {
  const age = ({ metadata }: Canary): string => `${metadata.creationTimestamp ?? ''} ${metadata.name}`;
  return age(other) < age(canary);
}
