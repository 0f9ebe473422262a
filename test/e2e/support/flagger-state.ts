// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import type { KubeObject } from '../../../src/api/index.js';
import { api, resourcePath } from '../bench/api.js';
import { waitFor } from '../bench/wait.js';
import { App } from './app.js';
import { ensureNamespace } from './install-app.js';
import { type Patch, mergePatch } from './merge-patch.js';

export type FlaggerState = 'after-init' | 'after-promote' | 'after-rollback' | 'mid-rollout-weight-20';

type Dumped = KubeObject & { readonly status?: Patch };

const resourceOf: Readonly<Record<string, string>> = {
  Canary: 'canaries',
  ConfigMap: 'configmaps',
  Deployment: 'deployments',
  HorizontalPodAutoscaler: 'horizontalpodautoscalers',
  Ingress: 'ingresses',
  Secret: 'secrets',
  Service: 'services',
};

/** What a server sets by itself, and addresses that belong to another cluster. */
const serverFields: Patch = {
  metadata: { uid: null, resourceVersion: null, creationTimestamp: null, generation: null },
  status: null,
};

/**
 * Puts a namespace into the state in which Flagger left one, managedFields included, with interval 2 s instead of 10 s.
 * The status is written last, with the present time, as if Flagger had written it just now.
 */
export async function loadFlaggerState(state: FlaggerState, namespace: string): Promise<App> {
  const app = new App(namespace);
  await ensureNamespace(namespace);
  // Parse boundary: `kubectl get -o json` wrote the file.
  const text = readFileSync(`test/fixtures/flagger-state/${state}.json`, 'utf8').replaceAll(
    'app.example.com',
    app.host,
  );
  const { items } = JSON.parse(text) as { readonly items: readonly Dumped[] };
  const [canary, ...others] = items;
  if (canary?.kind !== 'Canary') throw new Error(`${state}.json does not begin with the Canary`);
  const created = await create(app, mergePatch(canary, { spec: { analysis: { interval: '2s' } } }), '');
  for (const object of others) await create(app, object, created.metadata.uid ?? '');
  await waitFor('the primary is available', async () => ((await app.primary).status?.availableReplicas ?? 0) >= 2);
  if (state.startsWith('mid'))
    await waitFor('the canary is too', async () => (await app.target).status?.availableReplicas === 2);
  const lastTransitionTime = new Date(Date.now() + 1_000).toISOString().replace(/\.\d+Z$/, 'Z');
  await api.patch(app.path('canaries', 'podinfo', 'status'), { status: { ...canary.status, lastTransitionTime } });
  return app;
}

async function create(app: App, object: Dumped, ownerUid: string): Promise<KubeObject> {
  const { ownerReferences } = object.metadata;
  const owners = ownerReferences?.map((owner) => ({ ...owner, uid: ownerUid }));
  const place: Patch = {
    metadata: { namespace: app.namespace, ...(owners === undefined ? {} : { ownerReferences: owners }) },
    ...(object.kind === 'Service' ? { spec: { clusterIP: null, clusterIPs: null } } : {}),
  };
  const resource = resourceOf[object.kind] ?? '';
  return api.create(resourcePath(resource, app.namespace), mergePatch(mergePatch(object, serverFields), place));
}
