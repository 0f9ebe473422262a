// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { eventFormats, webhookTypes } from './rollout-spec.js';
import type { AmountSchema, TextSchema } from './schema-fields.js';
import { amount, durationPattern, flag, stringMap, text } from './schema-fields.js';

function exactlyOneOf(...names: readonly string[]): readonly object[] {
  return names.map((name) => ({ required: [name] }));
}

function listOf<T extends z.ZodType>(item: T, description: string): z.ZodDefault<z.ZodArray<T>> {
  return z.array(item).default([]).meta({ description });
}

function atMostOneOf(...names: readonly string[]): readonly object[] {
  return [{ not: { anyOf: exactlyOneOf(...names) } }, ...exactlyOneOf(...names)];
}

const stringMatchFields = {
  exact: z.string().exactOptional().meta({ description: 'The value equals this text.' }),
  prefix: z.string().exactOptional().meta({ description: 'The value starts with this text.' }),
  regex: z.string().exactOptional().meta({ description: 'The value matches this regular expression, RE2 syntax.' }),
};

const HeaderMatchSchema = z
  .object({
    ...stringMatchFields,
    suffix: z.string().exactOptional().meta({ description: 'The value ends with this text.' }),
  })
  .meta({ oneOf: exactlyOneOf('exact', 'prefix', 'suffix', 'regex') });

const QueryParamMatchSchema = z.object(stringMatchFields).meta({ oneOf: atMostOneOf('exact', 'prefix', 'regex') });

const MatchConditionSchema = z.object({
  headers: z
    .record(z.string(), HeaderMatchSchema)
    .default({})
    .meta({ description: 'Conditions on request headers, by header name. All of them must hold. Default: none.' }),
  queryParams: z
    .record(z.string(), QueryParamMatchSchema)
    .default({})
    .meta({ description: 'Conditions on query parameters, by parameter name. All of them must hold. Default: none.' }),
  sourceLabels: stringMap(
    'Labels of the calling workload, which Skipper does not know: no rollout starts while an A/B test asks for them. Default: none.',
  ),
});

function namespaceOfReference(kind: string): TextSchema {
  return text(`Namespace of the ${kind}. Default: the namespace of the Canary.`);
}

const MetricCheckSchema = z.object({
  name: z.string().meta({
    description:
      'Name of the check in events, alerts and metrics. request-success-rate (percent of answers that are not 5xx) and request-duration (average, milliseconds) are built in; any other name needs templateRef or query. Required.',
  }),
  interval: text(
    'Range that the query looks back over, as a duration; {{ interval }} in a query. Unit: m or s, such as 30s or 1m. Default: 1m.',
    { pattern: durationPattern },
  ),
  threshold: z.number().default(0).meta({
    description:
      'Deprecated, use thresholdRange. The smallest value of request-success-rate that passes, and the largest one of every other metric. Unit: that of the metric. Default: 0.',
  }),
  thresholdRange: z
    .object({
      min: z.number().exactOptional().meta({ description: 'Smallest value that passes. Default: no lower bound.' }),
      max: z.number().exactOptional().meta({ description: 'Largest value that passes. Default: no upper bound.' }),
    })
    .optional()
    .meta({
      description:
        'Values that pass the check, bounds included. Unit: that of the metric (percent for request-success-rate, milliseconds for request-duration). Default: threshold decides.',
    }),
  quantile: z.number().optional().meta({
    description:
      'Judges this quantile of request-duration, such as 0.99, in place of the average. No effect on other metrics. Unit: none, above 0 and below 1. Default: the average.',
    minimum: 0,
    maximum: 1,
  }),
  query: text('Deprecated, use templateRef. PromQL query, a Go template as in a MetricTemplate. Default: none.'),
  templateRef: z
    .object({
      name: z.string().meta({ description: 'Name of the MetricTemplate. Required.' }),
      namespace: namespaceOfReference('MetricTemplate'),
    })
    .optional()
    .meta({ description: 'The MetricTemplate that provides the query. Default: none.' }),
  templateVariables: stringMap('Values that the query reads as {{ variables.key }}. Default: none.'),
});

