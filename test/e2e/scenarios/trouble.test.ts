// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Service } from '../../../src/api/index.js';
import { api } from '../bench/api.js';
import { bench } from '../bench/control.js';
import { pause, waitFor } from '../bench/wait.js';
import { App } from '../support/app.js';
import {
  create,
  applyCanary,
  firstVersion,
  guideObject,
  installApp,
  withoutServerFields,
} from '../support/install-app.js';
import { mergePatch } from '../support/merge-patch.js';
import { withScenario, withUninitialised } from '../support/scenario.js';
import type { SteadyClient } from '../support/steady-client.js';
import { TcpGate } from '../support/tcp-gate.js';

/**
 * How long users may notice that pods crashed: until endpoints are gone, the operator has shifted, and Skipper has polled, with
 * some seconds for a busy machine. Ten failed checks would take twenty.
 */
const crashNoticedMs = 8_000;

function failureSpanMs(client: SteadyClient, sinceMs: number): number {
  const failed = client.answers(sinceMs).filter(({ status }) => status !== 200);
  return (failed.at(-1)?.atMs ?? 0) - (failed[0]?.atMs ?? 0);
}

describe('trouble with pods', () => {
  it.concurrent('a primary that never becomes ready leaves a live app as it is, until it does', async () => {
    const spec = { namespace: 'primary-held', withService: true, deploymentSpec: { progressDeadlineSeconds: 5 } };
    await withUninitialised(spec, async ({ app, client }) => {
      await bench.holdPods(app.namespace, 'podinfo-primary');
      await applyCanary(app, { canarySpec: { progressDeadlineSeconds: 5 } });
      await app.waitForMessage(
        /^podinfo-primary\.primary-held not ready: deployment "podinfo-primary" exceeded its progress/,
      );
      await pause(3_000);
      expect((await app.status()).phase).toBe('Initializing');
      expect((await app.target).spec.replicas).toBe(2);
      expect((await app.service('')).spec.selector).toEqual({ app: 'podinfo' });
      await bench.releasePods(app.namespace, 'podinfo-primary');
      await app.waitForPhase('Initialized');
      expect(client.failures()).toEqual([]);
    });
  });

  it.concurrent('a canary that exceeds its progress deadline is rolled back before it has traffic', async () => {
    const spec = {
      namespace: 'deadline',
      canarySpec: { progressDeadlineSeconds: 5 },
      deploymentSpec: { progressDeadlineSeconds: 5 },
    };
    await withScenario(spec, async ({ app, client }) => {
      await app.setImage('6.0.1-unschedulable');
      await app.waitForPhase('Failed');
      await app.waitForMessage(/^Rolling back podinfo\.deadline progress deadline exceeded /);
      await app.waitForMessage('Canary failed! Scaling down podinfo.deadline');
      expect((await app.target).spec.replicas).toBe(0);
      expect(await app.version('primary')).toBe(firstVersion);
      expect(client.failures()).toEqual([]);
    });
  });

  it.concurrent(
    'canary pods that die at weight 50 lose their traffic at once, and start again from 0 (R8)',
    async () => {
      await withScenario({ namespace: 'crash' }, async ({ app, client }) => {
        await bench.programHook(app.namespace, '/', { status: 200 });
        await app.patchCanary({ analysis: { threshold: 10 } });
        await app.setImage('6.0.1');
        await app.waitForWeight(50);
        const sinceMs = Date.now();
        await bench.crashPods(app.namespace, '6.0.1');
        await waitFor('all traffic is on the primary', async () => (await app.routes()).canary === 0, {
          timeoutMs: 5_000,
          everyMs: 50,
        });
        await pause(crashNoticedMs + 1_000);
        expect(failureSpanMs(client, sinceMs)).toBeLessThan(crashNoticedMs);
        expect((await app.status()).phase).toBe('Progressing');
        await bench.healPods(app.namespace, '6.0.1');
        await app.waitForWeight(25);
        await app.waitForPhase('Succeeded');
        expect(client.failures(sinceMs + crashNoticedMs)).toEqual([]);
      });
    },
  );

  it.concurrent('a target deleted at weight 50 costs no request, and its rollout goes on when it is back', async () => {
    await withScenario({ namespace: 'target-gone' }, async ({ app, client }) => {
      await app.setImage('6.0.1');
      await app.waitForWeight(50);
      const target = withoutServerFields(await app.target);
      await api.remove(app.path('deployments', 'podinfo'));
      await waitFor('all traffic is on the primary', async () => (await app.routes()).canary === 0, { everyMs: 50 });
      await pause(6_000);
      expect(await app.version('primary')).toBe(firstVersion);
      await create(app, [target]);
      await app.waitForPhase('Succeeded');
      expect(await app.version('primary')).toBe('6.0.1');
      expect(client.failures()).toEqual([]);
    });
  });

  it.concurrent.each(['Failed', 'Progressing'] as const)(
    'a primary deleted in %s is made again from the promoted revision, not from the other one (R14)',
    async (phase) => {
      const namespace = `primary-gone-${phase.toLowerCase()}`;
      await withScenario({ namespace }, async ({ app, client }) => {
        await app.setImage(phase === 'Failed' ? '6.0.1-bad' : '6.0.1');
        if (phase === 'Failed') await app.waitForPhase('Failed');
        else await app.waitForWeight(25);
        await api.remove(app.path('deployments', 'podinfo-primary'));
        await waitFor('the primary is back', async () => ((await app.primary).status?.availableReplicas ?? 0) > 0);
        expect(await app.version('primary')).toBe(firstVersion);
        await pause(5_000);
        const sinceMs = Date.now();
        await waitFor('answers', () => client.answers(sinceMs).length > 50);
        expect(client.failures(sinceMs)).toEqual([]);
        if (phase === 'Progressing') await app.waitForPhase('Succeeded');
      });
    },
  );
});

