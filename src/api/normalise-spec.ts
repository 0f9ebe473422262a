// SPDX-License-Identifier: Apache-2.0
import { defined } from '../lib/defined.js';
import type { Canary } from './canary.js';
import type { CanarySpecFields } from './canary-schema.js';
import { CompleteCanarySpecSchema } from './canary-schema.js';
import { rolloutAnalysis } from './normalise-analysis.js';
import { isObject, withoutNulls } from './plain-json.js';
import { cut, problemsOf, problemText } from './problems.js';
import type { AutoscalerRef, RolloutSpec, ServiceSpec, TargetKind } from './rollout-spec.js';
import { specProblems } from './spec-problems.js';

export interface SpecDefaults {
  /** Provider of a Canary that names none. */
  readonly provider: string;
  /** Smallest wait between two checks. */
  readonly intervalFloorMs: number;
}

export type NormalisedSpec =
  | { readonly kind: 'ok'; readonly spec: RolloutSpec; readonly warnings: readonly string[] }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/**
 * What a stored Canary asks for, with every default applied and every number safe to compute with.
 * Problems must keep the operator from touching anything; warnings name what it read differently from what is written.
 * Each names the field, the fact and the way out. Never throws, whatever the object holds.
 */
export function normaliseSpec(canary: Canary, defaults: SpecDefaults): NormalisedSpec {
  const raw = withoutNulls(canary.spec);
  if (!isObject(raw))
    return {
      kind: 'invalid',
      problems: ['spec is missing or no object, write it as kubectl explain canary.spec shows'],
    };
  const usesOldName = raw.analysis === undefined && raw.canaryAnalysis !== undefined;
  const complete = { service: {}, ...raw, analysis: raw.analysis ?? raw.canaryAnalysis };
  const parsed = CompleteCanarySpecSchema.safeParse(complete, { error: problemText });
  if (!parsed.success) return { kind: 'invalid', problems: problemsOf(parsed.error, 'spec') };

  const provider = parsed.data.provider ?? defaults.provider;
  const problems = specProblems(parsed.data, provider);
  if (problems.length > 0) return { kind: 'invalid', problems };

  const namespace = canary.metadata.namespace ?? '';
  const { analysis, warnings } = rolloutAnalysis(parsed.data.analysis, namespace, defaults.intervalFloorMs);
  return {
    kind: 'ok',
    spec: { ...rolloutSpec(parsed.data, namespace), provider, analysis },
    warnings: [
      ...(usesOldName ? ['spec.canaryAnalysis is the old name of spec.analysis, rename it'] : []),
      ...targetWarnings(parsed.data.targetRef.kind),
      ...warnings,
    ],
  };
}

function rolloutSpec(fields: CanarySpecFields, namespace: string): Omit<RolloutSpec, 'provider' | 'analysis'> {
  const { targetRef, upstreamRef } = fields;
  return defined({
    metricsServer: fields.metricsServer,
    target: { apiVersion: targetRef.apiVersion, kind: targetKind(targetRef.kind), name: targetRef.name },
    autoscaler: fields.autoscalerRef && autoscaler(fields.autoscalerRef),
    ingressName: fields.ingressRef?.name,
    upstreamRef: upstreamRef && { name: upstreamRef.name, namespace: upstreamRef.namespace ?? namespace },
    service: service(fields.service, targetRef.name),
    progressDeadlineMs: fields.progressDeadlineSeconds * 1_000,
    skipAnalysis: fields.skipAnalysis,
    revertOnDeletion: fields.revertOnDeletion,
    suspend: fields.suspend,
  });
}

/** As Flagger: a kind that the schema of today would refuse is taken for a Deployment. */
function targetKind(kind: string): TargetKind {
  return kind === 'DaemonSet' || kind === 'Service' ? kind : 'Deployment';
}

function targetWarnings(kind: string): readonly string[] {
  return targetKind(kind) === kind ? [] : [`unknown canary target '${cut(kind)}', assuming deployment`];
}

function autoscaler(ref: NonNullable<CanarySpecFields['autoscalerRef']>): AutoscalerRef {
  return defined({
    kind: ref.kind,
    name: ref.name,
    primaryScalerQueries: ref.primaryScalerQueries,
    primaryMinReplicas: ref.primaryScalerReplicas.minReplicas,
    primaryMaxReplicas: ref.primaryScalerReplicas.maxReplicas,
  });
}

function service(fields: CanarySpecFields['service'], targetName: string): ServiceSpec {
  const { targetPort } = fields;
  const targetPortSet = targetPort !== undefined && targetPort !== 0 && targetPort !== '';
  return defined({
    name: fields.name ?? targetName,
    port: fields.port,
    portName: fields.portName ?? 'http',
    targetPort: targetPortSet ? targetPort : fields.port,
    targetPortSet,
    appProtocol: fields.appProtocol,
    trafficDistribution: fields.trafficDistribution,
    portDiscovery: fields.portDiscovery,
    headless: fields.headless,
    apex: fields.apex,
    primary: fields.primary,
    canary: fields.canary,
    unmanagedAnnotations: fields.unmanagedMetadata.annotations,
    unmanagedLabels: fields.unmanagedMetadata.labels,
  });
}

/**
 * What `-no-cross-namespace-refs` forbids: a sentence for each reference of the spec that leaves the namespace.
 * @param namespace that of the Canary
 */
export function crossNamespaceRefs(spec: RolloutSpec, namespace: string): readonly string[] {
  const references = [
    ...spec.analysis.metrics.map(({ templateRef }) => ({ kind: 'metric template', ref: templateRef })),
    ...spec.analysis.alerts.map(({ providerRef }) => ({ kind: 'alert provider', ref: providerRef })),
    { kind: 'gloo upstream', ref: spec.upstreamRef },
  ];
  return references.flatMap(({ kind, ref }) =>
    ref === undefined || ref.namespace === namespace
      ? []
      : [`can't access ${kind} ${ref.name}.${ref.namespace}, cross-namespace references are blocked`],
  );
}
