// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { EndpointSlice } from '../../../src/api/index.js';
import type { App } from '../support/app.js';
import { create, firstVersion } from '../support/install-app.js';
import { kubectl } from '../support/kubectl.js';
import { withScenario } from '../support/scenario.js';
import { SteadyClient } from '../support/steady-client.js';

/** The operator knows no Prometheus; the bench's Skipper has its metrics here. */
const operatorArgs = ['-metrics-server=skipper', '-skipper-metrics-addresses=http://10.0.0.90:9911'];
const intervalMs = 5_000;
const metrics = [
  { name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } },
  { name: 'request-duration', interval: '1m', thresholdRange: { max: 5_000 } },
  { name: 'request-duration', interval: '30s', quantile: 0.5, thresholdRange: { max: 5_000 } },
];
const canarySpec = { analysis: { interval: '5s', metrics, webhooks: null } };

/** What a Service in front of the bench's Skipper would have; nobody owns it. */
const replicas: EndpointSlice = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'skipper-ingress-1', labels: { 'kubernetes.io/service-name': 'skipper-ingress' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.0.0.90'], conditions: { ready: true } }],
  ports: [{ name: 'http', port: 9999, protocol: 'TCP' }],
};

async function halts(app: App): Promise<readonly string[]> {
  return (await app.messages()).filter((message) => message.startsWith('Halt'));
}

describe("Skipper's own counters, without any Prometheus", () => {
  it.concurrent('promote a good version', async () => {
    await withScenario({ namespace: 'counters', operatorArgs, canarySpec }, async ({ app, client }) => {
      await app.setImage('6.0.1');
      await app.waitForPhase('Succeeded');
      expect(await app.version('primary')).toBe('6.0.1');
      expect(await halts(app)).toEqual([]);
      expect(client.failures()).toEqual([]);
    });
  });

  it.concurrent('notice a bad version within one interval', async () => {
    const spec = { namespace: 'counters-bad', operatorArgs, canarySpec };
    await withScenario(spec, async ({ app }) => {
      await app.setImage('6.0.1-bad');
      await app.waitForMessage('Halt podinfo.counters-bad advancement success rate 0.00% < 99%');
      const [check] = (await app.status()).lastChecks ?? [];
      expect(check).toMatchObject({ metric: 'request-success-rate', value: 0, bound: '>= 99%', source: 'skipper' });
      expect(check?.samples).toBeGreaterThan(0);
      // The next check would come after twice the time.
      const { annotations = {} } = (await app.ingress()).metadata;
      const weightedAt = Date.parse(annotations['flagger.app/weighted-since'] ?? '');
      expect(Date.parse(check?.time ?? '') - weightedAt).toBeLessThan(2 * intervalMs);
      await app.waitForPhase('Failed');
      await app.waitForMessage('Rolling back podinfo.counters-bad failed checks threshold reached 3');
      expect(await app.version('primary')).toBe(firstVersion);
      const described = await kubectl('-n', app.namespace, 'describe', 'canary', 'podinfo');
      expect(described).toMatch(
        /Last Checks:\n +Bound: +>= 99%\n +Message: +Halt podinfo\S+ advancement success rate 0/,
      );
    });
  });

  it.concurrent('judge copies of requests before the canary gets any of its own', async () => {
    const mirrored = { analysis: { ...canarySpec.analysis, mirror: true, stepWeight: 50 } };
    await withScenario(
      { namespace: 'counters-mirror', operatorArgs, canarySpec: mirrored },
      async ({ app, client }) => {
        await app.setImage('6.0.1');
        const { status } = await app.waitForStatus('a check of copies', ({ lastChecks = [] }) =>
          lastChecks.some(({ query = '' }) => query.includes('_canary_mirror__')),
        );
        expect(status.lastChecks?.[0]).toMatchObject({ metric: 'request-success-rate', value: 100, source: 'skipper' });
        expect(status.lastChecks?.[0]?.samples).toBeGreaterThan(0);
        await app.waitForMessage(/^Skipper counts mirrored requests of podinfo\.counters-mirror without their status/);
        await app.waitForPhase('Succeeded');
        expect(await app.version('primary')).toBe('6.0.1');
        expect(await halts(app)).toEqual([]);
        expect(client.failures()).toEqual([]);
      },
    );
  });

  it.concurrent('find the replicas by EndpointSlices, and roll a slow version back', async () => {
    const namespace = 'counters-slices';
    const slowMetrics = [{ name: 'request-duration', interval: '30s', quantile: 0.9, thresholdRange: { max: 500 } }];
    const spec = {
      namespace,
      operatorArgs: ['-metrics-server=skipper', `-skipper-namespace=${namespace}`],
      canarySpec: { analysis: { interval: '5s', metrics: slowMetrics, webhooks: null } },
    };
    await withScenario(spec, async ({ app }) => {
      const slow = new SteadyClient({ host: app.host, path: '/delay/2', requestsPerSecond: 25 });
      await app.setImage('6.0.1');
      await app.waitForMessage(
        `Skipper query failed: no replica of Skipper found by EndpointSlices with kubernetes.io/service-name=skipper-ingress in namespace ${namespace}`,
      );
      await create(app, [replicas]);
      slow.start();
      await app.waitForMessage(/^Halt podinfo\.counters-slices advancement request duration p90 \S+s > 500ms$/);
      await app.waitForPhase('Failed');
      await slow.stop();
      expect(await app.version('primary')).toBe(firstVersion);
    });
  });
});