describe('trouble with metrics and hooks', () => {
  it.concurrent('Prometheus down for two intervals costs failed checks, but no rollback', async () => {
    const gate = new TcpGate({ host: 'flagger-prometheus', port: 9090 });
    const { host, port } = await gate.open();
    const operatorArgs = [`-metrics-server=http://${host}:${port}`];
    try {
      // On a slow machine a third check may fail before the second is seen.
      const canarySpec = { analysis: { threshold: 6 } };
      await withScenario({ namespace: 'metrics-down', operatorArgs, canarySpec }, async ({ app, client }) => {
        await app.setImage('6.0.1');
        await app.waitForWeight(25);
        await gate.shut();
        await app.waitForStatus('two failed checks', ({ failedChecks }) => failedChecks >= 2);
        expect((await app.routes()).canary).toBe(25);
        await gate.open();
        await app.waitForPhase('Succeeded');
        await app.waitForMessage(/^Prometheus query failed: running query failed: request failed: /);
        expect(client.failures()).toEqual([]);
      });
    } finally {
      await gate.shut();
    }
  });

  it.concurrent('a webhook that is down fails the checks, and the rollout', async () => {
    await withScenario({ namespace: 'hook-down' }, async ({ app, client }) => {
      const hook = { name: 'load-test', type: 'rollout', url: 'http://flagger-loadtester.test:81/', timeout: '1s' };
      await app.patchCanary({ analysis: { webhooks: [hook] } });
      await app.setImage('6.0.1');
      await app.waitForPhase('Failed');
      await app.waitForMessage(
        /^Halt podinfo\.hook-down advancement external check load-test failed POST http:\/\/flagger-loadtester\.test:81\/ giving up after 1 attempt\(s\)/,
      );
      expect(client.failures()).toEqual([]);
    });
  });

  it.concurrent('a hook that hangs for a minute delays nothing else (R5)', async () => {
    await withScenario({ namespace: 'hook-hangs' }, async ({ app }) => {
      const other = await installApp({ namespace: app.namespace, name: 'other' });
      await applyCanary(other);
      await other.waitForPhase('Initialized');
      const hook = { name: 'slow', type: 'rollout', url: 'http://flagger-loadtester.test/slow', timeout: '2m' };
      await app.patchCanary({ analysis: { webhooks: [hook] } });
      await bench.programHook(app.namespace, '/slow', { status: 200, delayMs: 60_000 });
      await app.setImage('6.0.1');
      await waitFor('the hook hangs', async () =>
        (await bench.hookCalls(app.namespace)).some(({ path }) => path === '/slow'),
      );
      await app.setImage('6.0.2');
      await app.waitForMessage('New revision detected! Restarting analysis for podinfo.hook-hangs', {
        timeoutMs: 10_000,
      });
      await other.setImage('6.0.1');
      await other.waitForMessage('New revision detected! Scaling up other.hook-hangs', { timeoutMs: 10_000 });
      await other.waitForWeight(25, { timeoutMs: 30_000 });
    });
  });
});

