// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { api } from '../bench/api.js';
import { bench } from '../bench/control.js';
import { pause, waitFor } from '../bench/wait.js';
import type { App } from '../support/app.js';
import { kubectl } from '../support/kubectl.js';
import { withScenario } from '../support/scenario.js';

async function objectsIn(app: App): Promise<readonly string[]> {
  const kinds = 'deployments,services,ingresses,canaries';
  const names = await kubectl('-n', app.namespace, 'get', kinds, '-o', 'name');
  return names.trim().split('\n').sort();
}

describe('deleting a Canary', () => {
  it.concurrent('removes what the operator made, and nothing else (S7)', async () => {
    await withScenario({ namespace: 'deletion', withService: true }, async ({ app }) => {
      await api.remove(app.path('canaries', 'podinfo'));
      const left = ['deployment.apps/podinfo', 'ingress.networking.k8s.io/podinfo', 'service/podinfo'];
      await waitFor('only the objects of the user are left', async () => (await objectsIn(app)).join() === left.join());
      await pause(3_000);
      expect(await objectsIn(app)).toEqual(left);
      await app.waitForMessage(
        /^Canary podinfo\.deletion was deleted without spec\.revertOnDeletion: Deployment podinfo stays at 0 replicas, Service podinfo /,
      );
    });
  });

  it.concurrent.each([
    ['ingresses', []],
    ['deployments', ['horizontalpodautoscalers', 'services', 'ingresses']],
  ])('with revertOnDeletion ends although %s and %j are gone already (D30)', async (first, others) => {
    const spec = {
      namespace: `gone-${first}`,
      withService: true,
      withAutoscaler: true,
      canarySpec: { revertOnDeletion: true },
    };
    await withScenario(spec, async ({ app }) => {
      for (const kind of [first, ...others]) await api.remove(app.path(kind, 'podinfo'));
      await api.remove(app.path('canaries', 'podinfo'));
      const canary = app.path('canaries', 'podinfo');
      await waitFor('the Canary is gone', async () => (await api.find(canary)) === undefined, { timeoutMs: 120_000 });
    });
  });

  it.concurrent.each(['idle', 'rollout'])(
    '(%s) with revertOnDeletion gives the app back to its user without a failed request (D6, D30)',
    async (moment) => {
      const spec = { namespace: `revert-${moment}`, withService: true, canarySpec: { revertOnDeletion: true } };
      await withScenario(spec, async ({ app, client }) => {
        await bench.setPodDeparture(app.namespace, { kind: 'reset' });
        if (moment === 'rollout') {
          await app.setImage('6.0.1');
          await app.waitForWeight(50);
        }
        await api.remove(app.path('canaries', 'podinfo'));
        await waitFor(
          'the Canary is gone',
          async () => (await api.find(app.path('canaries', 'podinfo'))) === undefined,
        );
        expect((await app.target).status?.availableReplicas).toBe(2);
        expect((await app.service('')).spec.selector).toEqual({ app: 'podinfo' });
        await waitFor('only the objects of the user are left', async () => (await objectsIn(app)).length === 3);
        const sinceMs = Date.now();
        await waitFor('answers', () => client.answers(sinceMs).length > 75);
        expect(client.failures()).toEqual([]);
      });
    },
  );
});
