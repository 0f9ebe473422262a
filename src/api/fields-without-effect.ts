// SPDX-License-Identifier: Apache-2.0
import type { CanarySpecFields } from './canary-schema.js';
import { isObject } from './plain-json.js';
import { foreignServiceFields } from './service-schema.js';

/** Fields of `spec` that no provider of this program reads; docs/compatibility.md lists them, a test holds it to this. */
export const foreignFieldPaths: readonly string[] = [
  'spec.routeRef',
  'spec.upstreamRef',
  ...foreignServiceFields.map((name) => `spec.service.${name}`),
];

/**
 * One sentence about everything in a spec that has no effect; empty when there is nothing of the kind. Nobody shall believe
 * that a field does something because nothing was said.
 * @param raw the spec as it is stored
 */
export function noEffectWarnings(raw: unknown, fields: CanarySpecFields, provider: string): readonly string[] {
  const set = foreignFieldPaths.filter((path) => isSet(memberAt(raw, path.split('.').slice(1))));
  const idle = [...set, ...unmetConditions(fields, provider)];
  if (idle.length === 0) return [];
  return [`without effect with provider ${provider}: ${idle.join(', ')}; remove them, docs/compatibility.md says why`];
}

/** Fields that do something only together with another one, which is not there. */
function unmetConditions(
  { analysis, autoscalerRef, ingressRef }: CanarySpecFields,
  provider: string,
): readonly string[] {
  const { iterations, mirrorWeight, mirror, stepWeights, stepWeight } = analysis;
  const findings: readonly (readonly [boolean, string])[] = [
    ...unusedRouting(analysis, provider === 'kubernetes'),
    [mirrorWeight > 0 && !mirror, 'spec.analysis.mirrorWeight (needs mirror)'],
    [iterations > 0 && stepWeight > 0, 'spec.analysis.stepWeight (iterations replaces it)'],
    [iterations > 0 && stepWeights.length > 0, 'spec.analysis.stepWeights (iterations replaces it)'],
    [
      autoscalerRef?.kind === 'HorizontalPodAutoscaler' && Object.keys(autoscalerRef.primaryScalerQueries).length > 0,
      'spec.autoscalerRef.primaryScalerQueries (needs kind ScaledObject)',
    ],
    [provider === 'kubernetes' && ingressRef !== undefined, 'spec.ingressRef'],
  ];
  return findings.filter(([applies]) => applies).map(([, text]) => text);
}

/** Parts of a strategy other than the one that is asked for, or all of them when nothing is routed. */
function unusedRouting(
  { iterations, match, mirror, sessionAffinity }: CanarySpecFields['analysis'],
  unrouted: boolean,
): readonly (readonly [boolean, string])[] {
  const isTest = match.length > 0 && iterations > 0;
  return [
    [match.length > 0 && iterations === 0, 'spec.analysis.match (needs iterations)'],
    [mirror && (unrouted || isTest), 'spec.analysis.mirror'],
    [sessionAffinity !== undefined && (unrouted || iterations > 0), 'spec.analysis.sessionAffinity'],
  ];
}

function memberAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), value);
}

/** A field that is there and says nothing, as a template may leave it, is not set. */
function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== '' && value !== false;
}
