// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { skipperFilterAnnotation } from '../../../src/api/index.js';
import { api } from '../bench/api.js';
import { waitFor } from '../bench/wait.js';
import type { App } from '../support/app.js';
import { Browsers } from '../support/browsers.js';
import { firstVersion } from '../support/install-app.js';
import { kubectl } from '../support/kubectl.js';
import { withScenario } from '../support/scenario.js';
import { SteadyClient } from '../support/steady-client.js';

/** Beside the users, metrics of Skipper see nobody: a hook decides. */
const probe = { name: 'probe', type: 'rollout', url: 'http://flagger-loadtester.test/probe' };
const nothing = { stepWeight: null, maxWeight: null, iterations: null, match: null, mirror: null };
/** More than a scenario waits for: such an analysis goes on until it is edited. */
const endless = 50;
const match = [{ headers: { 'x-canary': { exact: 'insider' } } }];

function isMirroring(app: App): Promise<true | undefined> {
  return waitFor(
    'requests are copied',
    async () => {
      const [canary, shadow] = await Promise.all([
        app.ingress(),
        api.find(app.path('ingresses', `${app.name}-canary-mirror`)),
      ]);
      const copies = canary.metadata.annotations?.[skipperFilterAnnotation]?.includes('teeLoopback(') === true;
      return copies && shadow !== undefined ? true : undefined;
    },
    { timeoutMs: 60_000 },
  );
}

/** Until requests that are sent from now on get nothing but one version. */
async function waitForVersion(client: SteadyClient, version: string): Promise<void> {
  await waitFor(
    `nothing but ${version}`,
    () =>
      client
        .answers()
        .slice(-20)
        .every((answer) => answer.version === version),
    {
      timeoutMs: 60_000,
    },
  );
}

async function ingressNames(namespace: string): Promise<readonly string[]> {
  const names = await kubectl('-n', namespace, 'get', 'ingresses', '-o', 'name');
  return names.trim().split('\n').sort();
}

describe('an edit of the strategy in a rollout', () => {
  it.concurrent('from weights with affinity by A/B and mirroring to blue/green is noticed by no user', async () => {
    const namespace = 'strategy-edits';
    const sessionAffinity = { cookieName: 'version', primaryCookieName: 'stable' };
    const weights = { stepWeight: 2, maxWeight: 100, sessionAffinity, metrics: null, webhooks: [probe] };
    await withScenario({ namespace, canarySpec: { analysis: weights } }, async ({ app, client }) => {
      const browsers = new Browsers(app.host, 10).start(500);
      const insider = new SteadyClient({ host: app.host, requestsPerSecond: 8, headers: { 'x-canary': 'insider' } });
      insider.start();
      try {
        await app.setImage('6.0.1');
        await app.waitForWeight(4);
        await app.patchCanary({ analysis: { ...nothing, sessionAffinity: null, iterations: endless, match } });
        await waitForVersion(insider, '6.0.1');
        await waitForVersion(client, firstVersion);
        await app.patchCanary({ analysis: { ...nothing, iterations: endless, mirror: true } });
        await isMirroring(app);
        await waitForVersion(insider, firstVersion);
        await app.patchCanary({ analysis: { ...nothing, iterations: 1 } });
        await app.waitForPhase('Succeeded');
        await waitForVersion(client, '6.0.1');
      } finally {
        await insider.stop();
        await browsers.stop();
      }
      const met = browsers.visits().flat();
      expect([...met, ...client.answers(), ...insider.answers()].filter(({ status }) => status !== 200)).toEqual([]);
      expect(await app.version('primary')).toBe('6.0.1');
      expect(await ingressNames(namespace)).toEqual([
        'ingress.networking.k8s.io/podinfo',
        'ingress.networking.k8s.io/podinfo-canary',
      ]);
      expect((await app.status()).sessionAffinityCookie).toBeUndefined();
    });
  });
});

describe('a restart of the operator while requests are mirrored', () => {
  it.concurrent('by SIGKILL goes on with the copies, and ends them in order', async () => {
    const namespace = 'mirror-sigkill';
    const analysis = { ...nothing, metrics: null, webhooks: [probe], iterations: endless, mirror: true };
    await withScenario({ namespace, canarySpec: { analysis } }, async ({ app, operator, client }) => {
      const shadow = app.path('ingresses', 'podinfo-canary-mirror');
      await app.setImage('6.0.1');
      await waitFor('the route for copies', () => api.find(shadow), { timeoutMs: 60_000, everyMs: 50 });
      await operator.kill('SIGKILL');
      await operator.start();
      await isMirroring(app);
      await operator.kill('SIGKILL');
      await operator.start();
      expect(new Set(client.answers().map(({ version }) => version))).toEqual(new Set([firstVersion]));
      await app.patchCanary({ analysis: { iterations: 1 } });
      await app.waitForMessage('Stop traffic mirroring and route all traffic to canary');
      await operator.kill('SIGKILL');
      await operator.start();
      await app.waitForPhase('Succeeded');
      expect(await api.find(shadow)).toBeUndefined();
      expect(await app.version('primary')).toBe('6.0.1');
      expect(client.failures()).toEqual([]);
    });
  });
});
