// SPDX-License-Identifier: Apache-2.0

/*
 * The decision core: what to do next for a Canary, as a pure function of what is known about it.
 * It must not do I/O, read a clock, log or return promises; time and facts come in, decisions go out as data.
 * Main types: Observation (all that one reconcile knows), Decision (writes, status, announcements, wanted check),
 * CheckRequest and CheckState (work that the check runner does beside the loop). One file for each phase, found from
 * plan.ts. Rules R1 to R22 and invariants S1 to S8 that comments name are explained in docs/reliability.md.
 */
export { plan } from './plan.js';
export { decide } from './decision.js';
export type { Action, Announcement, Decision, EventTopic } from './decision.js';
export type { CheckOutcome, CheckPart, CheckRequest, CheckState, Gate } from './check.js';
export type {
  GeneratedObjects,
  Mirroring,
  ObjectState,
  Observation,
  PrimaryState,
  Readiness,
  Revision,
  RouteState,
  TargetState,
  Verdict,
} from './observation.js';
export { routesTraffic, strategyOf } from './strategies.js';
export { acceptedStatus, refusedStatus, timestamp } from './status.js';
export { expectedTraffic } from './traffic.js';
