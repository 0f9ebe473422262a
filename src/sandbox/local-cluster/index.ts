// SPDX-License-Identifier: Apache-2.0
// A whole cluster in one process, in real time and over real HTTP: API server, controllers, pods as servers on loopback,
// the double of Skipper in front of them, the names of Services, a load tester, and visitors of the app.
// Must not know the operator, and needs nothing but Node: no root, no network namespace, no other program.
// Main types: startLocalCluster (all of it), LocalCluster (its addresses and parts), PodHost (faults), Visitors (traffic).
export { startLocalCluster } from './local-cluster.js';
export type { LocalCluster, LocalClusterOptions } from './local-cluster.js';
export { PodHost } from './pod-host.js';
export type { Program } from './pod-host.js';
export { Visitors } from './visitors.js';
export type { Visit, VisitorsDeps } from './visitors.js';
