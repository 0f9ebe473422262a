// SPDX-License-Identifier: Apache-2.0
import type { Ingress, IngressPath, StringMap } from '../api/kubernetes.js';
import {
  canaryName,
  primaryName,
  routesChangedAtAnnotation,
  skipperFilterAnnotation,
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
import type { IngressPlan } from './ingress-plan.js';
import { withoutOwnFilter } from './own-filter.js';
import { apexPart, composePredicate, offPrefix, offText, predicatesOf, isOff } from './predicate.js';
import { routeRecord, withoutRouteRecord } from './route-state.js';
import type { RouteIntent } from './route-state.js';

/*
 * Changes of a canary Ingress that need no apex.
 */

/**
 * The same Ingress with the routes of `intent`, for an apex that is gone or that Skipper refuses: production then lives by
 * what is already there. While the apex serves nobody, only an enabled canary Ingress does: so one that takes some requests
 * only, as `plan` says, becomes one that takes them all.
 */
export function reweigh(observed: Ingress, serviceName: string, intent: RouteIntent, plan?: IngressPlan): Ingress {
  const annotations = observed.metadata.annotations ?? {};
  const writtenBy = isOursByRecord(observed) ? 'us' : 'flagger';
  const apexText = withoutOwn(apexPart(annotations[skipperPredicateAnnotation] ?? '', writtenBy), plan);
  const filters = withoutOwnFilter(annotations[skipperFilterAnnotation], plan?.filter);
  const customRoutes = annotations[skipperRoutesAnnotation];
  const pair = weightPair(intent.enabled ? intent.canaryWeight : 0);
  const { [skipperFilterAnnotation]: _, ...others } = withoutRouteRecord(annotations);
  const reweighed = withAnnotations(observed, {
    ...others,
    ...routeRecord(intent, observed, serviceName),
    ...(customRoutes !== undefined && { [skipperRoutesAnnotation]: switchRoutes(customRoutes, intent.enabled) }),
    ...(filters !== undefined && { [skipperFilterAnnotation]: filters }),
    [skipperPredicateAnnotation]: composePredicate(apexText, intent.enabled),
    [skipperWeightsAnnotation]: formatWeights(serviceName, pair, positiveWeights(observed)),
  });
  return { ...reweighed, spec: withBothVariants(observed.spec, serviceName) };
}

function withoutOwn(text: string, plan: IngressPlan | undefined): string {
  const own = plan?.predicates ?? [];
  const calls = predicatesOf(text);
  const isOwn = own.every((predicate, index) => text.slice(calls[index]?.start, calls[index]?.end) === predicate);
  if (!isOwn || own.length === 0) return text;
  return text.slice(calls[own.length]?.start ?? text.length);
}

/** A path with one variant behind it would go on leading everybody there. */
function withBothVariants(spec: Ingress['spec'], serviceName: string): Ingress['spec'] {
  const variants = [canaryName(serviceName), primaryName(serviceName)];
  const whole = (path: IngressPath): readonly IngressPath[] =>
    variants.map((name) => ({ ...path, backend: { ...path.backend, service: { ...path.backend.service, name } } }));
  const rules = spec.rules?.map((rule) => {
    if (rule.http === undefined) return rule;
    const { paths } = rule.http;
    const isLone = (path: IngressPath): boolean =>
      variants.includes(serviceOf(path) ?? '') &&
      !paths.some((other) => other !== path && other.path === path.path && variants.includes(serviceOf(other) ?? ''));
    return {
      ...rule,
      http: { ...rule.http, paths: paths.flatMap((path) => (isLone(path) ? whole(path) : [path])) },
    };
  });
  return rules === undefined ? spec : { ...spec, rules };
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
