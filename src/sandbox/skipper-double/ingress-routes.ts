// SPDX-License-Identifier: Apache-2.0
import type { Ingress, IngressPath, IngressRule, IngressServiceBackend, ObjectMeta } from '../../api/index.js';
import { errorText } from '../../lib/operator-error.js';
import { EndpointIndex } from './endpoints.js';
import { call, inPrintOrder, type EskipCall, type EskipRoute } from './eskip.js';
import { parseFilters, parsePredicates, parseRoutes } from './eskip-parser.js';
import { readRedirect, redirectTwin, type RedirectRule } from './https-redirect.js';
import { ingressPathPredicates, isPathPredicate, type PathMode } from './path-predicates.js';
import type { Snapshot, SnapshotObject } from './snapshot.js';
import { parseWeights, splitTraffic, type TrafficAlgorithm } from './traffic-split.js';

/** Settings of a Skipper installation that change its routes. */
export interface RouteOptions {
  /** Unanchored pattern for the class of an Ingress; an Ingress without class is always taken. */
  readonly ingressClass: RegExp;
  /** How paths of type ImplementationSpecific match, unless the Ingress says otherwise. */
  readonly pathMode: PathMode;
  readonly trafficAlgorithm: TrafficAlgorithm;
  /** Answer requests that came over plain HTTP, by their X-Forwarded-Proto, with a redirect. */
  readonly httpsRedirect: boolean;
  readonly httpsRedirectCode: number;
}

/** Skipper's defaults, but with the path mode `path-prefix`, in which its behaviour was measured. */
export const defaultRouteOptions: RouteOptions = {
  ingressClass: /skipper/,
  pathMode: 'path-prefix',
  trafficAlgorithm: 'traffic-predicate',
  httpsRedirect: true,
  httpsRedirectCode: 308,
};

export interface IngressRoutes {
  readonly routes: readonly EskipRoute[];
  /** What Skipper would only log: dropped Ingresses and routes, strange weights. */
  readonly problems: readonly string[];
}

/** The eskip routes that Skipper makes of a snapshot, in the order in which it makes them; ids are unique. */
export function routesOf(snapshot: Snapshot, options: RouteOptions): IngressRoutes {
  const endpoints = new EndpointIndex(snapshot);
  const routes = new Map<string, EskipRoute>();
  const problems: string[] = [];
  for (const ingress of inOrder(snapshot.ingresses)) {
    if (!isOurClass(ingress, options.ingressClass)) continue;
    const made = routesOfIngress(ingress, endpoints, options);
    problems.push(...made.problems);
    for (const route of made.routes) {
      const existing = routes.get(route.id);
      if (existing === undefined) routes.set(route.id, route);
      else if (JSON.stringify(existing) !== JSON.stringify(route)) problems.push(`second route ${route.id} is dropped`);
    }
  }
  return { routes: [...routes.values()], problems };
}

function inOrder(ingresses: Snapshot['ingresses']): Snapshot['ingresses'] {
  const keyOf = ({ metadata }: { readonly metadata: ObjectMeta }): string =>
    `${metadata.namespace ?? 'default'}\u0000${metadata.name}`;
  return ingresses.toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
}

function isOurClass(ingress: SnapshotObject<Ingress>, pattern: RegExp): boolean {
  const annotation = ingress.metadata.annotations?.['kubernetes.io/ingress.class'] ?? '';
  const field = ingress.spec.ingressClassName ?? '';
  return [annotation, field].every((name) => name === '' || pattern.test(name));
}

/** What the annotations of one Ingress say, parsed. */
interface IngressContext {
  readonly metadata: ObjectMeta;
  readonly predicates: readonly EskipCall[];
  readonly filters: readonly EskipCall[];
  readonly extraRoutes: readonly EskipRoute[];
  readonly weights: ReadonlyMap<string, number>;
  readonly algorithm: string;
  readonly pathMode: PathMode;
  readonly redirect: RedirectRule;
  readonly endpoints: EndpointIndex;
  readonly options: RouteOptions;
}

function routesOfIngress(
  ingress: SnapshotObject<Ingress>,
  endpoints: EndpointIndex,
  options: RouteOptions,
): IngressRoutes {
  const { metadata, spec } = ingress;
  const annotations = metadata.annotations ?? {};
  const { weights, problems } = parseWeights(annotations['zalando.org/backend-weights']);
  const name = `Ingress ${metadata.namespace ?? 'default'}/${metadata.name}`;
  try {
    const context: IngressContext = {
      metadata,
      predicates: parsePredicates(annotations['zalando.org/skipper-predicate'] ?? ''),
      filters: parseFilters(annotations['zalando.org/skipper-filter'] ?? ''),
      extraRoutes: parseRoutes(annotations['zalando.org/skipper-routes'] ?? ''),
      weights,
      algorithm: annotations['zalando.org/skipper-loadbalancer'] ?? 'roundRobin',
      pathMode: pathModeOf(annotations['zalando.org/skipper-ingress-path-mode'], options.pathMode),
      redirect: readRedirect(annotations, options),
      endpoints,
      options,
    };
    const routes = [
      ...defaultBackendRoute(context, spec.defaultBackend?.service),
      ...(spec.rules ?? []).flatMap((rule) => routesOfRule(context, rule)),
    ];
    return { routes, problems: problems.map((problem) => `${name}: ${problem}`) };
  } catch (error) {
    return { routes: [], problems: [`${name} is dropped: ${errorText(error)}`] };
  }
}

