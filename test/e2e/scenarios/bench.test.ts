// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { skipperPredicateAnnotation, skipperWeightsAnnotation } from '../../../src/api/index.js';
import { api, resourcePath } from '../bench/api.js';
import { bench } from '../bench/control.js';
import { queryPrometheus } from '../bench/prometheus.js';
import { waitFor } from '../bench/wait.js';
import type { App } from '../support/app.js';
import { firstVersion, installApp } from '../support/install-app.js';
import { kubectl } from '../support/kubectl.js';
import { SteadyClient } from '../support/steady-client.js';

const namespace = 'bench';

/** Service and Deployment of a second version, and an Ingress that splits as the operator's will: all by hand. */
async function addSecondVersion(app: App, tag: string): Promise<void> {
  const deployment = await app.target;
  const template = deployment.spec.template;
  const labels = { app: 'second' };
  const containers = template.spec.containers.map((container) => ({ ...container, image: `podinfo:${tag}` }));
  await api.create(app.path('deployments'), {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'second' },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { ...template.spec, containers } },
    },
  });
  await createService(app, 'podinfo', 'podinfo');
  await createService(app, 'podinfo-primary', 'podinfo');
  await createService(app, 'podinfo-canary', 'second');
  await setWeights(app, 100);
}

function createService(app: App, name: string, selects: string): Promise<unknown> {
  const ports = [{ name: 'http', port: 80, targetPort: 9898 }];
  return api.create(app.path('services'), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: selects }, ports },
  });
}

async function setWeights(app: App, primary: number): Promise<void> {
  const { spec, metadata } = await app.ingress('');
  const paths = ['podinfo-canary', 'podinfo-primary'].map((name) => ({
    path: '/',
    pathType: 'Prefix',
    backend: { service: { name, port: { number: 80 } } },
  }));
  const annotations = {
    ...metadata.annotations,
    [skipperWeightsAnnotation]: JSON.stringify({ 'podinfo-primary': primary, 'podinfo-canary': 100 - primary }),
    [skipperPredicateAnnotation]: 'Weight(100)',
  };
  const wanted = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'podinfo-canary', annotations },
    spec: { rules: [{ host: spec.rules?.[0]?.host, http: { paths } }] },
  };
  const found = await api.find(app.path('ingresses', 'podinfo-canary'));
  if (found === undefined) await api.create(app.path('ingresses'), wanted);
  else await api.patch(app.path('ingresses', 'podinfo-canary'), { metadata: { annotations } });
}

describe('the bench itself', () => {
  it('splits real traffic to the pods by weight, and Prometheus sees it', async () => {
    const app = await installApp({ namespace });
    await addSecondVersion(app, '6.0.1');
    const client = new SteadyClient({ host: app.host }).start();
    await waitFor('traffic arrives', () => client.answers().some(({ version }) => version === firstVersion));

    await setWeights(app, 50);
    await waitFor('the second version gets traffic', () => client.answers().some(({ version }) => version === '6.0.1'));
    const sinceMs = Date.now();
    await waitFor('two hundred answers', () => client.answers(sinceMs).length >= 200);
    expect(client.share('6.0.1', sinceMs)).toBeGreaterThan(30);
    expect(client.share('6.0.1', sinceMs)).toBeLessThan(70);

    const route = `kube_${namespace}__podinfo_canary__podinfo_${namespace}_example_com_____podinfo_canary`;
    await waitFor('the route has a rate', async () => {
      const rate = await queryPrometheus(
        `sum(rate(skipper_serve_route_duration_seconds_count{route="${route}"}[10s]))`,
      );
      return (rate ?? 0) > 10;
    });
    await client.stop();
    expect(client.failures(sinceMs)).toEqual([]);
    await api.remove(resourcePath('namespaces', undefined, namespace));
  });

  it('lets pods reset connections once they are deleted, and pods with grace go on', async () => {
    const app = await installApp({ namespace: 'bench-pods' });
    const { items } = JSON.parse(await kubectl('-n', app.namespace, 'get', 'pods', '-o', 'json')) as {
      readonly items: readonly { readonly status: { readonly podIP: string } }[];
    };
    const ask = (index: number): Promise<Response> => fetch(`http://${items[index]?.status.podIP ?? ''}:9898/`);
    expect((await ask(0)).status).toBe(200);

    await bench.setPodDeparture(app.namespace, { kind: 'serve', forMs: 60_000 });
    await kubectl('-n', app.namespace, 'scale', 'deployment/podinfo', '--replicas=0');
    await waitFor(
      'the pods are gone',
      async () => (await kubectl('-n', app.namespace, 'get', 'pods', '-o', 'name')) === '',
    );
    expect((await ask(0)).status).toBe(200);

    await bench.setPodDeparture(app.namespace, { kind: 'reset' });
    await kubectl('-n', app.namespace, 'scale', 'deployment/podinfo', '--replicas=1');
    const address = await waitFor('a new pod has an address', async () => {
      const text = await kubectl('-n', app.namespace, 'get', 'pods', '-o', 'jsonpath={.items[*].status.podIP}');
      return text === '' ? undefined : text;
    });
    await kubectl('-n', app.namespace, 'scale', 'deployment/podinfo', '--replicas=0');
    await waitFor('the pod resets connections', async () => {
      const refused = await fetch(`http://${address}:9898/`).then(
        () => false,
        () => true,
      );
      return refused;
    });
    await api.remove(resourcePath('namespaces', undefined, app.namespace));
  });
});