describe('trouble with objects', () => {
  it.concurrent(
    'another Ingress named at weight 50 takes over the rollout, and the old one is left clean (R16)',
    async () => {
      await withScenario({ namespace: 'ingress-edit' }, async ({ app, client }) => {
        const second = { metadata: { name: 'second' }, spec: { rules: [{ host: app.host }] } };
        const [rule] = (await app.ingress('')).spec.rules ?? [];
        await create(app, [mergePatch(guideObject('podinfo-ingress.yaml'), { ...second, spec: { rules: [rule] } })]);
        await app.setImage('6.0.1');
        await app.waitForWeight(50);
        await app.patchCanary({ ingressRef: { name: 'second' } });
        await waitFor('the old canary Ingress is gone', async () => {
          const found = await api.find(app.path('ingresses', 'podinfo-canary'));
          return found === undefined;
        });
        await waitFor('the new one is there', () => api.find(app.path('ingresses', 'second-canary')));
        await app.waitForPhase('Succeeded');
        expect(await app.version('primary')).toBe('6.0.1');
        expect(client.failures()).toEqual([]);
      });
    },
  );

  it.concurrent(
    'an apex Service with another port than the Ingress names is reported, and nothing is touched (R17)',
    async () => {
      const backend = { service: { name: 'podinfo', port: { number: 8080 } } };
      await withUninitialised({ namespace: 'ports' }, async ({ app, client }) => {
        const ports = [{ name: 'web', port: 8080, targetPort: 9898, protocol: 'TCP' }];
        const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'podinfo' } };
        await api.create(app.path('services'), { ...service, spec: { selector: { app: 'podinfo' }, ports } });
        const paths = [{ path: '/', pathType: 'Prefix', backend }];
        await api.patch(app.path('ingresses', 'podinfo'), { spec: { rules: [{ host: app.host, http: { paths } }] } });
        client.start();
        await waitFor('the app answers', () => client.answers().at(-1)?.status === 200);
        client.forget();
        const before = await app.service('');
        await applyCanary(app);
        await app.waitForMessage(/8080/);
        await pause(5_000);
        expect((await app.status()).phase).toBe('Initializing');
        expect(await app.service('')).toEqual(before);
        expect((await app.target).spec.replicas).toBe(2);
        expect(await api.find(app.path('ingresses', 'podinfo-canary'))).toBeUndefined();
        expect(await api.find<Service>(app.path('services', 'podinfo-primary'))).toBeUndefined();
        expect(client.failures()).toEqual([]);
      });
    },
  );

  it.concurrent('a bad Canary does not disturb a good one beside it', async () => {
    await withScenario({ namespace: 'neighbours' }, async ({ app, client }) => {
      for (const name of ['no-ingress', 'no-target', 'other-mesh']) {
        const bad = new App(app.namespace, name);
        const spec = name === 'other-mesh' ? { provider: 'istio' } : {};
        await applyCanary(bad, { canarySpec: name === 'no-ingress' ? { ingressRef: null } : spec });
        await bad.waitForMessage(/./);
        if (name === 'no-target') continue;
        const { status } = await bad.waitForStatus('the reason is in its condition (D29)', ({ conditions = [] }) =>
          conditions.some(({ reason }) => reason === 'InvalidSpec'),
        );
        expect(status.conditions).toMatchObject([{ type: 'Promoted', status: 'Unknown', reason: 'InvalidSpec' }]);
        expect(status.phase).toBe('');
      }
      // Mended, it is worked on at once.
      const mended = new App(app.namespace, 'other-mesh');
      await mended.patchCanary({ provider: 'skipper' });
      await mended.waitForPhase('Initializing');
      await app.setImage('6.0.1');
      await app.waitForPhase('Succeeded');
      expect(client.failures()).toEqual([]);
    });
  });
});