function pathModeOf(annotation: string | undefined, fallback: PathMode): PathMode {
  switch (annotation) {
    case 'kubernetes-ingress':
    case 'path-regexp':
    case 'path-prefix':
      return annotation;
    default:
      return fallback;
  }
}

function defaultBackendRoute(
  context: IngressContext,
  backend: IngressServiceBackend | undefined,
): readonly EskipRoute[] {
  if (backend === undefined) return [];
  return endpointRoute({ ...context, filters: [] }, backend, { id: routeId(context, ''), predicates: [] });
}

function routesOfRule(context: IngressContext, rule: IngressRule): readonly EskipRoute[] {
  const paths = (rule.http?.paths ?? []).flatMap((path) => {
    const service = path.backend.service;
    return service === undefined ? [] : [{ path, service }];
  });
  const splits = new Map(
    [...Map.groupBy(paths, ({ path }) => path.path ?? '')].map(([path, group]) => [
      path,
      splitTraffic(
        group.map(({ service }) => service.name),
        context.weights,
        context.options.trafficAlgorithm,
      ),
    ]),
  );
  return paths.flatMap(({ path, service }) => {
    const traffic = splits.get(path.path ?? '')?.get(service.name);
    return [
      ...extraRoutes(context, rule.host ?? '', path),
      ...(traffic === undefined ? [] : pathRoutes({ context, host: rule.host ?? '', path, service, traffic })),
    ];
  });
}

interface PathBackend {
  readonly context: IngressContext;
  readonly host: string;
  readonly path: IngressPath;
  readonly service: IngressServiceBackend;
  readonly traffic: readonly EskipCall[];
}

function pathRoutes({ context, host, path, service, traffic }: PathBackend): readonly EskipRoute[] {
  // In path-prefix mode a path predicate of the annotation takes the place of the path of the Ingress.
  const hasOwnPath = context.pathMode === 'path-prefix' && context.predicates.some(isPathPredicate);
  const routes = endpointRoute(context, service, {
    id: routeId(context, host, path.path ?? '', service.name),
    predicates: [
      ...(host === '' ? [] : [hostPredicate(host)]),
      ...(hasOwnPath ? [] : ingressPathPredicates(path, context.pathMode)),
      ...traffic,
      ...context.predicates,
    ],
  });
  return routes.flatMap((route) => [route, ...redirectTwin(route, context.redirect)]);
}

/** Routes of `zalando.org/skipper-routes`: once per rule and path, without the other annotations. */
function extraRoutes(context: IngressContext, host: string, path: IngressPath): readonly EskipRoute[] {
  return context.extraRoutes.map((route, index) => {
    const name = `${context.metadata.name}_${route.id}_${index}`;
    return {
      ...route,
      id: routeId({ metadata: { ...context.metadata, name } }, host + (path.path ?? '')),
      // Without a host this expression matches no request: measured, and kept.
      predicates: inPrintOrder([
        hostPredicate(host),
        ...route.predicates,
        ...ingressPathPredicates(path, context.pathMode),
      ]),
    };
  });
}

function endpointRoute(
  context: IngressContext,
  service: IngressServiceBackend,
  route: Pick<EskipRoute, 'id' | 'predicates'>,
): readonly EskipRoute[] {
  const found = context.endpoints.lookup(context.metadata.namespace, service);
  if (found.kind === 'missing') return [];
  const [first, ...others] = found.urls;
  const base = { id: route.id, predicates: inPrintOrder(route.predicates) };
  if (first === undefined) {
    const filters = [call('status', 502), call('inlineContent', 'no endpoints')];
    return [{ ...base, filters, backend: { kind: 'shunt' } }];
  }
  const backend = { kind: 'network', urls: [first, ...others], algorithm: context.algorithm } as const;
  return [{ ...base, filters: context.filters, backend }];
}

function hostPredicate(host: string): EskipCall {
  return call('Host', `^(${host.replaceAll('.', '[.]')}[.]?(:[0-9]+)?)$`);
}

/** `kube_<namespace>__<ingress>__<host>__<path>__<service>`, every other character than a letter or digit made "_". */
function routeId(context: Pick<IngressContext, 'metadata'>, host: string, path = '', service = ''): string {
  const { namespace = 'default', name } = context.metadata;
  return `kube_${[namespace, name, host, path, service].map((part) => part.replaceAll(/\W/g, '_')).join('__')}`;
}
