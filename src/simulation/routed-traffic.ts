// SPDX-License-Identifier: Apache-2.0
import type { EndpointSlice, Ingress, Service } from '../api/kubernetes.js';
import { buildRouteTable, RequestMatch, teeLoopbackHeader, type Route } from '../sandbox/skipper-double/index.js';
import type { RoutedRequest } from '../sandbox/skipper-double/index.js';
import { namespace } from './cluster.js';
import { anybody, audienceVisitors, nameOfVisitor, requestOf, type Visitor } from './visitors.js';

/** Whose pods answer requests, in percent. The rest is answered by nobody. */
export interface Shares {
  readonly target: number;
  readonly primary: number;
}

export type Variant = keyof Shares;

export const variants: readonly Variant[] = ['target', 'primary'];
export const nobody: Shares = { target: 0, primary: 0 };

/** What becomes of the requests of one sort of users. */
export interface Fate {
  readonly visitor: Visitor;
  readonly shares: Shares;
  /** Percent of the requests of which the canary gets a copy. */
  readonly copied: number;
  /** Percent of the requests whose copies reach no route that was made for them, and are copied again. */
  readonly astray: number;
  /** Two routes have the same right to a request and lead to different pods. */
  readonly isDrawn: boolean;
}

/** What Skipper does with the Ingresses that are written: an exact account of what its double would do many times over. */
export interface RoutedTraffic {
  /** By the name of the visitor. */
  readonly fates: ReadonlyMap<string, Fate>;
  /** Cookies that are given to users now. */
  readonly cookies: readonly Extract<Visitor, { kind: 'returning' }>[];
  /** Whether a route takes copies. */
  readonly takesCopies: boolean;
}

export interface RoutingInput {
  readonly ingresses: readonly Ingress[];
  readonly services: readonly Service[];
  /** Whose pods a Service leads to. */
  readonly variantOf: (service: Service) => Variant | undefined;
  /** Whether there ever was an A/B test. */
  readonly hasAudiences: boolean;
  /** Cookies that were given to users before. */
  readonly cookies: readonly Extract<Visitor, { kind: 'returning' }>[];
}

/** Routes in the order in which Skipper asks them. All lead to the one path of the app. */
interface Routing {
  readonly routes: readonly Route[];
  readonly variantOf: (route: Route) => Variant | undefined;
}

export function routedTraffic(input: RoutingInput): RoutedTraffic {
  const { ingresses, services } = input;
  const endpointSlices = services.map(sliceOf);
  const { routes } = buildRouteTable({ ingresses, services, endpointSlices });
  const byUrl = new Map(services.map((service, index) => [addressOf(index), input.variantOf(service)]));
  const routing: Routing = {
    routes: routes.toSorted((left, right) => right.leafWeight - left.leafWeight),
    variantOf: ({ backend }) => (backend.kind === 'network' ? byUrl.get(hostOf(backend.urls[0])) : undefined),
  };
  const cookies = routing.routes.flatMap((route) => givenCookie(routing, route) ?? []);
  const known = new Set(input.cookies.map(nameOfVisitor));
  const visitors = [
    anybody,
    ...(input.hasAudiences ? audienceVisitors : []),
    ...input.cookies,
    ...cookies.filter((visitor) => !known.has(nameOfVisitor(visitor))),
  ];
  return {
    fates: new Map(visitors.map((visitor) => [nameOfVisitor(visitor), fateOf(routing, visitor)])),
    cookies,
    takesCopies: routing.routes.some((route) => route.predicates.some(({ name }) => name === 'Tee')),
  };
}

function addressOf(index: number): string {
  return `10.9.0.${index + 1}`;
}

function hostOf(url: string): string {
  return new URL(url).hostname;
}

/** One address behind each Service, by which it is known again; pods are another matter. */
function sliceOf({ metadata, spec }: Service, index: number): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: metadata.name, namespace, labels: { 'kubernetes.io/service-name': metadata.name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [addressOf(index)], conditions: { ready: true } }],
    ports: (spec.ports ?? []).map(({ name = '' }) => ({ name, port: 8_080 })),
  };
}

/** A cookie that a route gives to whoever it serves. */
function givenCookie({ variantOf }: Routing, route: Route): Extract<Visitor, { kind: 'returning' }> | undefined {
  const met = variantOf(route);
  const filter = route.filters.find(({ name, args }) => name === 'appendResponseHeader' && args[0] === 'Set-Cookie');
  const [cookie] = String(filter?.args[1] ?? '').split(';');
  return met === undefined || cookie === undefined || cookie === '' ? undefined : { kind: 'returning', met, cookie };
}

function fateOf(routing: Routing, visitor: Visitor): Fate {
  const request = requestOf(visitor);
  const spread = spreadOf(routing, request);
  let [shares, copied, astray] = [nobody, 0, 0];
  for (const { route, percent } of spread.parts) {
    const variant = routing.variantOf(route);
    if (variant !== undefined) shares = { ...shares, [variant]: shares[variant] + percent };
    const group = groupOf(route);
    if (group === undefined) continue;
    copied += percent;
    if (!arrives(routing, request, group)) astray += percent;
  }
  return { visitor, shares, copied, astray, isDrawn: spread.isDrawn };
}

/** The group to which a route copies its requests. */
function groupOf({ filters }: Route): string | undefined {
  const tee = filters.find(({ name }) => name === 'teeLoopback');
  return tee === undefined ? undefined : String(tee.args[0]);
}

/** Whether all copies of a request end at the canary. */
function arrives(routing: Routing, request: RoutedRequest, group: string): boolean {
  const copy = { ...request, headers: { ...request.headers, [teeLoopbackHeader]: [group] } };
  return spreadOf(routing, copy).parts.every(
    ({ route }) => routing.variantOf(route) === 'target' && groupOf(route) === undefined,
  );
}

interface Spread {
  readonly parts: readonly { readonly route: Route; readonly percent: number }[];
  readonly isDrawn: boolean;
}

/** How the requests of one sort are divided among the routes: each takes its share of what those above it leave. */
function spreadOf({ routes, variantOf }: Routing, request: RoutedRequest): Spread {
  // Every share that is not 0 wins the lowest draw.
  const match = new RequestMatch(request, () => 0);
  const fitting = routes.filter(
    ({ hosts, matchers }) =>
      hosts.every((host) => host.test(request.host)) && matchers.every((matches) => matches(match)),
  );
  const parts: { readonly route: Route; readonly percent: number }[] = [];
  let left = 100;
  let isDrawn = false;
  for (const [index, route] of fitting.entries()) {
    if (left <= 1e-9) break;
    const rival = fitting[index + 1];
    isDrawn ||= rival?.leafWeight === route.leafWeight && variantOf(rival) !== variantOf(route);
    const percent = left * chanceOf(route);
    parts.push({ route, percent });
    left -= percent;
  }
  return { parts, isDrawn };
}

function chanceOf({ predicates }: Route): number {
  return predicates.reduce((chance, { name, args }) => (name === 'Traffic' ? chance * Number(args[0]) : chance), 1);
}
