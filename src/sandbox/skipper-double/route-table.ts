// SPDX-License-Identifier: Apache-2.0
import type { Random } from '../../lib/random.js';
import { renderRoute, type EskipRoute } from './eskip.js';
import { compileFilter, type FilterEffect } from './filters.js';
import { defaultRouteOptions, routesOf, type RouteOptions } from './ingress-routes.js';
import { InvalidRoute, type InvalidRouteReason } from './invalid-route.js';
import { isPathPredicate } from './path-predicates.js';
import { PathTree } from './path-tree.js';
import { compilePredicate, type CompiledPredicate, type Matcher } from './predicates.js';
import { normaliseHost, RequestMatch, type RoutedRequest } from './routed-request.js';
import type { Snapshot } from './snapshot.js';

/** A route that can be carried out. */
export interface Route extends EskipRoute {
  /** Rank among the routes of the same path: the sum of Weight() plus one per other predicate. */
  readonly leafWeight: number;
  readonly effects: readonly FilterEffect[];
  readonly hosts: readonly RegExp[];
  readonly matchers: readonly Matcher[];
  readonly place: { readonly kind: 'path' | 'subtree'; readonly path: string } | { readonly kind: 'anywhere' };
}

export interface DroppedRoute {
  readonly route: EskipRoute;
  readonly reason: InvalidRouteReason;
  readonly message: string;
}

export interface RouteTable {
  /** In the order in which Skipper makes them. */
  readonly routes: readonly Route[];
  /** Routes with an unknown name or a bad argument. */
  readonly dropped: readonly DroppedRoute[];
  /** What Skipper would only log: dropped Ingresses, colliding ids, strange weights. */
  readonly problems: readonly string[];
  /** Equal for tables that route and report alike. */
  readonly fingerprint: string;
}

/** The route of a request. `ambiguousWith` is another one with the same right to it: a real Skipper would choose at random. */
export interface Selection {
  readonly route: Route;
  readonly ambiguousWith: Route | undefined;
}

/** Makes the routing table of a snapshot. Total: whatever the objects hold, bad ones are left out and reported. */
export function buildRouteTable(snapshot: Snapshot, options: RouteOptions = defaultRouteOptions): RouteTable {
  const { routes: made, problems } = routesOf(snapshot, options);
  const routes: Route[] = [];
  const dropped: DroppedRoute[] = [];
  for (const route of made) {
    try {
      routes.push(compileRoute(route));
    } catch (error) {
      if (!(error instanceof InvalidRoute)) throw error;
      dropped.push({ route, reason: error.reason, message: error.message });
    }
  }
  const fingerprint = [...made.map((route) => `${route.id}: ${renderRoute(route)}`), ...problems].join('\n');
  return { routes, dropped, problems, fingerprint };
}

function compileRoute(route: EskipRoute): Route {
  if (route.backend.kind === 'unsupported') throw new InvalidRoute('not_modelled', `<${route.backend.name}>`);
  if (route.predicates.filter(isPathPredicate).length > 1) throw new InvalidRoute('other', 'several path predicates');
  const predicates = route.predicates.map(compilePredicate);
  return {
    ...route,
    leafWeight: predicates.reduce((sum, predicate) => sum + leafWeightOf(predicate), 0),
    effects: route.filters.map(compileFilter),
    hosts: predicates.flatMap((predicate) => (predicate.kind === 'host' ? [predicate.pattern] : [])),
    matchers: predicates.flatMap((predicate) => (predicate.kind === 'matcher' ? [predicate.matches] : [])),
    place: predicates.find(isPlace) ?? { kind: 'anywhere' },
  };
}

function isPlace(predicate: CompiledPredicate): predicate is Extract<CompiledPredicate, { kind: 'path' | 'subtree' }> {
  return predicate.kind === 'path' || predicate.kind === 'subtree';
}

function leafWeightOf(predicate: CompiledPredicate): number {
  switch (predicate.kind) {
    case 'path':
    case 'subtree':
      return 0;
    case 'host':
      return 1;
    case 'weight':
      return predicate.weight;
    case 'matcher':
      return predicate.leafWeight;
  }
}

/**
 * Finds the route of a request: the most specific path that has a matching route, there the highest leaf weight.
 * Every Traffic() draws from `random` anew.
 */
export function selectRoute(table: RouteTable, request: RoutedRequest, random: Random): Selection | undefined {
  const match = new RequestMatch(request, random);
  for (const candidates of treeFor(table, normaliseHost(request.host)).lookup(match.path)) {
    const selection = selectAmong(candidates, match);
    if (selection !== undefined) return selection;
  }
  return undefined;
}

/** `candidates` fall in leaf weight. */
function selectAmong(candidates: readonly Route[], match: RequestMatch): Selection | undefined {
  const matches = (route: Route): boolean => route.matchers.every((matcher) => matcher(match));
  const index = candidates.findIndex(matches);
  const route = candidates[index];
  if (route === undefined) return undefined;
  for (const rival of candidates.slice(index + 1)) {
    if (rival.leafWeight < route.leafWeight) break;
    if (matches(rival)) return { route, ambiguousWith: rival };
  }
  return { route, ambiguousWith: undefined };
}

/** Most of a table belongs to other hosts, so each host that is asked for gets a tree of its own routes. */
const treesByTable = new WeakMap<RouteTable, Map<string, PathTree<Route>>>();
/** Clients choose the host, so the number of remembered trees is bounded. */
const maxTrees = 1_000;

function treeFor(table: RouteTable, host: string): PathTree<Route> {
  const trees = treesByTable.get(table) ?? new Map<string, PathTree<Route>>();
  treesByTable.set(table, trees);
  const known = trees.get(host);
  if (known !== undefined) return known;
  if (trees.size >= maxTrees) trees.clear();
  const tree = treeOf(table.routes.filter((route) => route.hosts.every((pattern) => pattern.test(host))));
  trees.set(host, tree);
  return tree;
}

function treeOf(routes: readonly Route[]): PathTree<Route> {
  const tree = new PathTree<Route>();
  for (const route of routes.toSorted((left, right) => right.leafWeight - left.leafWeight)) {
    if (route.place.kind === 'path') tree.addExact(route.place.path, route);
    else if (route.place.kind === 'subtree') tree.addSubtree(route.place.path, route);
    else tree.addAnywhere(route);
  }
  return tree;
}
