// SPDX-License-Identifier: Apache-2.0
import type { CanarySpecFields } from './canary-schema.js';
import { cut } from './problems.js';

const supportedProviders = ['skipper', 'kubernetes'];
const highestPort = 65_535;

/**
 * Facts that the schema does not check and that make a rollout impossible or dangerous.
 * @returns a sentence for each; empty when the spec can be worked on
 */
export function specProblems(fields: CanarySpecFields, provider: string): readonly string[] {
  return [
    ...providerProblems(fields, provider),
    ...referenceProblems(fields),
    ...portProblems(fields.service),
    ...paceProblems(fields, provider),
    ...stepWeightsProblems(fields.analysis),
    ...quantileProblems(fields.analysis),
    ...cookieProblems(fields.analysis.sessionAffinity),
  ];
}

/** A Canary of another provider has a shape of its own: this is all that can be said about it. */
export function providerSupportProblems(provider: string): readonly string[] {
  return supportedProviders.includes(provider)
    ? []
    : [`provider ${cut(provider)} is not supported, set spec.provider to skipper or kubernetes`];
}

function providerProblems({ targetRef, ingressRef }: CanarySpecFields, provider: string): readonly string[] {
  if (targetRef.kind === 'Service' && targetRef.apiVersion.startsWith('serving.knative.dev/')) {
    return [`can't use ${provider} provider with Knative Service as target`];
  }
  const ingressName = ingressRef?.name ?? '';
  return provider === 'skipper' && ingressName === ''
    ? ['spec.ingressRef.name is missing, provider skipper needs the name of the Ingress that leads to the Service']
    : [];
}

function referenceProblems({ targetRef, autoscalerRef }: CanarySpecFields): readonly string[] {
  return [
    ...(targetRef.kind === '' ? ['spec.targetRef.kind is empty, set it to Deployment, DaemonSet or Service'] : []),
    ...(targetRef.name === '' ? ['spec.targetRef.name is empty, set it to the name of the workload'] : []),
    ...(autoscalerRef?.name === ''
      ? ['spec.autoscalerRef.name is empty, name the autoscaler or remove the reference']
      : []),
  ];
}

function portProblems({ port, targetPort }: CanarySpecFields['service']): readonly string[] {
  return [
    ...(isPort(port) ? [] : [`spec.service.port is ${port}, set it to a whole number from 1 to ${highestPort}`]),
    ...(typeof targetPort !== 'number' || targetPort === 0 || isPort(targetPort)
      ? []
      : [`spec.service.targetPort is ${targetPort}, set it to a port from 1 to ${highestPort} or to the name of one`]),
  ];
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= highestPort;
}

/** Without a pace the analysis would never end (D24). Provider kubernetes has ten iterations then. */
function paceProblems({ analysis, skipAnalysis }: CanarySpecFields, provider: string): readonly string[] {
  const { stepWeight, stepWeights, iterations } = analysis;
  const paced = stepWeight > 0 || stepWeights.length > 0 || iterations > 0;
  return paced || skipAnalysis || provider === 'kubernetes'
    ? []
    : [
        'spec.analysis has no positive stepWeight, stepWeights or iterations, so no rollout would ever end; set one of them',
      ];
}

function stepWeightsProblems({ stepWeight, stepWeights }: CanarySpecFields['analysis']): readonly string[] {
  if (stepWeight > 0) return [];
  const outside = stepWeights.find((weight) => weight <= 0 || weight > 100);
  if (outside !== undefined) {
    return [`spec.analysis.stepWeights holds ${outside}, use only weights above 0 and at most 100`];
  }
  const falling = stepWeights.findIndex((weight, index) => weight <= (stepWeights[index - 1] ?? 0));
  return falling === -1
    ? []
    : [
        `spec.analysis.stepWeights has ${stepWeights[falling]} after ${stepWeights[falling - 1]}, ` +
          'sort the weights so that each is above the one before',
      ];
}

function quantileProblems({ metrics }: CanarySpecFields['analysis']): readonly string[] {
  return metrics.flatMap(({ name, quantile }, index) =>
    quantile === undefined || (quantile > 0 && quantile < 1)
      ? []
      : [
          `spec.analysis.metrics[${index}].quantile of ${cut(name)} is ${quantile}, set it to a number above 0 and below 1, such as 0.99`,
        ],
  );
}

function cookieProblems(affinity: CanarySpecFields['analysis']['sessionAffinity']): readonly string[] {
  return affinity !== undefined && affinity.cookieName === affinity.primaryCookieName
    ? ["can't use the same cookie name for both primary and cookie name; please update them to be different"]
    : [];
}
