// SPDX-License-Identifier: Apache-2.0
import type { Ingress, IngressPath, IngressRule } from '../api/kubernetes.js';
import { canaryName, primaryName, skipperWeightsAnnotation } from '../api/names.js';
import { parseWeights } from './backend-weights.js';
import type { BackendWeights } from './backend-weights.js';
import { hostIncludes, mayShareRequests } from './path-overlap.js';

/** Paths of one rule with the same text: Skipper shares their traffic by the weights of their Services. */
export interface PathGroup {
  readonly rule: IngressRule;
  readonly paths: readonly IngressPath[];
}

/** How an apex Ingress serves an app, and what the canary Ingress has to hold because of it. */
export interface ApexLayout {
  /** Groups that give the app traffic. */
  readonly served: readonly PathGroup[];
  /** Groups without the app that the canary Ingress would rob of requests if it did not hold them as well (D34). */
  readonly shadowed: readonly PathGroup[];
  /** Whether paths lead to the app but the user's own weights give it nothing. */
  readonly starved: boolean;
  /** Rules of the canary Ingress. */
  readonly rules: readonly IngressRule[];
  /** Weights, on a scale on which the app has 100, of the Services that share a path with it. */
  readonly otherWeights: BackendWeights;
}

export type Variant = 'canary' | 'primary';

/** The canary first: if its Service is missing, Skipper gives its share to what is listed after it. */
const bothVariants: readonly Variant[] = ['canary', 'primary'];
const serviceNames = { canary: canaryName, primary: primaryName } as const;

/** Larger ones give the app nothing measurable; the limit keeps them numbers. */
const maxOtherWeight = 1e9;

/**
 * Works out which paths of the apex the canary Ingress takes over, with `variants` behind each path of the app.
 *
 * A path that does not lead to the app stays with the apex Ingress, which goes on serving it: Skipper looks for the most
 * specific path before it ranks routes. It is repeated in the canary Ingress only where the rank of the canary Ingress
 * would take its requests away.
 */
export function layOutApex(
  apex: Ingress,
  serviceName: string,
  variants: readonly Variant[] = bothVariants,
): ApexLayout {
  const weights = usableWeights(apex);
  const groups = (apex.spec.rules ?? []).flatMap(groupPaths);
  const withApp = groups.filter((group) => group.paths.some((path) => leadsTo(path, serviceName)));
  const served = withApp.filter((group) => shareOf(group, serviceName, weights) > 0);
  const shadowed = groups.filter((group) => !served.includes(group) && served.some((by) => isShadowedBy(group, by)));
  const kept = new Set([...served, ...shadowed]);
  return {
    served,
    shadowed,
    starved: served.length === 0 && withApp.length > 0,
    rules: canaryRules(groups, kept, {
      services: variants.map((variant) => serviceNames[variant](serviceName)),
      serviceName,
      served: new Set(served),
    }),
    otherWeights: weighOthers([...kept], serviceName, weights),
  };
}

/** The Service that a path leads to; undefined for a backend that is no Service, which Skipper skips. */
export function serviceOf(path: IngressPath): string | undefined {
  return path.backend.service?.name;
}

function leadsTo(path: IngressPath, serviceName: string): boolean {
  return serviceOf(path) === serviceName;
}

function usableWeights(apex: Ingress): BackendWeights {
  const weights = parseWeights(apex.metadata.annotations?.[skipperWeightsAnnotation]);
  return new Map([...weights].map(([service, weight]) => [service, Number.isFinite(weight) ? Math.max(0, weight) : 0]));
}

function groupPaths(rule: IngressRule): readonly PathGroup[] {
  const groups = Map.groupBy(rule.http?.paths.filter((path) => path.backend.service) ?? [], (path) => path.path ?? '');
  return [...groups.values()].map((paths) => ({ rule, paths }));
}

function sumOf(group: PathGroup, weights: BackendWeights): number {
  return group.paths.reduce((sum, path) => sum + (weights.get(serviceOf(path) ?? '') ?? 0), 0);
}

/** Weight of a Service within a group; Skipper splits equally when all are zero. */
function shareOf(group: PathGroup, service: string, weights: BackendWeights): number {
  return sumOf(group, weights) === 0 ? 1 : (weights.get(service) ?? 0);
}

function isShadowedBy(group: PathGroup, served: PathGroup): boolean {
  if (!hostIncludes(served.rule.host, group.rule.host)) return false;
  return group.paths.some((path) => served.paths.some((taken) => mayShareRequests(path, taken)));
}

interface ServedApp {
  readonly serviceName: string;
  /** What takes its place, in this order. */
  readonly services: readonly string[];
  readonly served: ReadonlySet<PathGroup>;
}

function canaryRules(
  groups: readonly PathGroup[],
  kept: ReadonlySet<PathGroup>,
  app: ServedApp,
): readonly IngressRule[] {
  const rules = Map.groupBy(
    groups.filter((group) => kept.has(group)),
    (group) => group.rule,
  );
  return [...rules].map(([rule, groupsOfRule]) => ({
    ...rule,
    http: {
      ...rule.http,
      paths: groupsOfRule.flatMap((group) => canaryPaths(group, app)),
    },
  }));
}

function canaryPaths(group: PathGroup, { serviceName, services, served }: ServedApp): readonly IngressPath[] {
  // Skipper drops the second route of a Service under one path, so it must not count twice in the split either.
  const first = group.paths.findIndex((path) => leadsTo(path, serviceName));
  return group.paths.flatMap((path, index) => {
    if (!leadsTo(path, serviceName)) return [path];
    return served.has(group) && index === first ? splitPath(path, services) : [];
  });
}

function splitPath(path: IngressPath, services: readonly string[]): readonly IngressPath[] {
  return services.map((name) => ({
    ...path,
    backend: { ...path.backend, service: { ...path.backend.service, name } },
  }));
}

function weighOthers(kept: readonly PathGroup[], serviceName: string, weights: BackendWeights): BackendWeights {
  const own = weights.get(serviceName) ?? 0;
  const scale = own > 0 ? 100 / own : 1;
  const others = new Map<string, number>();
  for (const group of kept) {
    const isEqualSplit = sumOf(group, weights) === 0 && group.paths.some((path) => leadsTo(path, serviceName));
    for (const service of group.paths.map((path) => serviceOf(path) ?? '')) {
      const weight = isEqualSplit ? 100 : Math.min((weights.get(service) ?? 0) * scale, maxOtherWeight);
      if (weight > 0 && service !== serviceName) others.set(service, weight);
    }
  }
  return others;
}
