// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { IntOrString } from '../api/kubernetes.js';
import { canReachZeroAvailable } from './rolling-update.js';
import { aDeployment } from './test-objects.js';

describe('canReachZeroAvailable', () => {
  it.each<{
    type: string;
    replicas: number;
    maxSurge: IntOrString | undefined;
    maxUnavailable: IntOrString;
    result: boolean;
  }>`
    type               | replicas | maxSurge     | maxUnavailable | result
    ${'Recreate'}      | ${3}     | ${undefined} | ${undefined}   | ${true}
    ${'RollingUpdate'} | ${1}     | ${'25%'}     | ${'25%'}       | ${false}
    ${'RollingUpdate'} | ${4}     | ${'25%'}     | ${'25%'}       | ${false}
    ${'RollingUpdate'} | ${2}     | ${0}         | ${1}           | ${false}
    ${'RollingUpdate'} | ${1}     | ${0}         | ${1}           | ${true}
    ${'RollingUpdate'} | ${2}     | ${1}         | ${2}           | ${true}
    ${'RollingUpdate'} | ${2}     | ${1}         | ${3}           | ${true}
    ${'RollingUpdate'} | ${2}     | ${0}         | ${'100%'}      | ${true}
    ${'RollingUpdate'} | ${3}     | ${0}         | ${'99%'}       | ${false}
    ${'RollingUpdate'} | ${1}     | ${0}         | ${'25%'}       | ${true}
    ${'RollingUpdate'} | ${2}     | ${0}         | ${'25%'}       | ${false}
    ${'RollingUpdate'} | ${2}     | ${0}         | ${'all'}       | ${true}
    ${'RollingUpdate'} | ${1}     | ${undefined} | ${undefined}   | ${false}
  `(
    'R11: $type, $replicas replicas, surge $maxSurge, unavailable $maxUnavailable: $result',
    ({ type, replicas, maxSurge, maxUnavailable, result }) => {
      const rollingUpdate = maxSurge === undefined ? {} : { rollingUpdate: { maxSurge, maxUnavailable } };
      expect(canReachZeroAvailable(aDeployment({ replicas, spec: { strategy: { type, ...rollingUpdate } } }))).toBe(
        result,
      );
    },
  );
});
