// SPDX-License-Identifier: Apache-2.0
// What a cluster does beside its API server: controllers of Deployments, ReplicaSets, DaemonSets, EndpointSlices and
// autoscalers, and one node that runs pods. Level-based and woken by writes, so that it runs in real and in simulated time.
// Must not know the operator or HTTP, or read any time but its injected clock's: it uses the direct door of an API server.
// Main types: startControllers (all of it), Controllers (faults of pods), PodRuntime and PodPlan (how pods come and go).
export type { LoadOf } from './autoscaler-controller.js';
export type { PodObject } from './objects.js';
export type { PodPlan, PodRuntime } from './pod-runner.js';
export { startControllers } from './start-controllers.js';
export type { Controllers, ControllersOptions } from './start-controllers.js';
