// SPDX-License-Identifier: Apache-2.0
import type { Ingress, StringMap } from '../api/kubernetes.js';
import {
  canaryName,
  primaryName,
  routesChangedAtAnnotation,
  skipperPredicateAnnotation,
  skipperRoutesAnnotation,
  skipperWeightsAnnotation,
} from '../api/names.js';
import { canonicalJson, sameJson } from '../lib/hash.js';
import { weightedSinceAnnotation } from './annotations.js';
import { serviceOf } from './apex-layout.js';
import { formatWeights, parseWeights, weightPair } from './backend-weights.js';
import type { BackendWeights } from './backend-weights.js';
import { isOursByRecord } from './copied-metadata.js';
import { switchRoutes } from './custom-routes.js';
import { isEskipProblem, parseRoutes } from './eskip-parser.js';
import { apexPart, composePredicate, offPrefix, offText, predicatesOf, isOff } from './predicate.js';
import { routeRecord, withoutRouteRecord } from './route-state.js';
import type { RouteIntent } from './route-state.js';

/*
 * Changes of a canary Ingress that need no apex.
 */

/**
 * The same Ingress with the routes of `intent`, for an apex that is gone or that Skipper refuses: production then lives by
 * what is already there. While the apex serves nobody, only an enabled canary Ingress does.
 */
export function reweigh(observed: Ingress, serviceName: string, intent: RouteIntent): Ingress {
  const annotations = observed.metadata.annotations ?? {};
  const apexText = apexPart(annotations[skipperPredicateAnnotation] ?? '', isOursByRecord(observed) ? 'us' : 'flagger');
  const customRoutes = annotations[skipperRoutesAnnotation];
  const pair = weightPair(intent.enabled ? intent.canaryWeight : 0);
  return withAnnotations(observed, {
    ...withoutRouteRecord(annotations),
    ...routeRecord(intent, observed, serviceName),
    ...(customRoutes !== undefined && { [skipperRoutesAnnotation]: switchRoutes(customRoutes, intent.enabled) }),
    [skipperPredicateAnnotation]: composePredicate(apexText, intent.enabled),
    [skipperWeightsAnnotation]: formatWeights(serviceName, pair, positiveWeights(observed)),
  });
}

/**
 * Takes an Ingress that a Canary no longer wants out of traffic in one write, whatever it says (R16): no route matches, and
 * every app in it has 0/100 in case the predicate gets lost. Returns `observed` itself when nothing has to change.
 */
export function disableIngress(observed: Ingress, changedAt: string): Ingress {
  const annotations = observed.metadata.annotations ?? {};
  const replaced: readonly string[] = [skipperRoutesAnnotation, weightedSinceAnnotation];
  const disabled = {
    ...Object.fromEntries(Object.entries(annotations).filter(([key]) => !replaced.includes(key))),
    ...switchedOffRoutes(annotations[skipperRoutesAnnotation]),
    [skipperPredicateAnnotation]: switchedOffPredicate(annotations[skipperPredicateAnnotation]),
    [skipperWeightsAnnotation]: primaryOnlyWeights(observed),
  };
  if (sameJson(disabled, annotations)) return observed;
  return withAnnotations(observed, { ...disabled, [routesChangedAtAnnotation]: changedAt });
}

function switchedOffRoutes(text: string | undefined): StringMap {
  return text === undefined || isEskipProblem(parseRoutes(text))
    ? {}
    : { [skipperRoutesAnnotation]: switchRoutes(text, false) };
}

function switchedOffPredicate(text: string | undefined): string {
  const predicates = predicatesOf(text);
  if (text === undefined || predicates.length === 0) return offText;
  return predicates.some(isOff) ? text : `${offPrefix}${text}`;
}

function primaryOnlyWeights(ingress: Ingress): string {
  const services = new Set(
    (ingress.spec.rules ?? []).flatMap((rule) => rule.http?.paths ?? []).map((path) => serviceOf(path) ?? ''),
  );
  const weights = new Map(positiveWeights(ingress));
  for (const service of services) {
    const app = service.replace(/-primary$/, '');
    if (service !== primaryName(app) || !services.has(canaryName(app))) continue;
    weights.set(service, 100).set(canaryName(app), 0);
  }
  return canonicalJson(Object.fromEntries(weights));
}

function positiveWeights(ingress: Ingress): BackendWeights {
  const weights = parseWeights(ingress.metadata.annotations?.[skipperWeightsAnnotation]);
  return new Map([...weights].filter(([, weight]) => Number.isFinite(weight) && weight > 0));
}

function withAnnotations(observed: Ingress, annotations: StringMap): Ingress {
  return { ...observed, metadata: { ...observed.metadata, annotations } };
}
