// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Scale } from './pod-workload.js';
import { daemonSetKind, deploymentKind } from './pod-workload.js';
import { aDaemonSet, aDeployment, aTemplate } from './test-objects.js';

describe('the size of a Deployment', () => {
  it.each<{ scale: Scale; target: number; primary: number; minimum: number | undefined; replicas: number | undefined }>`
    scale           | target | primary | minimum      | replicas
    ${'zero'}       | ${2}   | ${2}    | ${undefined} | ${0}
    ${'zero'}       | ${0}   | ${2}    | ${undefined} | ${undefined}
    ${'up'}         | ${0}   | ${3}    | ${undefined} | ${3}
    ${'up'}         | ${0}   | ${3}    | ${2}         | ${2}
    ${'up'}         | ${2}   | ${3}    | ${undefined} | ${undefined}
    ${'as-primary'} | ${2}   | ${3}    | ${undefined} | ${3}
    ${'as-primary'} | ${4}   | ${3}    | ${undefined} | ${undefined}
  `('$scale from $target with a primary of $primary: $replicas', ({ scale, target, primary, minimum, replicas }) => {
    const autoscaler = minimum === undefined ? undefined : { minReplicas: minimum };
    const sizes = {
      target: aDeployment({ replicas: target }),
      primary: aDeployment({ replicas: primary }),
      autoscaler,
    };
    const patch = { metadata: { resourceVersion: '7' }, spec: { replicas } };
    expect(deploymentKind.scalePatch(sizes, scale)).toEqual(replicas === undefined ? undefined : patch);
  });
});

describe('the size of a DaemonSet', () => {
  const up = aDaemonSet();
  const atZero = aDaemonSet({ template: aTemplate({ nodeSelector: { 'flagger.app/scale-to-zero': 'true', a: 'b' } }) });
  const patch = (value: 'true' | null): unknown => ({
    metadata: { resourceVersion: '7' },
    spec: { template: { spec: { nodeSelector: { 'flagger.app/scale-to-zero': value } } } },
  });

  it.each<[Scale, string, typeof up, unknown]>([
    ['zero', 'pods', up, patch('true')],
    ['zero', 'none', atZero, undefined],
    ['up', 'pods', up, undefined],
    ['up', 'none', atZero, patch(null)],
    ['as-primary', 'none', atZero, patch(null)],
  ])('%s from %s patches one entry of the node selector, or nothing', (scale, _from, target, expected) => {
    expect(daemonSetKind.scalePatch({ target, primary: up, autoscaler: undefined }, scale)).toEqual(expected);
  });

  it('is told as 0 or 1', () => {
    expect([up, atZero].map(daemonSetKind.replicas)).toEqual([1, 0]);
  });
});
