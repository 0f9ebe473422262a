// SPDX-License-Identifier: Apache-2.0

/*
 * The shell around the decision core: watches wake a Canary, one reconcile at a time observes, plans, executes and
 * reports, and a runner does checks beside the loop. It decides nothing itself: no branch here depends on a phase.
 * Read in this order: operator.ts (who is woken), reconciler.ts (one step), observe.ts, execute.ts, report.ts,
 * check-runner.ts and check-parts.ts (metric checks, hooks and gates).
 * Main types: Operator, ClusterCache, Observed, Situation.
 */
export { ClusterCache } from './cluster-cache.js';
export { createPartRunner } from './check-parts.js';
export type { CheckSubject, CheckTools } from './check-parts.js';
export { checkCustomResources } from './custom-resources.js';
export { Operator } from './operator.js';
export type { AlertNotice, EventNotice } from './report.js';
export { SecretDataReader } from './secret-data.js';
