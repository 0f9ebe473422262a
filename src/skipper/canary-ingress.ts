// SPDX-License-Identifier: Apache-2.0
import type { Ingress, IngressRule, OwnerReference, StringMap } from '../api/kubernetes.js';
import {
  canaryKind,
  canaryName,
  fluxOffSwitch,
  skipperPredicateAnnotation,
  skipperRoutesAnnotation,
  skipperWeightsAnnotation,
} from '../api/names.js';
import { defined } from '../lib/defined.js';
import { sameJson } from '../lib/hash.js';
import { copiedMetadataAnnotation } from './annotations.js';
import { layOutApex } from './apex-layout.js';
import { formatWeights, weightPair } from './backend-weights.js';
import { copyMetadata, foreignMetadata, formatCopiedKeys } from './copied-metadata.js';
import { raiseRoutes } from './custom-routes.js';
import { composePredicate } from './predicate.js';
import { routeRecord } from './route-state.js';
import type { RouteIntent } from './route-state.js';

export interface CanaryIngressInput {
  /** The user's Ingress; it is never changed. */
  readonly apex: Ingress;
  /** The canary Ingress as it is; undefined to create it. It must belong to `owner` (see `ownershipProblem`). */
  readonly observed: Ingress | undefined;
  readonly owner: OwnerReference;
  /** Base name of the Canary's Services. */
  readonly serviceName: string;
  readonly intent: RouteIntent;
  /** Keys of labels and annotations not to copy, in the form of `toolMetadata`. */
  readonly excludedMetadata: readonly string[];
}

/**
 * The canary Ingress as wanted: the apex's paths to the app with canary and primary behind them, all that the apex demands
 * of a request or does to it (S6), and weights and predicate for `intent`. Rendering from what was rendered changes nothing.
 *
 * Call it only for an apex without problems (see `checkApex`); for one that is broken or gone, `reweigh` keeps what is there.
 */
export function renderCanaryIngress(input: CanaryIngressInput): Ingress {
  const { apex, observed, owner } = input;
  const layout = layOutApex(apex, input.serviceName);
  const copied = copyMetadata(apex, input.excludedMetadata);
  const foreign = foreignMetadata(observed);
  const pair = weightPair(input.intent.enabled ? input.intent.canaryWeight : 0);
  return {
    ...observed,
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      ...observed?.metadata,
      name: canaryName(apex.metadata.name),
      namespace: apex.metadata.namespace ?? '',
      labels: { ...foreign.labels, ...copied.labels },
      annotations: {
        ...foreign.annotations,
        ...copied.annotations,
        ...fluxOffSwitch,
        ...routeRecord(input.intent, observed, input.serviceName),
        ...routing(input, layout.rules),
        [skipperWeightsAnnotation]: formatWeights(input.serviceName, pair, layout.otherWeights),
        [copiedMetadataAnnotation]: formatCopiedKeys(copied),
      },
      ownerReferences: [...otherOwners(observed, owner), owner],
    },
    // Not the default backend: it has no predicates, so both Ingresses would compete for the same requests.
    spec: defined({ ingressClassName: apex.spec.ingressClassName, tls: apex.spec.tls, rules: layout.rules }),
  };
}

function routing(input: CanaryIngressInput, rules: readonly IngressRule[]): StringMap {
  const annotations = input.apex.metadata.annotations ?? {};
  const apexPredicate = annotations[skipperPredicateAnnotation];
  const customRoutes = annotations[skipperRoutesAnnotation];
  const { enabled } = input.intent;
  // Skipper never matches a custom route on a rule without a host.
  const hasHost = rules.some((rule) => (rule.host ?? '') !== '');
  return {
    [skipperPredicateAnnotation]: composePredicate(apexPredicate, enabled),
    ...(customRoutes !== undefined &&
      hasHost && { [skipperRoutesAnnotation]: raiseRoutes(customRoutes, { apexPredicate, enabled }) }),
  };
}

function otherOwners(observed: Ingress | undefined, owner: OwnerReference): readonly OwnerReference[] {
  return (observed?.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== owner.uid);
}

/** Whether `observed` already is what `wanted` asks for, so that no write is needed (S8). */
export function sameIngress(observed: Ingress, wanted: Ingress): boolean {
  return sameJson(ownParts(observed), ownParts(wanted));
}

/** An absent map and an empty one are the same to the API server. */
function ownParts(ingress: Ingress): object {
  const { labels, annotations, ownerReferences } = ingress.metadata;
  return { spec: ingress.spec, labels: labels ?? {}, annotations: annotations ?? {}, owners: ownerReferences ?? [] };
}

/** Whether a Canary's uid is among the owners. */
export function isCanaryIngressOf(ingress: Ingress, ownerUid: string): boolean {
  return (ingress.metadata.ownerReferences ?? []).some(
    (reference) => reference.kind === canaryKind && reference.uid === ownerUid,
  );
}
