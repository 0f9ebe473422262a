// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { create, guideObject } from '../support/install-app.js';
import { mergePatch } from '../support/merge-patch.js';
import { withScenario } from '../support/scenario.js';
import { SteadyClient } from '../support/steady-client.js';

// The guide's query takes names as they are, so that a namespace with a dash, which Skipper's labels do not have, finds nothing.
const template = guideObject('latency-metrictemplate.yaml');
const metrics = [{ name: 'latency', templateRef: { name: 'latency' }, thresholdRange: { max: 0.5 }, interval: '1m' }];
const canarySpec = { analysis: { metrics } };

/** The guide's query looks at the last bucket only, of which no quantile can be told; this one looks at all. */
function corrected(): typeof template {
  // Parse boundary: the guide's file has a query.
  const { query } = template.spec as { readonly query: string };
  return mergePatch(template, { spec: { query: query.replace(/,\s*le="\+Inf"/, '') } });
}

describe("the guide's custom metric", () => {
  it.concurrent('as it is written has no values, which never passes', async () => {
    await withScenario({ namespace: 'latencyasis', canarySpec }, async ({ app, client }) => {
      await create(app, [template]);
      await app.setImage('6.0.1');
      await app.waitForPhase('Failed', { timeoutMs: 120_000 });
      await app.waitForMessage('Halt advancement no values found for custom metric: latency: no values found');
      expect(client.failures()).toEqual([]);
    });
  });

  it.concurrent('with the query corrected lets a good version pass and halts a slow one', async () => {
    // On a busy machine one request in a hundred may well take half a second for a while, and the query looks back a minute.
    const patient = { analysis: { metrics, threshold: 100 } };
    await withScenario({ namespace: 'latencytemplate', canarySpec: patient }, async ({ app, client }) => {
      await create(app, [corrected()]);
      await app.setImage('6.0.1');
      await app.waitForPhase('Succeeded', { timeoutMs: 240_000 });
      expect(await app.version('primary')).toBe('6.0.1');

      await app.patchCanary({ analysis: { threshold: 3 } });
      const slow = new SteadyClient({ host: app.host, path: '/delay/2', requestsPerSecond: 15 });
      await app.setImage('6.0.2');
      await app.waitForWeight(25);
      slow.start();
      await app.waitForPhase('Failed');
      await slow.stop();
      await app.waitForMessage(/^Halt podinfo\.latencytemplate advancement latency \d+\.\d\d > 0\.5$/);
      expect(await app.version('primary')).toBe('6.0.1');
      expect(client.failures()).toEqual([]);
    });
  });
});