const AlertSchema = z.object({
  name: z.string().meta({ description: 'Name of the alert. Required.' }),
  severity: z.enum(['', 'info', 'warn', 'error']).default('').meta({
    description:
      'Least severity to send: info sends everything, warn waiting gates and everything worse, error failed rollouts only. Default: info, also when empty.',
  }),
  providerRef: z
    .object({
      name: z.string().meta({ description: 'Name of the AlertProvider. Required.' }),
      namespace: namespaceOfReference('AlertProvider'),
    })
    .meta({ description: 'The AlertProvider to send to. Required.' }),
});

/** A token of RFC 9110. */
const headerPattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";

const SecretHeaderSchema = z.object({
  header: z.string().meta({
    description: 'Name of the header, such as Authorization. Required.',
    pattern: headerPattern,
  }),
  prefix: z.string().default('').meta({
    description: 'Text before the value, such as "Bearer " with its space. Default: none.',
  }),
  secretKeyRef: z
    .object({
      name: z.string().meta({ description: 'Name of the Secret. Required.' }),
      key: z.string().meta({ description: 'Key of the value in the Secret. Required.' }),
    })
    .meta({ description: 'The value: a key of a Secret in the namespace of the Canary. Required.' }),
});

const WebhookSchema = z.object({
  name: z.string().meta({ description: 'Name of the webhook in events. Required.' }),
  type: z
    .enum(['', ...webhookTypes])
    .default('')
    .meta({
      description:
        'When it is called. confirm-rollout: before a rollout starts, until it passes. pre-rollout: before the first traffic. rollout: with each check, before the metrics. confirm-traffic-increase: before each weight step, until it passes. confirm-promotion: before the promotion, until it passes. post-rollout: after success or failure. rollback: with each check; a success rolls back. event: with each event. Default: rollout, also when empty.',
    }),
  url: z
    .string()
    .meta({ description: 'Address that gets a POST with a JSON body. Any 2xx answer is a success. Required.' }),
  timeout: text('Time limit of one attempt. Unit: m or s, such as 30s. Default: 10s.', { pattern: durationPattern }),
  retries: amount({
    description: 'Further attempts after a connection error, 429 or 5xx.',
    unit: 'attempts',
    defaultValue: 0,
    whole: true,
  }),
  disableTLS: flag('Accepts any server certificate.'),
  muteAlert: flag('Sends no alert while this confirm webhook makes the rollout wait.'),
  metadata: stringMap('Keys and values for the body of the request. Default: none.'),
  headersFrom: listOf(
    SecretHeaderSchema,
    'Headers whose values are secret, such as the token of a load tester. Not sent to another host when the answer is a redirect. Default: none.',
  ),
  format: z
    .enum(['', ...eventFormats])
    .default('')
    .meta({
      description:
        'How an event is written, for the type event: flagger is the body of every webhook, cloudevents a CloudEvent 1.0 in JSON, cloudevents-binary one whose attributes are headers. Default: the flag -event-webhook-format, also when empty.',
    }),
});

const SessionAffinitySchema = z.object({
  cookieName: z.string().meta({ description: 'Name of the cookie that binds a user to the canary. Required.' }),
  primaryCookieName: text(
    'Name of the cookie that binds a user to the primary; must differ from cookieName. Default: users of the primary are not bound.',
  ),
  domain: text('Domain attribute of the cookies. Default: not set, the host of the request.'),
  path: text('Path attribute of the cookies. Default: /, the whole site.'),
  httpOnly: flag('Hides the cookies from scripts in the browser.'),
  secure: flag('Lets browsers send the cookies over https only.'),
  partitioned: flag('Stores the cookies apart for each top-level site.'),
  maxAge: amount({
    description: 'Lifetime of the cookies.',
    unit: 'seconds',
    defaultValue: 86_400,
    whole: true,
    positive: true,
  }),
  sameSite: z
    .enum(['Strict', 'Lax', 'None'])
    .optional()
    .meta({ description: 'SameSite attribute of the cookies: Strict, Lax or None. Default: not set.' }),
});

