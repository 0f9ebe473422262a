// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { DaemonSet, Deployment } from '../api/kubernetes.js';
import { daemonSetLosesAllPods, losesAllPods } from './promotion-outage.js';
import { aDaemonSet, aDeployment } from './test-objects.js';

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

describe('R11: daemonSetLosesAllPods', () => {
  type Rolling = NonNullable<NonNullable<DaemonSet['spec']['updateStrategy']>['rollingUpdate']>;
  const onNodes = (desiredNumberScheduled: number, rollingUpdate?: Rolling): DaemonSet =>
    aDaemonSet(rollingUpdate === undefined ? {} : { updateStrategy: { type: 'RollingUpdate', rollingUpdate } }, {
      desiredNumberScheduled,
    });

  it.each<[string, DaemonSet, DaemonSet | undefined, boolean]>([
    ['one node, one by one', onNodes(1), onNodes(0), true],
    ['two nodes, one by one', onNodes(2), onNodes(0), false],
    ['one node, a second pod allowed', onNodes(1), onNodes(0, { maxSurge: 1, maxUnavailable: 0 }), false],
    ['the target takes the second pod away', onNodes(1, { maxSurge: 1 }), onNodes(0), true],
    ['ten nodes, all at once', onNodes(10), onNodes(0, { maxUnavailable: '100%' }), true],
    ['ten nodes, most at once', onNodes(10), onNodes(0, { maxUnavailable: '90%' }), false],
    ['three nodes, percentages count up', onNodes(3), onNodes(0, { maxUnavailable: '67%' }), true],
    ['no nodes', onNodes(0), onNodes(0), true],
    ['the target is gone', onNodes(2), undefined, false],
  ])('%s', (_fact, primary, target, expected) => {
    expect(daemonSetLosesAllPods(primary, target)).toBe(expected);
  });
});
