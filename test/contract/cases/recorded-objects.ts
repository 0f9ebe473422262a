// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import type { Bench } from '../bench.js';
import { answerTo, readRecorded } from '../recorded.js';
import { admitted, refused } from '../tables.js';

/** The answers to whole objects, compared with those of a real server: see hack/record-contract.ts. */
export function recordedCases(bench: Bench): void {
  const tables = { admitted, refused };
  for (const name of ['admitted', 'refused'] as const) {
    const recorded = readRecorded(name);
    it.each(Object.entries(tables[name]))(`${name}: %s`, async (title, row) => {
      expect(await answerTo(bench.client, row, bench.namespace)).toEqual(recorded[title]);
    });
  }
}
