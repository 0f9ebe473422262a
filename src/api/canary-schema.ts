// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { CanaryAnalysisSchema } from './analysis-schema.js';
import { amount, flag, foreign, stringMap, text } from './schema-fields.js';
import { CanaryServiceSchema } from './service-schema.js';

/** Routing providers that the API server admits: Flagger's complete list. */
const admittedProviders = [
  'apisix',
  'appmesh',
  'appmesh:v1beta2',
  'contour',
  'gatewayapi:v1',
  'gatewayapi:v1beta1',
  'gloo',
  'istio',
  'knative',
  'kubernetes',
  'kuma',
  'linkerd',
  'nginx',
  'osm',
  'skipper',
  'smi:v1alpha1',
  'smi:v1alpha2',
  'smi:v1alpha3',
  'traefik',
];

function apiVersion(of: string): z.ZodString {
  return z.string().meta({ description: `API version of the ${of}. Required.` });
}

function name(of: string): z.ZodString {
  return z.string().meta({ description: `Name of the ${of}, in the namespace of the Canary. Required.` });
}

const TargetRefSchema = z.object({
  apiVersion: apiVersion('workload'),
  kind: z.string().meta({
    description: 'Kind of the workload: Deployment, DaemonSet or Service. Required.',
    enum: ['DaemonSet', 'Deployment', 'Service'],
  }),
  name: name('workload'),
});

function replicas(bound: string): z.ZodOptional<z.ZodInt> {
  return z
    .int()
    .min(1)
    .optional()
    .meta({
      description: `${bound} of the primary's autoscaler. Unit: pods, at least 1. Default: that of the target's autoscaler.`,
    });
}

const AutoscalerRefSchema = z.object({
  apiVersion: z.string().meta({
    description:
      'API version of the autoscaler. Not used: HorizontalPodAutoscalers are read as autoscaling/v2. Required.',
  }),
  kind: z
    .enum(['HorizontalPodAutoscaler', 'ScaledObject'])
    .meta({ description: 'Kind of the autoscaler: HorizontalPodAutoscaler or ScaledObject (KEDA). Required.' }),
  name: name('autoscaler'),
  primaryScalerQueries: stringMap(
    'KEDA only: query of a trigger of the primary, by trigger name. Default: the query of the target with its name replaced by that of the primary.',
  ),
  primaryScalerReplicas: z
    .object({ minReplicas: replicas('Smallest size'), maxReplicas: replicas('Largest size') })
    .default({})
    .meta({ description: "Size limits of the primary that differ from the target's. Default: none." }),
});

const IngressRefSchema = z.object({
  apiVersion: z
    .string()
    .meta({ description: 'API version of the Ingress. Not used: it is read as networking.k8s.io/v1. Required.' }),
  kind: z.string().meta({ description: 'Always Ingress. Required.', enum: ['Ingress'] }),
  name: name('Ingress'),
});

const RouteRefSchema = z.object({
  apiVersion: apiVersion('route'),
  kind: z.string().meta({ description: 'Always ApisixRoute. Required.', enum: ['ApisixRoute'] }),
  name: name('route'),
});

const UpstreamRefSchema = z.object({
  apiVersion: apiVersion('upstream'),
  kind: z.string().meta({ description: 'Always Upstream. Required.', enum: ['Upstream'] }),
  name: z.string().meta({ description: 'Name of the upstream. Required.' }),
  namespace: text('Namespace of the upstream. Default: the namespace of the Canary.'),
});

/** `spec` of a Canary as it is stored; its output has the defaults of single fields. `normaliseSpec` does the rest. */
export const CanarySpecSchema = z
  .object({
    provider: text(
      "How traffic is shifted. skipper: by weights on an Ingress that Skipper serves. kubernetes: blue/green without traffic shifting. Every other value of Flagger is admitted and then reported as not supported. Default: the operator's flag -mesh-provider.",
      { enum: admittedProviders },
    ),
    metricsServer: text(
      "Base URL of the Prometheus that built-in metrics and inline queries of this Canary ask; or skipper: the operator reads the built-in metrics from Skipper itself. Default: the operator's flag -metrics-server.",
    ),
    targetRef: TargetRefSchema.meta({
      description: 'The workload whose changes are rolled out. Users are served by its copy {name}-primary. Required.',
    }),
    autoscalerRef: AutoscalerRefSchema.optional().meta({
      description: 'Autoscaler of the target; the primary gets a copy of it, {name}-primary. Default: none.',
    }),
    ingressRef: IngressRefSchema.optional().meta({
      description:
        'The Ingress that leads users to the apex Service. It is not changed: a second one, {name}-canary, carries the weights. Required with provider skipper.',
    }),
    routeRef: RouteRefSchema.optional().meta({ description: foreign('APISIX', 'The ApisixRoute of the workload.') }),
    upstreamRef: UpstreamRefSchema.optional().meta({
      description: foreign('Gloo', 'The Upstream to copy settings from.'),
    }),
    service: CanaryServiceSchema.optional(),
    analysis: CanaryAnalysisSchema,
    progressDeadlineSeconds: amount({
      description: 'Time in which the target or the primary must become available before the rollout fails.',
      unit: 'seconds',
      defaultValue: 600,
      positive: true,
    }),
    skipAnalysis: flag('Promotes each new revision as soon as its pods are ready, without checks and without weights.'),
    revertOnDeletion: flag(
      'Restores the workload, the Service and the routes when the Canary is deleted, by a finalizer. Otherwise the target stays scaled to zero.',
    ),
    suspend: flag('Stops all work on this Canary. Traffic stays as it is.'),
  })
  .meta({ description: 'What to roll out, how to shift its traffic and how to judge it.' });

/**
 * A spec whose Service is described: the API server does not demand it, but without its port nothing can be generated.
 */
export const CompleteCanarySpecSchema = CanarySpecSchema.required({ service: true });

/** The fields of a complete `spec` with the defaults of single fields. */
export type CanarySpecFields = z.output<typeof CompleteCanarySpecSchema>;
