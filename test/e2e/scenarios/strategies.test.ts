// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { routesChangedAtAnnotation } from '../../../src/api/index.js';
import { api } from '../bench/api.js';
import { bench } from '../bench/control.js';
import { proxyMetrics } from '../bench/proxy.js';
import { waitFor } from '../bench/wait.js';
import type { App } from '../support/app.js';
import { firstVersion } from '../support/install-app.js';
import { withScenario } from '../support/scenario.js';
import type { SteadyClient } from '../support/steady-client.js';
import { Transcript } from '../support/transcript.js';

/** Beside the users, metrics of Skipper see nobody: a hook decides. */
const probe = { name: 'probe', type: 'rollout', url: 'http://flagger-loadtester.test/probe' };
const blueGreen = { stepWeight: null, maxWeight: null, metrics: null, webhooks: [probe], iterations: 2 };

/** When the routes became what they are. */
async function routedAtMs(app: App): Promise<number> {
  const { annotations = {} } = (await app.ingress()).metadata;
  return Date.parse(annotations[routesChangedAtAnnotation] ?? '');
}

/** Versions that users met before a moment. */
function versionsUntil(client: SteadyClient, untilMs: number): ReadonlySet<string> {
  return new Set(client.answers().flatMap(({ atMs, version }) => (atMs < untilMs ? [version] : [])));
}

/** Messages of a rollout about where it goes next. */
async function steps(app: App): Promise<readonly string[]> {
  const isStep = /^(Advance|Routing|Stop traffic|Copying)/;
  return (await app.messages()).filter((text) => isStep.test(text));
}

/** Requests that the canary answered for nobody. */
async function copies(app: App): Promise<number> {
  const route = `kube_${app.namespace.replaceAll('-', '_')}__podinfo_canary_mirror__`;
  const lines = (await proxyMetrics()).split('\n');
  const counts = lines.filter(
    (line) => line.startsWith('skipper_backend_duration_seconds_count{') && line.includes(route),
  );
  return counts.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe('blue/green', () => {
  it.concurrent('checks beside the users, gives everybody the new version for one check, and promotes it', async () => {
    const namespace = 'blue-green';
    await withScenario({ namespace, canarySpec: { analysis: blueGreen } }, async ({ app, client }) => {
      const transcript = new Transcript(app, client).start();
      await app.setImage('6.0.1');
      await app.waitForMessage('Routing all traffic to canary', { timeoutMs: 90_000 });
      expect(versionsUntil(client, await routedAtMs(app))).toEqual(new Set([firstVersion]));
      await waitFor('everybody has the new version', () =>
        client
          .answers()
          .slice(-20)
          .every(({ version }) => version === '6.0.1'),
      );
      await app.waitForPhase('Succeeded');
      await transcript.stop();
      expect(await steps(app)).toEqual([
        'Advance podinfo.blue-green canary iteration 1/2',
        'Advance podinfo.blue-green canary iteration 2/2',
        'Routing all traffic to canary',
        'Copying podinfo.blue-green template spec to podinfo-primary.blue-green',
        'Routing all traffic to primary',
      ]);
      expect(await app.version('primary')).toBe('6.0.1');
      expect(client.failures()).toEqual([]);
    });
  });

  it.concurrent('gives everybody the old version back when the last check fails', async () => {
    const namespace = 'blue-green-rollback';
    const analysis = { ...blueGreen, iterations: 1, threshold: 1 };
    await withScenario({ namespace, canarySpec: { analysis } }, async ({ app, client }) => {
      await app.setImage('6.0.1');
      await app.waitForMessage('Routing all traffic to canary', { timeoutMs: 90_000 });
      await bench.programHook(namespace, '/probe', { status: 500, body: 'too slow' });
      await app.waitForPhase('Failed');
      expect(await app.version('primary')).toBe(firstVersion);
      expect((await app.target).spec.replicas).toBe(0);
      const sinceMs = Date.now();
      await waitFor('answers after the rollback', () => client.answers(sinceMs).length > 25);
      expect(client.share(firstVersion, sinceMs)).toBe(100);
      expect(client.failures()).toEqual([]);
    });
  });
});

describe('mirroring (D5)', () => {
  it.concurrent('shows nobody the answers to copies, then the weights begin', async () => {
    const namespace = 'mirror-canary';
    const analysis = { mirror: true, stepWeight: 50, maxWeight: 50 };
    await withScenario({ namespace, canarySpec: { analysis } }, async ({ app, client }) => {
      const transcript = new Transcript(app, client).start();
      await app.setImage('6.0.1');
      await app.waitForWeight(50, { timeoutMs: 120_000 });
      expect(versionsUntil(client, await routedAtMs(app))).toEqual(new Set([firstVersion]));
      expect(await copies(app)).toBeGreaterThan(20);
      await app.waitForPhase('Succeeded');
      await transcript.stop();
      expect((await steps(app)).slice(0, 2)).toEqual([
        'Advance podinfo.mirror-canary canary weight 0',
        'Advance podinfo.mirror-canary canary weight 50',
      ]);
      expect(await api.find(app.path('ingresses', 'podinfo-canary-mirror'))).toBeUndefined();
      expect(client.failures()).toEqual([]);
    });
  });

  it.concurrent('of a blue/green rollout ends before the cut-over, and with a rollback', async () => {
    const namespace = 'mirror-blue-green';
    const analysis = { ...blueGreen, iterations: 1, mirror: true, threshold: 1 };
    await withScenario({ namespace, canarySpec: { analysis } }, async ({ app, client }) => {
      await app.setImage('6.0.1');
      await app.waitForPhase('Succeeded', { timeoutMs: 120_000 });
      expect(await steps(app)).toContain('Stop traffic mirroring and route all traffic to canary');

      await bench.programHook(namespace, '/probe', { status: 500, body: 'too slow' });
      const sinceMs = Date.now();
      await app.setImage('6.0.2');
      await app.waitForPhase('Failed', { timeoutMs: 120_000 });
      expect(client.share('6.0.1', sinceMs)).toBe(100);
      expect(await api.find(app.path('ingresses', 'podinfo-canary-mirror'))).toBeUndefined();
      expect(client.failures()).toEqual([]);
    });
  });
});

describe('provider kubernetes', () => {
  it.concurrent('tests beside the users and promotes, without an Ingress of its own', async () => {
    const namespace = 'kubernetes';
    const canarySpec = { provider: 'kubernetes', ingressRef: null, analysis: blueGreen };
    await withScenario({ namespace, canarySpec }, async ({ app, client }) => {
      await app.setImage('6.0.1');
      const { lastTransitionTime = '' } = await app.waitForPhase('Promoting', { timeoutMs: 90_000, everyMs: 50 });
      expect(versionsUntil(client, Date.parse(lastTransitionTime))).toEqual(new Set([firstVersion]));
      await app.waitForPhase('Succeeded');
      expect(await steps(app)).toEqual([
        'Advance podinfo.kubernetes canary iteration 1/2',
        'Advance podinfo.kubernetes canary iteration 2/2',
        'Copying podinfo.kubernetes template spec to podinfo-primary.kubernetes',
      ]);
      expect(await app.version('primary')).toBe('6.0.1');
      expect((await app.target).spec.replicas).toBe(0);
      expect(await api.find(app.path('ingresses', 'podinfo-canary'))).toBeUndefined();
      expect(client.failures()).toEqual([]);
    });
  });
});
