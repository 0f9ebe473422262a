// SPDX-License-Identifier: Apache-2.0
import type { Ingress, IngressRule, OwnerReference, StringMap } from '../api/kubernetes.js';
import {
  canaryKind,
  canaryName,
  fluxOffSwitch,
  skipperFilterAnnotation,
  skipperPredicateAnnotation,
  skipperRoutesAnnotation,
  skipperWeightsAnnotation,
} from '../api/names.js';
import { defined } from '../lib/defined.js';
import { sameJson } from '../lib/hash.js';
import { copiedMetadataAnnotation, trafficShapeAnnotation } from './annotations.js';
import { layOutApex } from './apex-layout.js';
import { formatWeights } from './backend-weights.js';
import { copyMetadata, foreignMetadata, formatCopiedKeys } from './copied-metadata.js';
import type { Metadata } from './copied-metadata.js';
import { raiseRoutes } from './custom-routes.js';
import type { RaiseOptions } from './custom-routes.js';
import { planIngresses } from './ingress-plan.js';
import type { IngressPlan } from './ingress-plan.js';
import { composeFilters } from './own-filter.js';
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
  const [plan] = planIngresses(input.intent, { kind: 'weights' });
  return renderPlan(input, plan, true);
}

/**
 * One Ingress of a set. The record of the rollout and the custom routes of the apex are on the canary Ingress only.
 * `alone`: it has no helpers and takes every request.
 */
export function renderPlan(input: CanaryIngressInput, plan: IngressPlan, alone: boolean): Ingress {
  const { apex, observed, owner, serviceName } = input;
  const layout = layOutApex(apex, serviceName, plan.variants);
  const copied = withOwnFilter(copyMetadata(apex, input.excludedMetadata), plan);
  const foreign = foreignMetadata(observed);
  const isMain = plan.suffix === '';
  return {
    ...observed,
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      ...observed?.metadata,
      name: `${canaryName(apex.metadata.name)}${plan.suffix}`,
      namespace: apex.metadata.namespace ?? '',
      labels: { ...foreign.labels, ...copied.labels },
      annotations: {
        ...foreign.annotations,
        ...copied.annotations,
        ...fluxOffSwitch,
        ...(isMain
          ? routeRecord(input.intent, observed, serviceName)
          : { [trafficShapeAnnotation]: input.intent.shape }),
        [skipperPredicateAnnotation]: composePredicate(
          apex.metadata.annotations?.[skipperPredicateAnnotation],
          plan.enabled,
          plan,
        ),
        ...(isMain && customRoutes(apex, layout.rules, { enabled: plan.enabled, partial: !alone })),
        [skipperWeightsAnnotation]: formatWeights(serviceName, plan.weights, layout.otherWeights),
        [copiedMetadataAnnotation]: formatCopiedKeys(copied),
      },
      ownerReferences: [...otherOwners(observed, owner), owner],
    },
    // Not the default backend: it has no predicates, so both Ingresses would compete for the same requests.
    spec: defined({ ingressClassName: apex.spec.ingressClassName, tls: apex.spec.tls, rules: layout.rules }),
  };
}

/** Recorded like the metadata of the apex, so that it goes when it is no longer wanted. */
function withOwnFilter(copied: Metadata, { filter }: IngressPlan): Metadata {
  const filters = composeFilters(copied.annotations[skipperFilterAnnotation], filter);
  if (filters === undefined) return copied;
  return { ...copied, annotations: { ...copied.annotations, [skipperFilterAnnotation]: filters } };
}

function customRoutes(
  apex: Ingress,
  rules: readonly IngressRule[],
  options: Pick<RaiseOptions, 'enabled' | 'partial'>,
): StringMap {
  const annotations = apex.metadata.annotations ?? {};
  const apexPredicate = annotations[skipperPredicateAnnotation];
  const text = annotations[skipperRoutesAnnotation];
  // Skipper never matches a custom route on a rule without a host.
  const hasHost = rules.some((rule) => (rule.host ?? '') !== '');
  return text === undefined || !hasHost
    ? {}
    : { [skipperRoutesAnnotation]: raiseRoutes(text, { apexPredicate, ...options }) };
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
