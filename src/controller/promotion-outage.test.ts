// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Deployment } from '../api/kubernetes.js';
import { aDeployment } from '../workload/test-objects.js';
import { losesAllPods } from './promotion-outage.js';

type Strategy = NonNullable<Deployment['spec']['strategy']>;

const recreate: Strategy = { type: 'Recreate' };
const oneByOne: Strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } };
const safe: Strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };

function sized(replicas: number, strategy: Strategy): Deployment {
  return aDeployment({ spec: { replicas, strategy } });
}

interface Case {
  readonly fact: string;
  readonly primary: Deployment;
  readonly target: Deployment | undefined;
  readonly hasAutoscaler?: boolean;
  readonly expected: boolean;
}

describe('R11: losesAllPods', () => {
  it.each<Case>([
    { fact: 'both roll safely', primary: sized(2, safe), target: sized(2, safe), expected: false },
    { fact: 'the target brings Recreate', primary: sized(2, safe), target: sized(2, recreate), expected: true },
    { fact: 'the target takes Recreate away', primary: sized(2, recreate), target: sized(2, safe), expected: false },
    { fact: 'the target makes it one pod', primary: sized(4, oneByOne), target: sized(1, oneByOne), expected: true },
    {
      fact: 'an autoscaler keeps the size',
      primary: sized(4, oneByOne),
      target: sized(1, oneByOne),
      hasAutoscaler: true,
      expected: false,
    },
    {
      fact: 'a target at zero keeps the size',
      primary: sized(4, oneByOne),
      target: sized(0, oneByOne),
      expected: false,
    },
    { fact: 'the target is gone', primary: sized(2, recreate), target: undefined, expected: true },
  ])('$expected: $fact', ({ primary, target, hasAutoscaler = false, expected }) => {
    expect(losesAllPods(primary, target, hasAutoscaler)).toBe(expected);
  });
});
