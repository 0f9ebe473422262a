// SPDX-License-Identifier: Apache-2.0

/*
 * The shell around the decision core: watches wake a Canary, one reconcile at a time observes, plans, executes and
 * reports, and a runner does checks beside the loop. It decides nothing itself: no branch here depends on a phase.
 * Read in this order: operator.ts (who is woken), reconciler.ts (one step), then the folders in which a step happens:
 *   cluster/    the watched objects, data that is read on demand, writes that enter the stores
 *   queue/      which Canary is worked on when, and which objects wake it
 *   observe/    objects → observation, and what is said of them to the user
 *   workloads/  target and primary, a file for each kind
 *   execute/    actions → writes, and the limit for repairs that do not last
 *   checks/     metric checks, hooks and gates, beside the loop
 *   report/     Events, alerts and metrics of what happened
 * Main types: Operator, ClusterCache, Observed, Situation.
 */
export { ClusterCache } from './cluster/cluster-cache.js';
export { createPartRunner } from './checks/check-parts.js';
export type { CheckSubject, CheckTools } from './checks/check-parts.js';
export { checkCustomResources } from './cluster/custom-resources.js';
export { Operator } from './operator.js';
export type { AlertNotice, EventNotice } from './report/report.js';
export { SecretDataReader } from './cluster/secret-data.js';
