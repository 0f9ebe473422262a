// SPDX-License-Identifier: Apache-2.0
// Skipper as the traffic layer: the canary Ingress with its weights, predicate and custom routes, its helpers for A/B tests,
// mirroring and session affinity, and what to say about an apex Ingress that cannot be split. Pure functions from Ingresses to Ingresses and sentences.
// Must not do I/O, read a clock, change an argument, or touch the apex Ingress or an Ingress that the Canary does not own.
// Main types: RouteIntent and Split (what the routes shall do), RouteSet and RouteSetState (what they do), ApexFindings.
export { copiedMetadataAnnotation, trafficShapeAnnotation, weightedSinceAnnotation } from './annotations.js';
export { checkApex, ownershipProblem } from './apex-check.js';
export type { ApexCheckInput, ApexFindings } from './apex-check.js';
export type { WeightPair } from './backend-weights.js';
export { isCanaryIngressOf, renderCanaryIngress, sameIngress } from './canary-ingress.js';
export type { CanaryIngressInput } from './canary-ingress.js';
export { planIngresses } from './ingress-plan.js';
export type { Split } from './ingress-plan.js';
export { toolMetadata } from './copied-metadata.js';
export { disableIngress, reweigh } from './in-place.js';
export { mirrorGroup } from './own-filter.js';
export { routeId } from './route-id.js';
export type { RouteOrigin } from './route-id.js';
export { leadUsers, readRouteSet, renderRouteSet, shadowGroup, unwantedHelpers } from './route-set.js';
export type { RouteSet, RouteSetInput, RouteSetState } from './route-set.js';
export { readRoutes } from './route-state.js';
export type { MirrorIntent, RouteIntent, RouteState, Verdict } from './route-state.js';
export { shadowedIngresses } from './shadowing.js';
export { checkSplit, helperNames, splitKind, splitOf } from './split-check.js';
export type { SessionCookies, SplitSpec } from './split-check.js';
