// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { makeCertificate } from './self-signed.js';

/** Where a Service with this cluster IP leads: inside the bench every 10.x address is ours. */
export const adapterAddress = '10.96.0.71';
export const queueLength = 7;

const group = '/apis/external.metrics.k8s.io/v1beta1';

/** A metrics adapter behind the API server's aggregation layer, as KEDA's or Datadog's: it knows one metric. */
export async function startMetricsAdapter(dataDir: string): Promise<void> {
  const { keyFile, certFile } = makeCertificate(dataDir, 'metrics-adapter', [`IP:${adapterAddress}`]);
  const tls = { key: readFileSync(keyFile), cert: readFileSync(certFile) };
  const server = createServer(tls, ({ url = '/' }, response) => {
    const { status, body } = answerTo(new URL(url, 'https://adapter').pathname);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(443, adapterAddress);
  await once(server, 'listening');
}

function answerTo(path: string): { readonly status: number; readonly body: object } {
  if (path === group) return { status: 200, body: discovery };
  if (path.endsWith('/queue-length')) return { status: 200, body: list };
  const message = `the server could not find the metric ${path.split('/').at(-1) ?? ''}`;
  return { status: 404, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code: 404 } };
}

const discovery = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: 'external.metrics.k8s.io/v1beta1',
  resources: [
    { name: 'queue-length', singularName: '', namespaced: true, kind: 'ExternalMetricValueList', verbs: ['get'] },
  ],
};

const list = {
  kind: 'ExternalMetricValueList',
  apiVersion: 'external.metrics.k8s.io/v1beta1',
  metadata: {},
  items: [{ metricName: 'queue-length', timestamp: '2026-01-01T00:00:00Z', value: String(queueLength) }],
};
