// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { ConfigMap, HorizontalPodAutoscaler } from '../../../src/api/index.js';
import { api } from '../bench/api.js';
import { bench } from '../bench/control.js';
import { waitFor } from '../bench/wait.js';
import { firstVersion } from '../support/install-app.js';
import { withScenario, withUninitialised } from '../support/scenario.js';
import { applyCanary } from '../support/install-app.js';
import { SteadyClient } from '../support/steady-client.js';

/** The guide's bound, with only the metric that this scenario is about. */
const metrics = [{ name: 'request-duration', interval: '1m', thresholdRange: { max: 500 } }];
const promoted = 'Promotion completed! Scaling down podinfo';

describe('a rollout', () => {
  it.concurrent('adopts a live app whose pods die the moment they are deleted, without a failed request', async () => {
    await withUninitialised({ namespace: 'adoption', withService: true }, async ({ app, client }) => {
      await bench.setPodDeparture(app.namespace, { kind: 'reset' });
      await applyCanary(app);
      await app.waitForPhase('Initialized');
      await waitFor('the target has no pods', async () => ((await app.target).status?.replicas ?? 0) === 0);
      const sinceMs = Date.now();
      await waitFor('the primary has answered for a while', () => client.answers(sinceMs).length > 150);
      expect(client.failures()).toEqual([]);
    });
  });

  it.concurrent('steps by weight, promotes and scales down, without a failed request', async () => {
    await withScenario({ namespace: 'promotion' }, async ({ app, client }) => {
      await app.setImage('6.0.1');
      await app.waitForWeight(25);
      await app.waitForWeight(50);
      await app.waitForPhase('Succeeded');
      expect(await app.version('primary')).toBe('6.0.1');
      expect((await app.target).spec.replicas).toBe(0);
      expect(await app.routes()).toMatchObject({ primary: 100, canary: 0 });
      const sinceMs = Date.now();
      await waitFor('answers after the promotion', () => client.answers(sinceMs).length > 25);
      expect(client.share('6.0.1', sinceMs)).toBe(100);
      expect(client.failures()).toEqual([]);
    });
  });

  it.concurrent('is rolled back when the new version is slow', async () => {
    await withScenario({ namespace: 'latency', canarySpec: { analysis: { metrics } } }, async ({ app, client }) => {
      const slow = new SteadyClient({ host: app.host, path: '/delay/2', requestsPerSecond: 25 });
      await app.setImage('6.0.1');
      await app.waitForWeight(25);
      slow.start();
      await app.waitForPhase('Failed');
      await slow.stop();
      await app.waitForMessage(/^Halt podinfo\.latency advancement request duration \S+s > 500ms$/);
      await app.waitForMessage('Rolling back podinfo.latency failed checks threshold reached 3');
      expect(await app.version('primary')).toBe(firstVersion);
      expect(client.failures()).toEqual([]);
    });
  });

  it.concurrent(
    'is rolled back when the new version answers errors only, at no more cost than its share (D40)',
    async () => {
      await withScenario(
        { namespace: 'errors', canarySpec: { analysis: { webhooks: null } } },
        async ({ app, client }) => {
          await bench.setPodDeparture(app.namespace, { kind: 'reset' });
          await app.setImage('6.0.1-bad');
          await app.waitForPhase('Failed');
          await app.waitForMessage(/^Halt podinfo\.errors advancement success rate 0\.00% < 99%$/);
          expect((await app.target).spec.replicas).toBe(0);
          // What failed was answered by the bad version, as users of a canary must expect; the operator added nothing.
          expect(client.failures().filter((failure) => !failure.includes('Internal Server Error'))).toEqual([]);
          const sinceMs = Date.now();
          await waitFor('answers after the rollback', () => client.answers(sinceMs).length > 50);
          expect(client.failures(sinceMs)).toEqual([]);
        },
      );
    },
  );

  it.concurrent(
    'starts again from 0 on a new revision during the analysis, and never promotes the one between',
    async () => {
      await withScenario({ namespace: 'restart' }, async ({ app, client }) => {
        await app.setImage('6.0.1');
        await app.waitForWeight(25);
        await app.setImage('6.0.2');
        await app.waitForMessage('New revision detected! Restarting analysis for podinfo.restart', {
          timeoutMs: 15_000,
        });
        await waitFor('all traffic is on the primary', async () => (await app.routes()).canary === 0, { everyMs: 50 });
        expect(await app.version('primary')).toBe(firstVersion);
        await app.waitForPhase('Succeeded');
        expect(await app.version('primary')).toBe('6.0.2');
        expect((await app.messages()).filter((text) => text.startsWith('Copying'))).toHaveLength(1);
        expect(client.failures()).toEqual([]);
      });
    },
  );

  it.concurrent('does not start when the Canary asks for other Services; they are changed', async () => {
    await withScenario({ namespace: 'services' }, async ({ app, client }) => {
      await app.patchCanary({ service: { canary: { annotations: { team: 'blue' } }, portName: 'web' } });
      for (const suffix of ['', '-primary', '-canary'] as const)
        await waitFor(
          'the port has its new name',
          async () => (await app.service(suffix)).spec.ports?.[0]?.name === 'web',
        );
      expect((await app.service('-canary')).metadata.annotations).toMatchObject({ team: 'blue' });
      const sinceMs = Date.now();
      await waitFor('answers', () => client.answers(sinceMs).length > 50);
      expect((await app.status()).phase).toBe('Initialized');
      expect(client.failures()).toEqual([]);
    });
  });

  it.concurrent('returns to Succeeded when the target goes back to the promoted version (D25)', async () => {
    await withScenario({ namespace: 'revert' }, async ({ app, client }) => {
      await app.setImage('6.0.1');
      await app.waitForWeight(25);
      await app.setImage(firstVersion);
      await app.waitForPhase('Succeeded');
      await waitFor('the target is scaled down', async () => (await app.target).spec.replicas === 0);
      expect(await app.version('primary')).toBe(firstVersion);
      expect(client.failures()).toEqual([]);
    });
  });

  it.concurrent('waits at a closed gate, and goes on when it opens', async () => {
    await withScenario({ namespace: 'gate' }, async ({ app }) => {
      await bench.programHook(app.namespace, '/gate/approve', { status: 403, body: 'closed' });
      await app.setImage('6.0.1');
      await app.waitForPhase('Waiting');
      await app.waitForMessage('Halt podinfo.gate advancement waiting for approval gate');
      expect((await app.target).spec.replicas).toBe(0);
      await waitFor('the gate is asked again', async () => (await bench.hookCalls(app.namespace)).length >= 3);
      await bench.programHook(app.namespace, '/gate/approve', undefined);
      await app.waitForPhase('Succeeded');
      expect((await app.messages()).filter((text) => text.startsWith('Halt'))).toHaveLength(1);
    });
  });

  it.concurrent(
    'follows a change of configs alone, and replaces even immutable copies when it is promoted',
    async () => {
      await withUninitialised({ namespace: 'config' }, async ({ app, client }) => {
        const configs = ['configmaps', 'secrets'] as const;
        const make = async (color: string): Promise<void> => {
          const metadata = { name: 'podinfo-env' };
          const data = { COLOR: color };
          await api.create(app.path('configmaps'), { metadata, immutable: true, data });
          await api.create(app.path('secrets'), { metadata, immutable: true, stringData: data });
        };
        const copies = async (): Promise<readonly (string | undefined)[]> => {
          const [configMap, secret] = await Promise.all(
            configs.map((resource) => api.get<ConfigMap>(app.path(resource, 'podinfo-env-primary'))),
          );
          return [configMap?.data?.COLOR, Buffer.from(secret?.data?.COLOR ?? '', 'base64').toString()];
        };
        await make('blue');
        const [first] = (await app.target).spec.template.spec.containers;
        const envFrom = [{ configMapRef: { name: 'podinfo-env' } }, { secretRef: { name: 'podinfo-env' } }];
        await app.patchTarget({ template: { spec: { containers: [{ ...first, envFrom }] } } });
        await applyCanary(app);
        await app.waitForPhase('Initialized');
        expect(await copies()).toEqual(['blue', 'blue']);
        client.start();

        for (const resource of configs) await api.remove(app.path(resource, 'podinfo-env'));
        await make('green');
        await app.waitForWeight(25);
        expect(await copies()).toEqual(['blue', 'blue']);
        await app.waitForPhase('Succeeded');
        expect(await copies()).toEqual(['green', 'green']);
        const [container] = (await app.primary).spec.template.spec.containers;
        expect(container?.envFrom).toEqual([
          { configMapRef: { name: 'podinfo-env-primary' } },
          { secretRef: { name: 'podinfo-env-primary' } },
        ]);
      });
    },
  );

  it.concurrent('gives the primary an autoscaler like that of the target, and leaves replicas to it', async () => {
    await withScenario({ namespace: 'autoscaler', withAutoscaler: true }, async ({ app, client }) => {
      const hpa = (name: string): Promise<HorizontalPodAutoscaler> =>
        api.get(app.path('horizontalpodautoscalers', name));
      const target = (await hpa('podinfo')).spec;
      expect((await hpa('podinfo-primary')).spec).toEqual({
        ...target,
        scaleTargetRef: { ...target.scaleTargetRef, name: 'podinfo-primary' },
      });
      await waitFor('the autoscaler has scaled the primary', async () => (await app.primary).spec.replicas === 2);
      await api.patch(app.path('horizontalpodautoscalers', 'podinfo'), { spec: { maxReplicas: 5 } });
      await app.setImage('6.0.1');
      await app.waitForPhase('Succeeded');
      expect((await app.primary).spec.replicas).toBe(2);
      expect((await hpa('podinfo')).spec).toEqual({ ...target, maxReplicas: 5 });
      expect((await hpa('podinfo-primary')).spec.maxReplicas).toBe(5);
      expect(client.failures()).toEqual([]);
    });
  });

  it.concurrent(
    'is promoted at once with skipAnalysis, after its pods and those of the primary are ready',
    async () => {
      await withScenario({ namespace: 'skip', canarySpec: { skipAnalysis: true } }, async ({ app, client }) => {
        await app.setImage('6.0.1');
        await app.waitForMessage('Promotion completed! Canary analysis was skipped for podinfo.skip');
        await app.waitForPhase('Succeeded');
        expect(await app.version('primary')).toBe('6.0.1');
        expect((await app.messages()).filter((text) => text.startsWith('Advance'))).toEqual([]);
        expect(client.failures().filter((failure) => !failure.includes('Internal Server Error'))).toEqual([]);
      });
    },
  );

  it.concurrent('of a primary that is recreated sends all traffic to the canary first (R11)', async () => {
    const deploymentSpec = { strategy: { type: 'Recreate', rollingUpdate: null } };
    await withScenario({ namespace: 'recreate', deploymentSpec }, async ({ app, client }) => {
      await app.setImage('6.0.1');
      await waitFor('all traffic is on the canary', async () => (await app.routes()).canary === 100);
      await app.waitForPhase('Succeeded');
      expect(await app.version('primary')).toBe('6.0.1');
      expect(client.failures()).toEqual([]);
    });
  });

  it.concurrent('that comes while the one before is being promoted takes its turn after it (R12)', async () => {
    await withScenario({ namespace: 'overtaken' }, async ({ app, client }) => {
      await app.setImage('6.0.1');
      await app.waitForWeight(50);
      await bench.holdPods(app.namespace, 'podinfo-primary');
      await app.waitForPhase('Promoting');
      await app.setImage('6.0.2');
      await waitFor('all traffic is on the primary', async () => (await app.routes()).canary === 0);
      expect(await app.version('primary')).toBe('6.0.1');
      await bench.releasePods(app.namespace, 'podinfo-primary');
      await app.waitForMessage(`${promoted}.overtaken`);
      await waitFor('the newer one is promoted', async () => (await app.version('primary')) === '6.0.2', {
        timeoutMs: 90_000,
      });
      await app.waitForPhase('Succeeded');
      expect(client.failures()).toEqual([]);
    });
  });
});
