// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { KubeObject } from '../../../src/api/index.js';
import { api } from '../bench/api.js';
import { gateHost, reader, tlsPrometheusUrl } from '../bench/guarded-prometheus.js';
import { applyCanary, create } from '../support/install-app.js';
import { kubectl } from '../support/kubectl.js';
import { withUninitialised } from '../support/scenario.js';

const { username, password, token } = reader;
const basic = { username, password };
const bearer = { token };

const variants = [
  { name: 'tls-basic', address: tlsPrometheusUrl, secret: basic },
  { name: 'http-basic', address: `http://${gateHost}`, secret: basic },
  { name: 'http-bearer', address: `http://${gateHost}`, secret: bearer },
  { name: 'tls-bearer', address: `https://${gateHost}`, secret: bearer },
] as const;

function objectsOf({ name, address, secret }: (typeof variants)[number]): readonly KubeObject[] {
  const provider = { type: 'prometheus', address, secretRef: { name }, insecureSkipVerify: true };
  const spec = { provider, query: 'count(up{job="skipper"} == 1)' };
  return [
    template(name, spec),
    { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: secret } as KubeObject,
  ];
}

function template(name: string, spec: object): KubeObject {
  const object = { apiVersion: 'flagger.app/v1beta1', kind: 'MetricTemplate', metadata: { name }, spec };
  return object;
}

const metrics = variants.map(({ name }) => ({
  name,
  templateRef: { name },
  interval: '1m',
  thresholdRange: { min: 1, max: 1 },
}));

describe('a Prometheus that wants credentials', () => {
  it.concurrent('is asked over HTTP and HTTPS, by password and by token, and none of these gets out', async () => {
    const namespace = 'guarded';
    const canarySpec = { analysis: { metrics, webhooks: null, threshold: 20, stepWeight: 1 } };
    await withUninitialised({ namespace, canarySpec }, async ({ app, operator }) => {
      await create(app, variants.flatMap(objectsOf));
      await applyCanary(app, { canarySpec });
      await app.waitForPhase('Initialized');
      await app.waitForMessage('all the metrics providers are available!');
      await app.setImage('6.0.1');
      const { status } = await app.waitForStatus(
        'checks of all four',
        ({ lastChecks = [] }) => lastChecks.length === 4,
      );
      expect(status.lastChecks).toMatchObject(
        variants.map(({ name }) => ({ metric: name, value: 1, bound: '>= 1, <= 1', source: 'prometheus' })),
      );

      // A Secret and a template that change are used by the next check.
      await api.patch(app.path('secrets', 'tls-bearer'), { stringData: { token: 'another-token' } });
      await app.waitForMessage(
        'Metric query failed for tls-bearer: error response: Status 401 Unauthorized: not for xxxxx',
      );
      await api.patch(app.path('metrictemplates', 'tls-basic'), { spec: { provider: { insecureSkipVerify: false } } });
      await app.waitForMessage(
        /^Metric query failed for tls-basic: request failed: GET https:\/\/\S+: self-signed cert/,
      );
      const described = await kubectl('-n', namespace, 'describe', 'canary', 'podinfo');
      expect(described).toMatch(/Last Checks:[^]*Message: +Metric query failed for tls-basic: request failed/);
      const told = described + readFileSync(operator.logFile, 'utf8');
      for (const hidden of [
        password,
        token,
        'another-token',
        Buffer.from(`${username}:${password}`).toString('base64'),
      ])
        expect(told).not.toContain(hidden);
    });
  });
});
