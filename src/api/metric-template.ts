// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { defined } from '../lib/defined.js';
import type { KubeObject, ObjectKey } from './kubernetes.js';
import { objectKey } from './names.js';
import { withoutNulls } from './plain-json.js';
import { problemsOf, problemText } from './problems.js';
import { flag, text } from './schema-fields.js';

export const metricProviderTypes = [
  'prometheus',
  'influxdb',
  'datadog',
  'externalmetrics',
  'stackdriver',
  'cloudwatch',
  'newrelic',
  'graphite',
  'dynatrace',
  'keptn',
  'splunk',
] as const;

export type MetricProviderType = (typeof metricProviderTypes)[number];

const MetricProviderSchema = z
  .object({
    type: z.enum(metricProviderTypes).meta({
      description:
        'Kind of the metrics server. A kind that this operator cannot query is admitted and then reported as not supported. Required.',
    }),
    address: text('Base URL of the metrics server; may have a path. Required with prometheus.'),
    headers: z
      .record(z.string(), z.array(z.string()))
      .default({})
      .meta({ description: 'Headers to send with each request, each with a list of values. Default: none.' }),
    secretRef: z
      .object({ name: z.string().meta({ description: 'Name of the Secret. Required.' }) })
      .optional()
      .meta({
        description:
          'Secret with the credentials, in the namespace of the MetricTemplate. For prometheus either the key token (bearer) or the keys username and password (basic). Default: no credentials.',
      }),
    region: text('Region of the service. Read with cloudwatch only. Default: none.'),
    insecureSkipVerify: flag('Accepts any server certificate.'),
  })
  .meta({ description: 'The metrics server to ask. Required.' });

export const MetricTemplateSpecSchema = z
  .object({
    provider: MetricProviderSchema,
    query: z.string().meta({
      description:
        'The query, a Go template. Functions: name, namespace, target, service, ingress, route, interval and variables. The answer must be one number, in the unit of the thresholdRange that judges it. Required.',
    }),
  })
  .meta({ description: 'A query that Canaries refer to in analysis.metrics[].templateRef.' });

/** A MetricTemplate as it is stored. */
export interface MetricTemplateObject extends KubeObject {
  readonly spec?: unknown;
}

export interface MetricTemplate {
  readonly key: ObjectKey;
  readonly provider: {
    readonly type: MetricProviderType;
    readonly address?: string;
    readonly headers: Readonly<Record<string, readonly string[]>>;
    /** In the namespace of the template. */
    readonly secretName?: string;
    readonly region?: string;
    readonly insecureSkipVerify: boolean;
  };
  /** Go template. */
  readonly query: string;
}

export type MetricTemplateResult =
  | { readonly kind: 'ok'; readonly template: MetricTemplate }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** Reads a stored MetricTemplate, whatever its spec holds. Each problem names the field, the fact and the way out. */
export function readMetricTemplate(object: MetricTemplateObject): MetricTemplateResult {
  const result = MetricTemplateSpecSchema.safeParse(withoutNulls(object.spec), { error: problemText });
  if (!result.success) return { kind: 'invalid', problems: problemsOf(result.error, 'spec') };
  const { provider, query } = result.data;
  const { secretRef, ...rest } = provider;
  const template = { key: objectKey(object), provider: defined({ ...rest, secretName: secretRef?.name }), query };
  return { kind: 'ok', template };
}
