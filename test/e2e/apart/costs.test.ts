// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { pause, waitFor } from '../bench/wait.js';
import { isUpkeep, requestsOf } from '../support/audit.js';
import { applyCanary, installApp } from '../support/install-app.js';
import { withScenario } from '../support/scenario.js';

/** Figures of the closing note; each is printed, whether the limit holds or not. */
function report(figure: string): void {
  process.stdout.write(`figure: ${figure}\n`);
}

const isWrite = (verb: string): boolean => ['create', 'update', 'patch', 'delete'].includes(verb);

describe('what the operator costs', () => {
  it.concurrent('a quiet Canary (D45): no API request and at most 0.1 CPU-seconds in a minute', async () => {
    await withScenario({ namespace: 'quiet' }, async ({ app, operator }) => {
      await app.setImage('6.0.1');
      await app.waitForPhase('Succeeded');
      await waitFor('the target has no pods', async () => ((await app.target).status?.replicas ?? 0) === 0);
      await pause(5_000);
      const sinceMs = Date.now();
      const cpuBefore = operator.cpuSeconds();
      await pause(60_000);
      const cpuSeconds = operator.cpuSeconds() - cpuBefore;
      const requests = (await requestsOf(operator.user, sinceMs)).filter((request) => !isUpkeep(request));
      report(`a quiet Canary for 60 s: ${requests.length} API requests, ${cpuSeconds.toFixed(2)} CPU-s`);
      expect(requests).toEqual([]);
      expect(cpuSeconds).toBeLessThanOrEqual(0.1);
    });
  });

  it.concurrent(
    'a rollout of five steps at 10 s: at most 70 s and 45 API requests; a step: no read and three writes',
    async () => {
      const canarySpec = { analysis: { interval: '10s', stepWeight: 10 } };
      await withScenario({ namespace: 'cost', canarySpec }, async ({ app, operator }) => {
        const sinceMs = Date.now();
        await app.setImage('6.0.1');
        await app.waitForWeight(20, { everyMs: 50 });
        const stepMs = Date.now() + 1_000;
        await app.waitForWeight(40, { everyMs: 50 });
        const nextStepsMs = Date.now() + 1_000;
        await app.waitForPhase('Succeeded', { everyMs: 50 });
        const endMs = Date.now();
        await pause(1_000);

        const all = (await requestsOf(operator.user, sinceMs)).filter((request) => !isUpkeep(request));
        const steps = all.filter(({ atMs }) => atMs > stepMs && atMs < nextStepsMs);
        report(`a rollout of 5 steps at 10 s: ${((endMs - sinceMs) / 1_000).toFixed(1)} s, ${all.length} API requests`);
        report(`two weight steps: ${steps.map(({ verb, resource }) => `${verb} ${resource}`).join(', ')}`);
        expect(steps.filter(({ verb }) => !isWrite(verb))).toEqual([]);
        expect(steps.filter(({ resource }) => resource === 'ingresses').length).toBeLessThanOrEqual(2);
        expect(steps.filter(({ resource }) => resource === 'canaries/status').length).toBeLessThanOrEqual(2);
        expect(steps.filter(({ resource }) => resource === 'events').length).toBeLessThanOrEqual(2);
        expect(steps.length).toBeLessThanOrEqual(6);
        expect(endMs - sinceMs).toBeLessThanOrEqual(70_000);
        expect(all.length).toBeLessThanOrEqual(45);
      });
    },
  );

  it.concurrent('20 Canaries: at most 100 MiB', async () => {
    await withScenario({ namespace: 'many' }, async ({ app, operator }) => {
      const names = Array.from({ length: 19 }, (_, index) => `app-${index}`);
      const others = await Promise.all(
        names.map((name) => installApp({ namespace: app.namespace, name, deploymentSpec: { replicas: 1 } })),
      );
      for (const other of others) await applyCanary(other);
      for (const other of others) await other.waitForPhase('Initialized');
      await pause(10_000);
      const memoryMib = operator.memoryMib();
      report(`20 Canaries: ${memoryMib.toFixed(0)} MiB resident`);
      expect(memoryMib).toBeLessThanOrEqual(100);
    });
  });
});
