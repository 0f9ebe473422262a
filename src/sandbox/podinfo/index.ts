// SPDX-License-Identifier: Apache-2.0
// The web application of the guide's pods, as podinfo behaves: one server answers for all pods, by the address that a client
// connected to. Image tags give a pod faults, and a deleted pod dies at once or serves on for a while.
// Must not know of Kubernetes: its owner keeps the directory of pods.
// Main types: PodServer (the server), PodDirectory (pods by address and how they go), PodBehaviour (one pod), faultOf (what a
// tag does).
export { faultOf, slowAnswerMs } from './pod-behaviour.js';
export type { PodBehaviour, PodFault } from './pod-behaviour.js';
export { PodDirectory } from './pod-directory.js';
export type { Departure, PodDirectoryDeps } from './pod-directory.js';
export { PodServer } from './pod-server.js';
export type { PodServerDeps } from './pod-server.js';
