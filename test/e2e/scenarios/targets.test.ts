// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import {
  pausedReplicasAnnotation,
  routesChangedAtAnnotation,
  scaleToZeroNodeSelector,
} from '../../../src/api/names.js';
import type { ScaledObject } from '../../../src/api/index.js';
import { api, resourcePath } from '../bench/api.js';
import { bench } from '../bench/control.js';
import { waitFor } from '../bench/wait.js';
import type { App } from '../support/app.js';
import { applyCanary, create, firstVersion, withoutServerFields } from '../support/install-app.js';
import { kubectl } from '../support/kubectl.js';
import { mergePatch } from '../support/merge-patch.js';
import { withScenario, withUninitialised } from '../support/scenario.js';

async function nodeSelectorOf(app: App): Promise<Readonly<Record<string, string>>> {
  return (await app.target).spec.template.spec.nodeSelector ?? {};
}

const scaledToZero = { [scaleToZeroNodeSelector]: 'true' };

describe('a target of kind DaemonSet', () => {
  it.concurrent(
    'is adopted, promoted and rolled back without a failed request, and a lost primary is rebuilt (R11, R14, D21)',
    async () => {
      const namespace = 'daemonset';
      await withUninitialised({ namespace, asDaemonSet: true, withService: true }, async ({ app, client }) => {
        await bench.setPodDeparture(namespace, { kind: 'reset' });
        await applyCanary(app, { asDaemonSet: true });
        await app.waitForPhase('Initialized');
        expect(await nodeSelectorOf(app)).toEqual(scaledToZero);
        expect((await app.primary).spec.template.spec.nodeSelector ?? {}).toEqual({});

        await app.setImage('6.0.1');
        await app.waitForWeight(50);
        await app.waitForPhase('Succeeded');
        expect(await app.version('primary')).toBe('6.0.1');
        expect(await nodeSelectorOf(app)).toEqual(scaledToZero);

        await app.setImage('6.0.2-bad');
        await app.waitForPhase('Failed');
        expect(await nodeSelectorOf(app)).toEqual(scaledToZero);
        // What failed was answered by the bad version, as users of a canary must expect; the operator added nothing.
        expect(client.failures().filter((failure) => !failure.includes('Internal Server Error'))).toEqual([]);

        await api.remove(app.path('daemonsets', 'podinfo-primary'));
        await waitFor('the primary is there again', () =>
          app.version('primary').then(
            (version) => version === '6.0.1',
            () => false,
          ),
        );
        await waitFor('it answers', () => client.answers().at(-1)?.version === '6.0.1');
        expect((await app.primary).spec.template.spec.nodeSelector ?? {}).toEqual({});
      });
    },
  );

  it.concurrent('is given back with revertOnDeletion without a failed request (D30)', async () => {
    const spec = { namespace: 'daemonset-revert', asDaemonSet: true, withService: true };
    await withScenario({ ...spec, canarySpec: { revertOnDeletion: true } }, async ({ app, client }) => {
      await bench.setPodDeparture(app.namespace, { kind: 'reset' });
      await api.remove(app.path('canaries', 'podinfo'));
      await waitFor('the Canary is gone', async () => (await api.find(app.path('canaries', 'podinfo'))) === undefined);
      expect(await nodeSelectorOf(app)).toEqual({});
      await waitFor(
        'the primary is gone',
        async () => (await api.find(app.path('daemonsets', 'podinfo-primary'))) === undefined,
      );
      const sinceMs = Date.now();
      await waitFor('answers', () => client.answers(sinceMs).length > 50);
      expect(client.failures()).toEqual([]);
    });
  });
});

