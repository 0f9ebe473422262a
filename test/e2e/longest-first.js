// SPDX-License-Identifier: Apache-2.0
/*
 * Files of scenarios from the longest to the shortest, so that no long one is begun when all others are about to end. A clone
 * has no times of earlier runs, by which jest would order them. A file that is missing here comes first.
 */
const longestFirst = [
  'trouble',
  'rollouts',
  'targets',
  'strategies',
  'restarts',
  'takeover',
  'contract-controllers',
  'skipper-counters',
  'revisions',
  'notifications',
  'custom-metrics',
  'deletion',
  'demo',
  'strategies-affinity',
  'strategies-ab',
  'guarded-metrics',
  'external-metrics',
  'contract',
  'kubectl',
  'bench',
  // Apart from them, the measurements come last, when the machine is quieter.
  'outage',
  'costs',
].map((name) => `${name}.test.ts`);

function place({ path }) {
  return longestFirst.indexOf(path.split('/').at(-1));
}

/** What jest asks of a sequencer. */
export default class LongestFirst {
  sort(tests) {
    return [...tests].sort((a, b) => place(a) - place(b));
  }

  cacheResults() {
    // The order is written above.
  }
}
