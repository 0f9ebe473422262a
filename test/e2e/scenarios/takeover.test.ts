// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { resourcePath, api } from '../bench/api.js';
import { pause, waitFor } from '../bench/wait.js';
import { type FlaggerState, loadFlaggerState } from '../support/flagger-state.js';
import { installCrds, namespacedOperator } from '../support/scenario.js';
import type { App } from '../support/app.js';
import { SteadyClient } from '../support/steady-client.js';

/** Runs `body` in a namespace as Flagger left it, from before the operator starts. */
async function takingOver(
  state: FlaggerState,
  body: (app: App, client: SteadyClient, start: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const namespace = `takeover-${state}`;
  await installCrds();
  const app = await loadFlaggerState(state, namespace);
  const operator = await namespacedOperator({ namespace });
  const client = new SteadyClient({ host: app.host, requestsPerSecond: 15 }).start();
  try {
    await waitFor('the app answers', () => client.answers().at(-1)?.status === 200);
    client.forget();
    await body(app, client, async () => {
      await operator.start();
    });
  } finally {
    await client.stop();
    await operator.stop();
    await api.remove(resourcePath('namespaces', undefined, namespace));
  }
}

describe('taking over what Flagger left', () => {
  it.concurrent.each(['after-init', 'after-promote', 'after-rollback'] as const)(
    '%s: no rollout starts, the next one works, and the primary gets exactly its template (R3)',
    async (state) => {
      await takingOver(state, async (app, client, start) => {
        const before = { phase: (await app.status()).phase, primary: (await app.primary).spec };
        await start();
        await pause(10_000);
        expect((await app.status()).phase).toBe(before.phase);
        expect((await app.primary).spec).toEqual(before.primary);
        expect((await app.target).spec.replicas).toBe(0);
        expect((await app.messages()).filter((text) => text.startsWith('New revision'))).toEqual([]);

        const [container] = (await app.target).spec.template.spec.containers;
        const slimmer = { ...container, image: 'stefanprodan/podinfo:4.1.0', env: null, envFrom: null };
        await app.patchTarget({ template: { spec: { containers: [slimmer] } } });
        await app.waitForPhase('Progressing');
        await app.waitForPhase('Succeeded');
        const [primaryContainer] = (await app.primary).spec.template.spec.containers;
        const [targetContainer] = (await app.target).spec.template.spec.containers;
        expect(primaryContainer).toEqual(targetContainer);
        expect(client.failures()).toEqual([]);
      });
    },
  );

  it.concurrent('mid-rollout-weight-20: goes on where Flagger was (R22)', async () => {
    await takingOver('mid-rollout-weight-20', async (app, client, start) => {
      await start();
      await app.waitForWeight(30);
      await app.waitForPhase('Succeeded');
      expect(await app.version('primary')).toBe('4.0.8');
      const messages = await app.messages();
      expect(messages.filter((text) => text.startsWith('Advance'))).toEqual(
        [30, 40, 50].map((weight) => `Advance podinfo.${app.namespace} canary weight ${weight}`),
      );
      expect(client.failures()).toEqual([]);
    });
  });
});
