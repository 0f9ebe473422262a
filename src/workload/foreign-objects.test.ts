// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { HorizontalPodAutoscaler } from '../api/kubernetes.js';
import { foreignAutoscalerProblem } from './foreign-objects.js';
import { owner } from './test-objects.js';

function anAutoscaler(target: string, owned: boolean): HorizontalPodAutoscaler {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'podinfo-primary', namespace: 'test', ...(owned && { ownerReferences: [owner] }) },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target }, maxReplicas: 4 },
  };
}

describe('foreignAutoscalerProblem', () => {
  it.each<[string, HorizontalPodAutoscaler | undefined]>([
    ['there is none', undefined],
    ['a Canary owns it', anAutoscaler('other', true)],
    [
      'it scales the primary, as one whose Canary was deleted without its dependents',
      anAutoscaler('podinfo-primary', false),
    ],
  ])('has nothing to say when %s', (_, autoscaler) => {
    expect(foreignAutoscalerProblem(autoscaler, 'podinfo')).toBeUndefined();
  });

  it('S7: names an autoscaler that the user made for something else', () => {
    expect(foreignAutoscalerProblem(anAutoscaler('other', false), 'podinfo')).toBe(
      'HorizontalPodAutoscaler podinfo-primary.test exists and was not made for a Canary; delete or rename it',
    );
  });
});
