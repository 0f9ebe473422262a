// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { App } from '../support/app.js';
import { withScenario } from '../support/scenario.js';

/** Ranges far longer than any of the rollouts, so that the data of the one before would be within them. */
const metrics = [
  { name: 'request-success-rate', interval: '5m', thresholdRange: { min: 99 } },
  { name: 'request-duration', interval: '5m', thresholdRange: { max: 5_000 } },
];
const canarySpec = { analysis: { interval: '5s', metrics, webhooks: null } };

const sources = [
  { source: 'Prometheus', namespace: 'revisions', operatorArgs: [] },
  {
    source: "Skipper's own counters",
    namespace: 'revisions-counters',
    operatorArgs: ['-metrics-server=skipper', '-skipper-metrics-addresses=http://10.0.0.90:9911'],
  },
];

async function halts(app: App): Promise<readonly string[]> {
  return (await app.messages()).filter((message) => message.startsWith('Halt'));
}

describe('R19: checks look at the revision under test only', () => {
  it.concurrent.each(sources)('by $source', async ({ namespace, operatorArgs }) => {
    await withScenario({ namespace, operatorArgs, canarySpec }, async ({ app, client }) => {
      await app.setImage('6.0.1-bad');
      await app.waitForMessage(`Halt podinfo.${namespace} advancement success rate 0.00% < 99%`);

      // A good one while the broken one is still at work: no check of it fails.
      await app.setImage('6.0.2');
      await app.waitForMessage(`New revision detected! Restarting analysis for podinfo.${namespace}`);
      const before = await halts(app);
      await app.waitForPhase('Succeeded');
      expect(await app.version('primary')).toBe('6.0.2');
      expect((await app.status()).failedChecks).toBe(0);
      expect(await halts(app)).toEqual(before);

      // A broken one right after the good one: its good data helps it nothing.
      await app.setImage('6.0.3-bad');
      const { lastChecks } = await app.waitForPhase('Failed');
      expect(lastChecks).toMatchObject([{ metric: 'request-success-rate', value: 0, bound: '>= 99%' }]);
      expect(lastChecks?.[0]?.samples).toBeGreaterThan(0);
      expect(await app.version('primary')).toBe('6.0.2');
      // What failed was answered by the broken versions, as users of a canary must expect.
      expect(client.failures().filter((failure) => !failure.includes('Internal Server Error'))).toEqual([]);
    });
  });
});
