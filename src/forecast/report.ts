// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/*
 * What is foretold of a rollout, as `-o json` prints it. Stable: members are added, never changed or taken away.
 * Times are seconds since the new revision came.
 */

const Seconds = z.number().nonnegative();
const Percent = z.number().min(0).max(100);

/** Something that is asked before the rollout goes on. */
export const Question = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('metric'),
    name: z.string(),
    /** The range that passes, such as ">= 99%". */
    bound: z.string(),
  }),
  z.strictObject({
    kind: z.literal('webhook'),
    name: z.string(),
    /** As in the Canary: "rollout", "confirm-promotion", … */
    type: z.string(),
  }),
]);
export type Question = z.infer<typeof Question>;

/** Who is served by the new revision. */
export const Audience = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('nobody') }),
  /** Nobody: it answers copies of so many percent of the requests, and its answers are thrown away. */
  z.strictObject({ kind: z.literal('copies'), percent: Percent }),
  z.strictObject({
    kind: z.literal('share'),
    percent: Percent,
    /** Whoever met the canary stays there, so that the share is one of new users. */
    sticky: z.boolean(),
  }),
  /** All whose requests meet one of the conditions. */
  z.strictObject({ kind: z.literal('matching'), conditions: z.array(z.string()) }),
  /** All: it is promoted. */
  z.strictObject({ kind: z.literal('everybody') }),
]);
export type Audience = z.infer<typeof Audience>;

export const Check = z.strictObject({
  atSeconds: Seconds,
  /** "closed": a gate that stays closed; "noData": too early to tell. */
  result: z.enum(['passed', 'failed', 'closed', 'noData', 'rollback']),
  /** Of failed checks up to here, this one included. */
  failedChecks: z.int().nonnegative(),
  /** What the operator says of it; absent when it passed. */
  message: z.string().optional(),
});
export type Check = z.infer<typeof Check>;

/** A time in which phase, weight and audience stay the same. */
export const Step = z.strictObject({
  atSeconds: Seconds,
  phase: z.string(),
  /** As in the status of the Canary, percent. */
  weight: Percent,
  /** Of blue/green, A/B testing and mirroring; 0 otherwise. */
  iteration: z.int().nonnegative(),
  seenBy: Audience,
  asks: z.array(Question),
  checks: z.array(Check),
});
export type Step = z.infer<typeof Step>;

/** How a rollout ends. */
export const Outcome = z.strictObject({
  result: z.enum(['promoted', 'rolledBack', 'unfinished']),
  atSeconds: Seconds,
  /** Why it was rolled back or is not finished. */
  reason: z.string().optional(),
  /** The largest share of users that the revision had before it was promoted. */
  mostPercent: Percent,
  /** How long users met it before it was promoted. */
  exposedSeconds: Seconds,
});
export type Outcome = z.infer<typeof Outcome>;

/** What becomes of a revision that passes everything up to some step and nothing from there on. */
export const Trouble = z.strictObject({
  fromSeconds: Seconds,
  weight: Percent,
  iteration: z.int().nonnegative(),
  outcome: Outcome,
});
export type Trouble = z.infer<typeof Trouble>;

export const Forecast = z.strictObject({
  schema: z.literal('flagger.app/forecast/v1'),
  canary: z.strictObject({ namespace: z.string(), name: z.string() }),
  target: z.strictObject({ kind: z.string(), name: z.string() }),
  provider: z.string(),
  /** As the flags say. */
  revision: z.strictObject({
    errorPercent: Percent,
    latencyMs: z.number().positive().optional(),
    noTraffic: z.boolean(),
    notReady: z.boolean(),
    failingHook: z.string().optional(),
    values: z.record(z.string(), z.number()),
  }),
  strategy: z.enum(['canary', 'a/b', 'blue/green', 'none']),
  intervalSeconds: Seconds,
  /** Failed checks that end a rollout. */
  threshold: z.int().positive(),
  assumptions: z.array(z.strictObject({ about: z.string(), text: z.string() })),
  /** What the operator and the API server warn of. */
  warnings: z.array(z.string()),
  steps: z.array(Step),
  /** As on the object, since the new revision came. */
  events: z.array(z.strictObject({ atSeconds: Seconds, type: z.enum(['Normal', 'Warning']), message: z.string() })),
  outcome: Outcome,
  /** For a revision that is promoted: when it would be rolled back instead. Empty when no check can fail. */
  wouldRollBack: z.array(Trouble),
});
export type Forecast = z.infer<typeof Forecast>;

/** Instead of a forecast, of a Canary that no rollout can be foretold of. */
export const Refusal = z.strictObject({
  schema: z.literal('flagger.app/forecast/v1'),
  canary: z.strictObject({ namespace: z.string(), name: z.string() }),
  /** What the operator or the API server says of it. */
  problems: z.array(z.string()),
});
export type Refusal = z.infer<typeof Refusal>;
