// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { api } from '../bench/api.js';
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
    });
  });
});
