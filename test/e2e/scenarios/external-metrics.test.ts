// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { type AnyObject, api, collectionPath, resourcePath } from '../bench/api.js';
import { adapterAddress, queueLength } from '../bench/metrics-adapter.js';
import { waitFor } from '../bench/wait.js';
import { applyCanary, create } from '../support/install-app.js';
import { kubectlApply } from '../support/kubectl.js';
import { withUninitialised } from '../support/scenario.js';

const namespace = 'external';
const apiService = 'v1beta1.external.metrics.k8s.io';

/** An adapter as its own installation would make it known: a Service, its endpoint, and the group that it serves. */
const adapter = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'adapter' },
    spec: { clusterIP: adapterAddress, ports: [{ name: 'https', port: 443 }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'adapter-1', labels: { 'kubernetes.io/service-name': 'adapter' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [adapterAddress], conditions: { ready: true } }],
    ports: [{ name: 'https', port: 443, protocol: 'TCP' }],
  },
];

const registration = {
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: apiService },
  spec: {
    group: 'external.metrics.k8s.io',
    version: 'v1beta1',
    service: { name: 'adapter', namespace, port: 443 },
    insecureSkipTLSVerify: true,
    groupPriorityMinimum: 100,
    versionPriority: 100,
  },
};

async function register(): Promise<void> {
  await api.create(collectionPath(registration), registration);
  await waitFor('the API server reaches the adapter', async () => {
    const { status } = await api.get(resourcePath('apiservices', undefined, apiService));
    return JSON.stringify(status).includes('"Passed"');
  });
}

/** The component of the installation, for the operator of this namespace. */
function grant(): Promise<string> {
  const rbac = readFileSync('kustomize/components/external-metrics/rbac.yaml', 'utf8');
  return kubectlApply(rbac.replace('namespace: flagger-system', `namespace: ${namespace}`));
}

describe('a MetricTemplate of the External Metrics API', () => {
  it.concurrent('is answered by way of the API server, with the permissions of the component', async () => {
    const template: AnyObject = {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'MetricTemplate',
      metadata: { name: 'queue-length' },
      spec: {
        provider: { type: 'externalmetrics' },
        query: '{{ namespace }}/queue-length?labelSelector={{ printf "app=%s" target | urlquery }}',
      },
    };
    const metrics = [
      { name: 'queue-length', templateRef: { name: 'queue-length' }, interval: '1m', thresholdRange: { max: 6 } },
    ];
    const canarySpec = { analysis: { metrics, webhooks: null } };
    await withUninitialised({ namespace, canarySpec }, async ({ app }) => {
      try {
        await create(app, [...adapter, template]);
        await grant();
        await register();
        await applyCanary(app, { canarySpec });
        await app.waitForMessage('all the metrics providers are available!');
        await app.waitForPhase('Initialized');
        await app.setImage('6.0.1');
        await app.waitForMessage(`Halt podinfo.${namespace} advancement queue-length ${queueLength}.00 > 6`);
        expect((await app.status()).lastChecks).toMatchObject([
          { metric: 'queue-length', value: queueLength, source: 'externalmetrics' },
        ]);
      } finally {
        // A group whose server is gone would hold up the deletion of every namespace. It may not have come so far.
        await api.remove(resourcePath('apiservices', undefined, apiService)).catch(() => undefined);
      }
    });
  });
});
