// SPDX-License-Identifier: Apache-2.0
import type { Metrics } from '../observability/index.js';
import { simulate } from './simulation.js';

/** For the tests of this folder. Not part of the program. */
export interface SeedRange {
  readonly first: number;
  readonly runs: number;
  readonly metrics: Metrics;
}

/** What went wrong in a range of seeds, as lines that say how to see it again. */
export async function brokenSeeds({ first, runs, metrics }: SeedRange): Promise<readonly string[]> {
  const broken: string[] = [];
  for (let seed = first; seed < first + runs; seed += 1) {
    const { violations } = await simulate({ seed, metrics });
    for (const { rule, text } of violations) broken.push(`npm run simulate -- --seed ${seed}: ${rule}: ${text}`);
  }
  return broken;
}