const paceFields = {
  interval: text(
    'Wait between two checks, and so between two weight steps. Unit: m or s, such as 30s, 1m or 1m30s. Default: 60s; less than the smallest interval of the operator (10s) counts as that.',
    { pattern: durationPattern },
  ),
  threshold: amount({
    description:
      'Failed checks of one rollout that end it with a rollback; passed checks in between do not reset the count.',
    unit: 'checks',
    defaultValue: 1,
    whole: true,
    positive: true,
  }),
  iterations: amount({
    description:
      'Passed checks before the promotion of a blue/green or, with match, an A/B rollout; replaces stepWeight and stepWeights.',
    unit: 'checks',
    defaultValue: 0,
    whole: true,
  }),
};

const weightFields = {
  maxWeight: amount({
    description:
      'Traffic on the canary at which a passed check leads to the promotion. With stepWeights their last element counts instead.',
    unit: 'percent, at most 100',
    defaultValue: 100,
    max: 100,
    positive: true,
  }),
  stepWeight: amount({
    description: 'Traffic that each passed check adds to the canary.',
    unit: 'percent, at most 100',
    defaultValue: 0,
    max: 100,
  }),
  stepWeights: z.array(z.number()).default([]).meta({
    description:
      'Traffic on the canary at each step, each number above the one before, such as [1, 5, 25, 50]; replaces stepWeight and maxWeight. Unit: percent, above 0 and at most 100. Default: none.',
  }),
  stepWeightPromotion: amount({
    description: 'Traffic that moves back to the primary per interval after the promotion; 0 moves all of it at once.',
    unit: 'percent, at most 100',
    defaultValue: 0,
    max: 100,
  }),
  mirror: flag('Sends a copy of the requests to the canary before it gets traffic of its own.'),
  mirrorWeight: amount({
    description: 'Requests that are copied to the canary with mirror.',
    unit: 'percent, at most 100',
    defaultValue: 0,
    max: 100,
  }),
  primaryReadyThreshold: readyThreshold('primary'),
  canaryReadyThreshold: readyThreshold('canary'),
};

function readyThreshold(role: string): AmountSchema {
  return amount({
    description: `Pods of the ${role} that must be available for it to count as ready.`,
    unit: 'percent of the wanted pods',
    defaultValue: 100,
    max: 100,
    whole: true,
  });
}

/** `spec.analysis` of a Canary, and `spec.canaryAnalysis`, its old name. */
export const CanaryAnalysisSchema = z
  .object({
    ...paceFields,
    ...weightFields,
    match: listOf(
      MatchConditionSchema,
      'Users of an A/B rollout: a request that meets one of these conditions goes to the canary. Needs iterations. Default: none.',
    ),
    metrics: listOf(
      MetricCheckSchema,
      'Metrics to judge the canary by, in this order; the first that is out of range, or has no data, fails the check. Default: none.',
    ),
    alerts: listOf(
      AlertSchema,
      "Where to send alerts. A list that is not empty replaces the operator's global notifier. Default: the global notifier.",
    ),
    webhooks: listOf(WebhookSchema, 'Tests, gates and listeners to call over HTTP, in this order. Default: none.'),
    sessionAffinity: SessionAffinitySchema.optional().meta({
      description: 'Binds each user to the version that served the first request, by a cookie. Default: off.',
    }),
  })
  .meta({
    oneOf: ['iterations', 'stepWeight', 'stepWeights'].map((pace) => ({ required: ['interval', 'threshold', pace] })),
    description:
      'How a new revision is tested and how its traffic grows. Needs interval, threshold and exactly one of stepWeight, stepWeights (both progressive) and iterations (blue/green or A/B). Required.',
  });
