// SPDX-License-Identifier: Apache-2.0
import { defined } from '../lib/defined.js';
import type { Canary } from './canary.js';
import type { CanarySpecFields } from './canary-schema.js';
import { CompleteCanarySpecSchema } from './canary-schema.js';
import { noEffectWarnings } from './fields-without-effect.js';
import { rolloutAnalysis } from './normalise-analysis.js';
import { isObject, withoutNulls } from './plain-json.js';
import { cut, problemsOf, problemText } from './problems.js';
import type { AutoscalerRef, RolloutSpec, ServiceSpec, TargetKind } from './rollout-spec.js';
import { providerSupportProblems, specProblems } from './spec-problems.js';
import { withoutRouting } from './without-routing.js';

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
  if (!isObject(raw)) return invalid(['spec is missing or no object, write it as kubectl explain canary.spec shows']);
  const provider = typeof raw.provider === 'string' && raw.provider !== '' ? raw.provider : defaults.provider;
  const unsupported = providerSupportProblems(provider);
  if (unsupported.length > 0) return invalid(unsupported);

  const parsed = CompleteCanarySpecSchema.safeParse(completed(raw), { error: problemText });
  if (!parsed.success) return invalid(problemsOf(parsed.error, 'spec'));
  const problems = specProblems(parsed.data, provider);
  if (problems.length > 0) return invalid(problems);

  const { spec, warnings } = rolloutSpec(parsed.data, provider, {
    namespace: canary.metadata.namespace ?? '',
    intervalFloorMs: defaults.intervalFloorMs,
  });
  const noEffect = noEffectWarnings(raw, parsed.data, provider);
  return { kind: 'ok', spec, warnings: [...oldNameWarnings(raw), ...noEffect, ...warnings] };
}

type RawSpec = Readonly<Record<string, unknown>>;

function usesOldName(raw: RawSpec): boolean {
  return raw.analysis === undefined && raw.canaryAnalysis !== undefined;
}

function oldNameWarnings(raw: RawSpec): readonly string[] {
  return usesOldName(raw) ? ['spec.canaryAnalysis is the old name of spec.analysis, rename it'] : [];
}

/** With an empty Service instead of none, what is missing is reported by name: its port. */
function completed(raw: RawSpec): RawSpec {
  return { service: {}, ...raw, ...(usesOldName(raw) && { analysis: raw.canaryAnalysis }) };
}

function invalid(problems: readonly string[]): NormalisedSpec {
  return { kind: 'invalid', problems };
}

function rolloutSpec(
  fields: CanarySpecFields,
  provider: string,
  { namespace, intervalFloorMs }: { readonly namespace: string; readonly intervalFloorMs: number },
): { readonly spec: RolloutSpec; readonly warnings: readonly string[] } {
  const { targetRef, upstreamRef } = fields;
  const asked = rolloutAnalysis(fields.analysis, namespace, intervalFloorMs);
  const { analysis, warnings } = provider === 'kubernetes' ? withoutRouting(asked) : asked;
  const spec = defined({
    provider,
    metricsServer: fields.metricsServer,
    target: { apiVersion: targetRef.apiVersion, kind: targetKind(targetRef.kind), name: targetRef.name },
    autoscaler: fields.autoscalerRef && autoscaler(fields.autoscalerRef),
    ingressName: fields.ingressRef?.name === '' ? undefined : fields.ingressRef?.name,
    upstreamRef: upstreamRef && { name: upstreamRef.name, namespace: upstreamRef.namespace ?? namespace },
    service: service(fields.service, targetRef.name),
    analysis,
    progressDeadlineMs: fields.progressDeadlineSeconds * 1_000,
    skipAnalysis: fields.skipAnalysis,
    revertOnDeletion: fields.revertOnDeletion,
    suspend: fields.suspend,
  });
  return { spec, warnings: [...targetWarnings(targetRef.kind), ...warnings] };
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
