// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Lease } from '../../../src/api/index.js';
import { api } from '../bench/api.js';
import { bench } from '../bench/control.js';
import { waitFor } from '../bench/wait.js';
import type { App } from '../support/app.js';
import { namespacedOperator, withScenario } from '../support/scenario.js';
import type { Operator } from '../support/operator.js';

async function killAndStart(operator: Operator): Promise<void> {
  expect(await operator.kill('SIGKILL')).toBe('SIGKILL');
  await operator.start();
}

/** Weights of the "Advance" Events; each step once and upwards means that nothing was forgotten or done twice. */
async function steps(app: App): Promise<readonly number[]> {
  const messages = await app.messages();
  return messages.flatMap((text) => /canary weight (\d+)$/.exec(text)?.[1] ?? []).map(Number);
}

describe('a restart of the operator', () => {
  it.concurrent(
    'by SIGKILL at five moments of one rollout changes nothing for users, nor for the rollout',
    async () => {
      await withScenario({ namespace: 'sigkill' }, async ({ app, operator, client }) => {
        await app.setImage('6.0.1');
        await app.waitForPhase('Progressing', { everyMs: 50 });
        await killAndStart(operator);
        await app.waitForWeight(25, { everyMs: 50 });
        await killAndStart(operator);
        await app.waitForWeight(50);
        await killAndStart(operator);
        await app.waitForPhase('Promoting', { everyMs: 50 });
        await killAndStart(operator);
        await app.waitForPhase('Finalising', { everyMs: 50 });
        await killAndStart(operator);
        await app.waitForPhase('Succeeded');
        expect(await app.version('primary')).toBe('6.0.1');
        expect((await app.target).spec.replicas).toBe(0);
        expect(client.failures()).toEqual([]);
      });
    },
  );

  it.concurrent('by SIGKILL during a rollback finishes the rollback (R9)', async () => {
    await withScenario(
      { namespace: 'sigkill-rollback', canarySpec: { analysis: { webhooks: null } } },
      async ({ app, operator, client }) => {
        await bench.setPodDeparture(app.namespace, { kind: 'reset' });
        await app.setImage('6.0.1-bad');
        await waitFor(
          'all traffic is back',
          async () => {
            const { canary, predicate } = await app.routes();
            return canary === 0 && predicate.includes('False()');
          },
          { everyMs: 50, timeoutMs: 60_000 },
        );
        await killAndStart(operator);
        await app.waitForPhase('Failed');
        expect((await app.target).spec.replicas).toBe(0);
        expect(client.failures().filter((failure) => !failure.includes('Internal Server Error'))).toEqual([]);
      },
    );
  });

  it.concurrent('by SIGTERM ends it within ten seconds with code 0, also in mid-rollout', async () => {
    await withScenario({ namespace: 'sigterm' }, async ({ app, operator }) => {
      await app.setImage('6.0.1');
      await app.waitForWeight(25);
      const sinceMs = Date.now();
      expect(await operator.kill('SIGTERM')).toBe(0);
      expect(Date.now() - sinceMs).toBeLessThan(10_000);
    });
  });
});

describe('two replicas with leader election', () => {
  it.concurrent(
    'the standby finishes the rollout of a leader that is killed, and never acts before (D54)',
    async () => {
      const operatorArgs = ['-enable-leader-election'];
      await withScenario({ namespace: 'leader', operatorArgs }, async ({ app, operator, client }) => {
        const standby = await namespacedOperator({ namespace: app.namespace, operatorArgs }, '-standby');
        try {
          await standby.start();
          const lease = (): Promise<Lease> => api.get<Lease>(app.path('leases', 'flagger-leader-election'));
          const first = (await lease()).spec?.holderIdentity;
          await app.setImage('6.0.1');
          await app.waitForMessage('Advance podinfo.leader canary weight 25');
          expect(standby.log().map(({ msg }) => msg)).not.toContain('Acting as elected leader');
          await operator.kill('SIGKILL');
          await waitFor('the other one leads', async () => (await lease()).spec?.holderIdentity !== first, {
            timeoutMs: 40_000,
          });
          await app.waitForPhase('Succeeded');
          expect(await steps(app)).toEqual([25, 50]);
          expect(await app.version('primary')).toBe('6.0.1');
          expect(client.failures()).toEqual([]);

          await operator.start();
          expect(await standby.kill('SIGTERM')).toBe(0);
          const sinceMs = Date.now();
          await waitFor('the Lease was released and taken', async () => {
            const identity = (await lease()).spec?.holderIdentity;
            return identity !== undefined && identity !== '' && !identity.startsWith('leader-standby');
          });
          // A Lease that was not released would run for fifteen seconds.
          expect(Date.now() - sinceMs).toBeLessThan(12_000);
        } finally {
          await standby.stop();
        }
      });
    },
  );
});
