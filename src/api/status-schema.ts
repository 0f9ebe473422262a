// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { defined } from '../lib/defined.js';
import { rememberedFor } from '../lib/remembered.js';
import type { CanaryStatus } from './canary-status.js';
import { phases } from './canary-status.js';

/** Flagger writes iterations -1 while a progressive rollout waits for its promotion: negative values read as 0. */
function counter(description: string, max = Number.MAX_SAFE_INTEGER): z.ZodType<number> {
  return z
    .number()
    .default(0)
    .transform((value) => Math.min(Math.max(0, value), max))
    .catch(0)
    .meta({ description });
}

function note(description: string): z.ZodType<string | undefined> {
  return z.string().optional().catch(undefined).meta({ description });
}

const ConditionSchema = z.object({
  type: z.string().meta({ description: 'Name of the condition: Promoted.' }),
  status: z
    .string()
    .pipe(z.enum(['True', 'False', 'Unknown']))
    .meta({
      description: 'True when the newest revision serves users, False when it failed, Unknown while that is open.',
    }),
  reason: z.string().meta({ description: 'Phase in which the condition was written.' }),
  message: z.string().exactOptional().meta({ description: 'The same in a sentence.' }),
  lastUpdateTime: z
    .string()
    .exactOptional()
    .meta({ description: 'When the condition was last written, RFC 3339.', format: 'date-time' }),
  lastTransitionTime: z
    .string()
    .exactOptional()
    .meta({ description: 'When the status of the condition last changed, RFC 3339.', format: 'date-time' }),
});

const MeasuredCheckSchema = z.object({
  metric: z.string().meta({ description: 'Name of the metric, as in analysis.metrics.' }),
  value: z
    .number()
    .exactOptional()
    .meta({ description: 'What was measured, in the unit of the bound. Absent when there was no number.' }),
  unit: z
    .enum(['percent', 'milliseconds'])
    .exactOptional()
    .meta({ description: 'Unit of the value. Absent for metrics of MetricTemplates, which have their own.' }),
  bound: z.string().meta({ description: 'The range that passes.' }),
  samples: z
    .number()
    .exactOptional()
    .meta({ description: 'Requests that the value is about, where the metrics server tells.' }),
  message: z.string().exactOptional().meta({ description: 'Why the check failed. Absent when it passed.' }),
  query: z.string().exactOptional().meta({ description: 'The query as it was sent; long ones are cut.' }),
  source: z.string().exactOptional().meta({ description: 'Kind of the metrics server that was asked.' }),
  time: z.string().meta({ description: 'When it was measured, RFC 3339.', format: 'date-time' }),
});

/** `status` of a Canary. Members that hold junk read as absent, so that every stored status can be read. */
export const CanaryStatusSchema = z
  .object({
    phase: z.enum(phases).default('').catch('').meta({
      description:
        'Where the rollout is. Initializing: the primary is being made. Initialized, Succeeded: waiting for a new revision. Waiting: for the confirm-rollout gate. Progressing: under test. WaitingPromotion: for the confirm-promotion gate. Promoting: the primary is being updated. Finalising: all traffic is back on it. Failed: rolled back. Terminating: being deleted.',
    }),
    failedChecks: counter('Failed checks of the running rollout. Unit: checks.'),
    canaryWeight: counter('Traffic on the canary. Unit: percent.', 100),
    iterations: counter('Passed checks of a blue/green or A/B rollout. Unit: checks.'),
    trackedConfigs: z.record(z.string(), z.string()).optional().catch(undefined).meta({
      description: 'Checksum of each ConfigMap and Secret of the target, by configmap/{name} or secret/{name}.',
    }),
    lastAppliedSpec: note('Revision of the target that the running or last rollout is about.'),
    lastPromotedSpec: note('Revision of the target that the primary carries.'),
    lastTransitionTime: note('When this status was last written, RFC 3339.').meta({ format: 'date-time' }),
    sessionAffinityCookie: note('Cookie value of users bound to the canary of the running rollout.'),
    primarySessionAffinityCookie: note('Cookie value of users bound to the primary.'),
    previousSessionAffinityCookie: note('Cookie value of users bound to the canary of the rollout before.'),
    conditions: z.array(ConditionSchema).optional().catch(undefined).meta({
      description:
        'One condition, Promoted, for kubectl wait canary/{name} --for=condition=promoted. Its reason is the phase.',
    }),
    lastChecks: z.array(MeasuredCheckSchema).optional().catch(undefined).meta({
      description:
        'What the last check of metrics measured, one entry a metric: why the weight grew, or why the check failed.',
    }),
  })
  .meta({ description: 'State of the rollout, written by the operator.' });

/**
 * Reads the status of a stored Canary, whatever it holds: what is missing or junk becomes phase '' , zero or absent.
 * Never throws.
 */
export function parseStatus(raw: unknown): CanaryStatus {
  return typeof raw === 'object' && raw !== null ? parseObject(raw) : parseAnything(raw);
}

const parseObject = rememberedFor<object, CanaryStatus>(parseAnything);

function parseAnything(raw: unknown): CanaryStatus {
  const result = CanaryStatusSchema.safeParse(raw);
  return result.success ? defined(result.data) : { phase: '', canaryWeight: 0, failedChecks: 0, iterations: 0 };
}
