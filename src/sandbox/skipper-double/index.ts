// SPDX-License-Identifier: Apache-2.0
// A double of Skipper for tests and demos: routes, splits and mirrors HTTP requests by Ingresses as a real one was measured
// to do, and exports its metrics under its route ids. Fed by any SnapshotSource: a real API server or a cluster in memory.
// Must not be used as an ingress controller, and must not know the operator: it judges the operator's annotations.
// Main types: SkipperDouble (the process), Snapshot (what it reads), RouteTable with buildRouteTable and selectRoute (the
// pure part), Dial (how endpoints are reached).
export type { Dial, EndpointAddress } from './endpoint-pools.js';
export { renderRoute } from './eskip.js';
export type { EskipBackend, EskipCall, EskipRoute } from './eskip.js';
export { EskipSyntaxError } from './eskip-lexer.js';
export { parseFilters, parsePredicates, parseRoutes } from './eskip-parser.js';
export { defaultRouteOptions } from './ingress-routes.js';
export type { RouteOptions } from './ingress-routes.js';
export { createKubernetesSource } from './kubernetes-source.js';
export type { KubernetesSourceOptions } from './kubernetes-source.js';
export { buildRouteTable, selectRoute } from './route-table.js';
export type { Route, RouteTable, Selection } from './route-table.js';
export { teeLoopbackHeader } from './predicates.js';
export { RequestMatch } from './routed-request.js';
export type { RoutedRequest } from './routed-request.js';
export { createSkipperDouble } from './skipper-double.js';
export type { SkipperDouble, SkipperDoubleDeps } from './skipper-double.js';
export type { Snapshot, SnapshotSource } from './snapshot.js';