describe('a target of kind Service', () => {
  it.concurrent('moves users to other pods step by step, and nobody before the first step (D18)', async () => {
    const namespace = 'service-target';
    const targetRef = { apiVersion: 'v1', kind: 'Service' };
    await withScenario({ namespace, withService: true, canarySpec: { targetRef } }, async ({ app, client }) => {
      const next = mergePatch(withoutServerFields(await app.target), {
        metadata: { name: 'podinfo-v2', labels: { app: 'podinfo-v2' } },
        spec: {
          selector: { matchLabels: { app: 'podinfo-v2' } },
          template: { metadata: { labels: { app: 'podinfo-v2' } } },
        },
      });
      const [container] = (await app.target).spec.template.spec.containers;
      const containers = [{ ...container, image: 'ghcr.io/stefanprodan/podinfo:6.0.1' }];
      await create(app, [mergePatch(next, { spec: { template: { spec: { containers } } } })]);
      const owned = await app.service('-primary');
      await api.patch(app.path('services', 'podinfo'), { spec: { selector: { app: 'podinfo-v2' } } });
      await app.waitForWeight(25);
      const { annotations = {} } = (await app.ingress()).metadata;
      const firstStepMs = Date.parse(annotations[routesChangedAtAnnotation] ?? '');
      await app.waitForPhase('Succeeded');

      const early = client.answers().filter(({ atMs, version }) => atMs < firstStepMs && version === '6.0.1');
      expect(early).toEqual([]);
      const primary = await app.service('-primary');
      expect(primary.spec.selector).toEqual({ app: 'podinfo-v2' });
      expect(primary.spec.clusterIP).toBe(owned.spec.clusterIP);
      expect(primary.metadata.ownerReferences).toEqual(owned.metadata.ownerReferences);
      const sinceMs = Date.now();
      await waitFor('answers after the promotion', () => client.answers(sinceMs).length > 25);
      expect(client.share('6.0.1', sinceMs)).toBe(100);
      expect(client.failures()).toEqual([]);
    });
  });
});

describe('an autoscaler of KEDA', () => {
  const scaledObject = {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: 'podinfo', labels: { team: 'blue' } },
    spec: {
      scaleTargetRef: { name: 'podinfo' },
      minReplicaCount: 2,
      maxReplicaCount: 4,
      newerField: { kept: true },
      triggers: [{ type: 'prometheus', useCachedMetrics: true, metadata: { query: 'up{app="podinfo"}' } }],
    },
  };
  const canarySpec = { autoscalerRef: { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'podinfo' } };

  function scalerOf(app: App, name: 'podinfo' | 'podinfo-primary'): Promise<ScaledObject> {
    return api.get<ScaledObject>(app.path('scaledobjects', name));
  }

  async function isPaused(app: App): Promise<boolean> {
    return (await scalerOf(app, 'podinfo')).metadata.annotations?.[pausedReplicasAnnotation] === '0';
  }

  it.concurrent('is copied for the primary, and paused while the target has no pods (D21, D32)', async () => {
    try {
      await withUninitialised({ namespace: 'keda', withService: true }, async ({ app, client }) => {
        await applyCanary(app, { canarySpec });
        await app.waitForMessage(/^Keda ScaledObject podinfo\.keda get query error: .*install KEDA/);
        await kubectl('apply', '-f', 'test/fixtures/scaled-object-crd.yaml');
        await kubectl('wait', '--for=condition=established', '--timeout=30s', 'crd/scaledobjects.keda.sh');
        await create(app, [scaledObject]);
        await app.waitForPhase('Initialized');
        expect(await isPaused(app)).toBe(true);
        expect((await scalerOf(app, 'podinfo')).spec).toEqual(scaledObject.spec);
        const primary = await scalerOf(app, 'podinfo-primary');
        expect(primary.metadata).toMatchObject({ labels: { team: 'blue' }, ownerReferences: [{ kind: 'Canary' }] });
        expect(primary.metadata.annotations ?? {}).toEqual({});
        expect(primary.spec).toMatchObject({
          scaleTargetRef: { name: 'podinfo-primary' },
          newerField: { kept: true },
          triggers: [{ useCachedMetrics: true, metadata: { query: 'up{app="podinfo-primary"}' } }],
        });

        await api.patch(app.path('scaledobjects', 'podinfo'), { spec: { maxReplicaCount: 7 } });
        await app.setImage('6.0.1');
        await app.waitForWeight(25);
        expect(await isPaused(app)).toBe(false);
        expect((await app.target).spec.replicas).toBe(2);
        await app.waitForPhase('Succeeded');
        expect(await isPaused(app)).toBe(true);
        expect((await app.target).spec.replicas).toBe(0);
        expect((await scalerOf(app, 'podinfo-primary')).spec.maxReplicaCount).toBe(7);
        expect(await app.version('primary')).not.toBe(firstVersion);
        expect(client.failures()).toEqual([]);
      });
    } finally {
      const crd = resourcePath('customresourcedefinitions', undefined, 'scaledobjects.keda.sh');
      if ((await api.find(crd)) !== undefined) await api.remove(crd);
    }
  });
});
