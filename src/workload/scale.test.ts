// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { AutoscalerFloor } from './scale.js';
import { rebuiltReplicas, replicasPatch, scaleUpReplicas } from './scale.js';
import { aDeployment } from './test-objects.js';

describe('scaleUpReplicas', () => {
  it.each<{
    target: number;
    primary: number | undefined;
    autoscaler: AutoscalerFloor | undefined;
    result: number;
  }>`
    target | primary      | autoscaler                    | result
    ${3}   | ${5}         | ${undefined}                  | ${3}
    ${3}   | ${5}         | ${{ minReplicas: 2 }}         | ${3}
    ${0}   | ${5}         | ${undefined}                  | ${5}
    ${0}   | ${0}         | ${undefined}                  | ${1}
    ${0}   | ${undefined} | ${undefined}                  | ${1}
    ${0}   | ${5}         | ${{ minReplicas: 2 }}         | ${2}
    ${0}   | ${5}         | ${{ minReplicas: 0 }}         | ${1}
    ${0}   | ${5}         | ${{ minReplicas: undefined }} | ${1}
  `('target $target, primary $primary, autoscaler $autoscaler: $result', ({ target, primary, autoscaler, result }) => {
    const primaryDeployment = primary === undefined ? undefined : aDeployment({ replicas: primary });
    expect(scaleUpReplicas(aDeployment({ replicas: target }), primaryDeployment, autoscaler)).toBe(result);
  });
});

describe('rebuiltReplicas', () => {
  it.each<{ target: number; minReplicas: number | undefined; result: number }>`
    target | minReplicas  | result
    ${3}   | ${undefined} | ${3}
    ${0}   | ${undefined} | ${1}
    ${0}   | ${4}         | ${4}
    ${0}   | ${0}         | ${1}
  `('D12: target $target, autoscaler minimum $minReplicas: $result', ({ target, minReplicas, result }) => {
    expect(rebuiltReplicas(aDeployment({ replicas: target }), minReplicas)).toBe(result);
  });
});

describe('replicasPatch', () => {
  it('R3: touches the replicas only, and names the resourceVersion that it was decided on', () => {
    expect(replicasPatch(aDeployment(), 0)).toEqual({ metadata: { resourceVersion: '7' }, spec: { replicas: 0 } });
  });
});
