// SPDX-License-Identifier: Apache-2.0
import type { Ingress, IngressPath, IngressRule } from '../api/kubernetes.js';
import { canaryKind, canaryName, skipperPredicateAnnotation, skipperRoutesAnnotation } from '../api/names.js';
import { rememberedFor } from '../lib/remembered.js';
import { ingressClassAnnotation } from './annotations.js';
import { isCanaryIngressOf } from './canary-ingress.js';
import { describeIngress, describePath } from './ingress-text.js';
import { hostIncludes, shareRequests } from './path-overlap.js';
import { isEskipProblem, parseRoutes } from './eskip-parser.js';
import { apexPart, canMatch, ownWeight, predicatesOf, rank } from './predicate.js';

/**
 * Sentences about Ingresses of other owners that get no requests while the canary Ingress is enabled, because it outranks
 * them at the same host and path although its apex does not. `canaryIngress` is as `renderCanaryIngress` makes it;
 * `others` may be all Ingresses of the cluster: the apex, those of the same Canary, and those that nothing happens to, are
 * passed over.
 */
export function shadowedIngresses(canaryIngress: Ingress, others: readonly Ingress[]): readonly string[] {
  const { apexRank, weight, taken } = claimOf(canaryIngress);
  return others
    .filter((other) => !isApexOrSelf(other, canaryIngress) && !isOfSameCanary(other, canaryIngress))
    .filter((other) => isSameClass(other, canaryIngress))
    .flatMap((other) => {
      const place = firstShadowed(other, taken, (otherRank) => otherRank >= apexRank && otherRank <= apexRank + weight);
      if (place === undefined) return [];
      const fact = `gets no requests for ${describePath(place.rule, place.path)} while ${describeIngress(canaryIngress)} splits traffic`;
      return [
        `${describeIngress(other)} ${fact}; add Weight(${weight + apexRank + 100}) to its ${skipperPredicateAnnotation} to keep them`,
      ];
    });
}

interface Claim {
  readonly apexRank: number;
  /** By which the canary Ingress outranks its apex. */
  readonly weight: number;
  readonly taken: readonly Place[];
}

const claimOf = rememberedFor((canaryIngress: Ingress): Claim => {
  const predicate = canaryIngress.metadata.annotations?.[skipperPredicateAnnotation] ?? '';
  const apexText = apexPart(predicate, 'us');
  return { apexRank: rank(predicatesOf(apexText)), weight: ownWeight(apexText), taken: placesOf(canaryIngress) };
});

interface Place {
  readonly rule: IngressRule;
  readonly path: IngressPath;
}

function placesOf(ingress: Ingress): readonly Place[] {
  return (ingress.spec.rules ?? []).flatMap((rule) => (rule.http?.paths ?? []).map((path) => ({ rule, path })));
}

function firstShadowed(
  other: Ingress,
  taken: readonly Place[],
  isOutranked: (rank: number) => boolean,
): Place | undefined {
  if (!canMatch(other.metadata.annotations?.[skipperPredicateAnnotation])) return undefined;
  if (!ranksOf(other).some(isOutranked)) return undefined;
  return placesOf(other).find(({ rule, path }) =>
    taken.some((place) => hostIncludes(place.rule.host, rule.host) && shareRequests(place.path, path)),
  );
}

/** Ranks of an Ingress's ordinary routes and of its custom ones. */
const ranksOf = rememberedFor((ingress: Ingress): readonly number[] => {
  const annotations = ingress.metadata.annotations ?? {};
  const custom = parseRoutes(annotations[skipperRoutesAnnotation] ?? '');
  const customRanks = isEskipProblem(custom) ? [] : custom.map((route) => rank(route.predicates));
  return [rank(predicatesOf(annotations[skipperPredicateAnnotation])), ...customRanks];
});

function isApexOrSelf(other: Ingress, canaryIngress: Ingress): boolean {
  const { namespace, name } = other.metadata;
  const own = canaryIngress.metadata;
  return namespace === own.namespace && (name === own.name || canaryName(name) === own.name);
}

/** Helper Ingresses of the same routes: one outranks the other on purpose. */
function isOfSameCanary(other: Ingress, canaryIngress: Ingress): boolean {
  const owners = canaryIngress.metadata.ownerReferences ?? [];
  return owners.some(({ kind, uid }) => kind === canaryKind && isCanaryIngressOf(other, uid));
}

/** Skipper serves an Ingress without a class as well; with another class it is most likely another controller's. */
function isSameClass(other: Ingress, ingress: Ingress): boolean {
  const [otherClass, ownClass] = [other, ingress].map(
    ({ metadata, spec }) => metadata.annotations?.[ingressClassAnnotation] ?? spec.ingressClassName ?? '',
  );
  return otherClass === ownClass || otherClass === '' || ownClass === '';
}
