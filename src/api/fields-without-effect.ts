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
  const idle = [
    ...set,
    ...unmetConditions(fields, provider),
    ...replacedFields(raw, fields),
    ...fieldsOfPods(raw, fields),
  ];
  if (idle.length === 0) return [];
  return [`without effect with provider ${provider}: ${idle.join(', ')}; remove them, docs/compatibility.md says why`];
}

/** Fields that do something only together with another one, which is not there. */
function unmetConditions(
  { analysis, autoscalerRef, ingressRef }: CanarySpecFields,
  provider: string,
): readonly string[] {
  const { mirrorWeight, mirror } = analysis;
  const findings: readonly (readonly [boolean, string])[] = [
    ...unusedRouting(analysis, provider === 'kubernetes'),
    [mirrorWeight > 0 && !mirror, 'spec.analysis.mirrorWeight (needs mirror)'],
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
  { iterations, match, mirror, sessionAffinity, stepWeightPromotion, webhooks }: CanarySpecFields['analysis'],
  unrouted: boolean,
): readonly (readonly [boolean, string])[] {
  const unweighted = unrouted || iterations > 0;
  const isTest = match.length > 0 && iterations > 0;
  const asksForTraffic = webhooks.some(({ type }) => type === 'confirm-traffic-increase');
  return [
    [match.length > 0 && iterations === 0, 'spec.analysis.match (needs iterations)'],
    [mirror && (unrouted || isTest), 'spec.analysis.mirror'],
    [sessionAffinity !== undefined && unweighted, 'spec.analysis.sessionAffinity'],
    [stepWeightPromotion > 0 && (unrouted || isTest), 'spec.analysis.stepWeightPromotion'],
    [asksForTraffic && unweighted, 'spec.analysis.webhooks of type confirm-traffic-increase'],
  ];
}

/** Fields in whose place another one counts. */
function replacedFields(raw: unknown, { analysis }: CanarySpecFields): readonly string[] {
  const { iterations, stepWeight, stepWeights, metrics } = analysis;
  // Its default is as good as any value that is written.
  const hasMaxWeight = isSet(memberAt(raw, ['analysis', 'maxWeight']));
  const bySteps = stepWeight <= 0 && stepWeights.length > 0;
  const findings: readonly (readonly [boolean, string])[] = [
    [iterations > 0 && stepWeight > 0, 'spec.analysis.stepWeight (iterations replaces it)'],
    [iterations > 0 && stepWeights.length > 0, 'spec.analysis.stepWeights (iterations replaces it)'],
    [iterations > 0 && hasMaxWeight, 'spec.analysis.maxWeight (iterations replaces it)'],
    [iterations <= 0 && bySteps && hasMaxWeight, 'spec.analysis.maxWeight (stepWeights replaces it)'],
    ...metrics.flatMap(({ quantile, name, threshold, thresholdRange }, index): readonly [boolean, string][] => [
      [
        quantile !== undefined && name !== 'request-duration',
        `spec.analysis.metrics[${index}].quantile (only of request-duration)`,
      ],
      [
        threshold !== 0 && thresholdRange !== undefined,
        `spec.analysis.metrics[${index}].threshold (thresholdRange replaces it)`,
      ],
    ]),
  ];
  return findings.filter(([applies]) => applies).map(([, text]) => text);
}

const podFieldPaths: readonly string[] = [
  'spec.autoscalerRef',
  'spec.progressDeadlineSeconds',
  'spec.analysis.primaryReadyThreshold',
  'spec.analysis.canaryReadyThreshold',
  'spec.service.portName',
  'spec.service.targetPort',
  'spec.service.appProtocol',
  'spec.service.portDiscovery',
  'spec.service.headless',
];

/** A target of kind Service has no pods of its own to wait for or to scale, and ports of its own. */
function fieldsOfPods(raw: unknown, { targetRef }: CanarySpecFields): readonly string[] {
  if (targetRef.kind !== 'Service') return [];
  return podFieldPaths
    .filter((path) => isSet(memberAt(raw, path.split('.').slice(1))))
    .map((path) => `${path} (not with a Service as target)`);
}

function memberAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), value);
}

/** A field that is there and says nothing, as a template may leave it, is not set. */
function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== '' && value !== false && value !== 0;
}
