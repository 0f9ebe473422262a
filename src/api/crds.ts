// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { AlertProviderSpecSchema } from './alert-provider.js';
import { CanarySpecSchema } from './canary-schema.js';
import type { KubeObject } from './kubernetes.js';
import { MetricTemplateSpecSchema } from './metric-template.js';
import { alertProviderKind, canaryGroup, canaryKind, canaryVersion, metricTemplateKind } from './names.js';
import { CanaryStatusSchema } from './status-schema.js';
import type { StructuralSchema } from './structural-schema.js';
import { structuralSchema } from './structural-schema.js';

interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'boolean';
  readonly jsonPath: string;
  /** 1: only with -o wide. */
  readonly priority?: 1;
}

/** A CustomResourceDefinition of this program, ready to be applied. */
export interface CustomResourceDefinition extends KubeObject {
  readonly spec: {
    readonly group: string;
    readonly names: {
      readonly kind: string;
      readonly listKind: string;
      readonly plural: string;
      readonly singular: string;
      readonly categories: readonly string[];
    };
    readonly scope: 'Namespaced';
    readonly versions: readonly {
      readonly name: string;
      readonly served: true;
      readonly storage: true;
      readonly subresources: { readonly status: object };
      readonly additionalPrinterColumns: readonly PrinterColumn[];
      readonly schema: { readonly openAPIV3Schema: StructuralSchema };
    }[];
  };
}

const canaryColumns: readonly PrinterColumn[] = [
  { name: 'Status', type: 'string', jsonPath: '.status.phase' },
  { name: 'Weight', type: 'string', jsonPath: '.status.canaryWeight' },
  { name: 'Suspended', type: 'boolean', jsonPath: '.spec.suspend', priority: 1 },
  { name: 'FailedChecks', type: 'string', jsonPath: '.status.failedChecks', priority: 1 },
  { name: 'Interval', type: 'string', jsonPath: '.spec.analysis.interval', priority: 1 },
  { name: 'Mirror', type: 'boolean', jsonPath: '.spec.analysis.mirror', priority: 1 },
  { name: 'StepWeight', type: 'string', jsonPath: '.spec.analysis.stepWeight', priority: 1 },
  { name: 'StepWeights', type: 'string', jsonPath: '.spec.analysis.stepWeights', priority: 1 },
  { name: 'MaxWeight', type: 'string', jsonPath: '.spec.analysis.maxWeight', priority: 1 },
  { name: 'LastTransitionTime', type: 'string', jsonPath: '.status.lastTransitionTime' },
];

/** The three kinds that a cluster must know before the operator starts. Source of crds/*.yaml. */
export function customResourceDefinitions(): readonly CustomResourceDefinition[] {
  return [
    definition({
      kind: canaryKind,
      plural: 'canaries',
      columns: canaryColumns,
      schema: z.object({ spec: CanarySpecSchema.optional(), status: CanaryStatusSchema.optional() }).meta({
        description:
          'A Canary watches a workload and rolls out each new revision step by step: traffic moves to it while checks pass, and back when they fail.',
      }),
    }),
    definition({
      kind: metricTemplateKind,
      plural: 'metrictemplates',
      columns: [{ name: 'Provider', type: 'string', jsonPath: '.spec.provider.type' }],
      schema: z
        .object({ spec: MetricTemplateSpecSchema.optional() })
        .meta({ description: 'A MetricTemplate is a query to a metrics server that Canaries judge new revisions by.' }),
    }),
    definition({
      kind: alertProviderKind,
      plural: 'alertproviders',
      columns: [{ name: 'Type', type: 'string', jsonPath: '.spec.type' }],
      schema: z
        .object({ spec: AlertProviderSpecSchema.optional() })
        .meta({ description: 'An AlertProvider is a chat service that Canaries send alerts to.' }),
    }),
  ];
}

interface DefinitionParts {
  readonly kind: string;
  readonly plural: string;
  readonly columns: readonly PrinterColumn[];
  readonly schema: z.ZodType;
}

function definition({ kind, plural, columns, schema }: DefinitionParts): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    // Uninstalling a chart that holds this definition must not delete every Canary of the cluster.
    metadata: { name: `${plural}.${canaryGroup}`, annotations: { 'helm.sh/resource-policy': 'keep' } },
    spec: {
      group: canaryGroup,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), categories: ['all'] },
      scope: 'Namespaced',
      versions: [
        {
          name: canaryVersion,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: structuralSchema(schema) },
        },
      ],
    },
  };
}
