// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';

import { scrapePeriodMs } from './pace.js';

describe('scrapePeriodMs', () => {
  it.each`
    what                                 | durationMs | bytes         | replicas | periodMs
    ${'a small page'}                    | ${5}       | ${50_000}     | ${3}     | ${1_000}
    ${'no page yet'}                     | ${0}       | ${0}          | ${1}     | ${1_000}
    ${'a replica that takes long'}       | ${300}     | ${50_000}     | ${1}     | ${3_000}
    ${'large pages of many replicas'}    | ${100}     | ${11_000_000} | ${20}    | ${4_400}
    ${'a replica that lets us wait'}     | ${5_000}   | ${0}          | ${1}     | ${15_000}
    ${'enormous pages of many replicas'} | ${900}     | ${99_000_000} | ${100}   | ${15_000}
  `('$what: every $periodMs ms', ({ durationMs, bytes, replicas, periodMs }: Record<string, number | string>) => {
    const cost = { durationMs: Number(durationMs), bytes: Number(bytes) };
    expect(scrapePeriodMs(cost, Number(replicas))).toBeCloseTo(Number(periodMs), 6);
  });
});
