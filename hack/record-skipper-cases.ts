// SPDX-License-Identifier: Apache-2.0
/*
 * Writes the cases of test/rendered-cases.ts to test/fixtures/skipper-cases with what a real Skipper does in them. Needs
 * `skipper` on the PATH and a network namespace of its own, in which every 10.x address is local:
 *   sudo unshare -n sh -c 'ip link set lo up; ip addr add 10.0.0.1/8 dev lo; npx tsx hack/record-skipper-cases.ts'
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseAllDocuments, stringify } from 'yaml';
import type { Ingress, KubeObject } from '../src/api/kubernetes.js';
import { HttpProbe } from '../test/http-probe.js';
import { renderedCases } from '../test/rendered-cases.js';
import type { RenderedCase } from '../test/rendered-cases.js';

const folder = join(import.meta.dirname, '../test/fixtures/skipper-cases');
const backends: Readonly<Record<string, string>> = {
  '10.1.0.1': 'app',
  '10.2.0.1': 'app-primary',
  '10.3.0.1': 'app-canary',
  '10.4.0.1': 'other',
};
const algorithms = ['traffic-predicate', 'traffic-segment-predicate'] as const;
type PerAlgorithm<T> = Record<(typeof algorithms)[number], T>;

/** A Service, its Endpoints and its EndpointSlice, as an observed case has them. */
const template = readFileSync(join(folder, '02-canary-weight-zero.yaml'), 'utf8').split('\n---\n').slice(0, 3);
const fixedDocuments = Object.entries(backends).flatMap(([address, name]) =>
  template.map((document) =>
    document
      .replace(/name: app(-1)?,/, `name: ${name}$1,`)
      .replace('service-name: app}', `service-name: ${name}}`)
      .replaceAll('10.1.0.1', address),
  ),
);

const received: string[] = [];
const probe = new HttpProbe();
let ingresses: readonly Ingress[] = [];
const objects = fixedDocuments.map((document) => parseAllDocuments(document)[0]?.toJS() as KubeObject); // our own text

const pods = createServer((request, response) => {
  const address = request.socket.localAddress ?? '';
  received.push(backends[address] ?? address);
  request.resume();
  response.end(address);
}).listen(8080, '0.0.0.0');

/** As much of the Kubernetes API as Skipper asks for. */
const api = createServer((request, response) => {
  const plural = new URL(request.url ?? '', 'http://api').pathname.split('/').at(-1) ?? '';
  const kinds: Readonly<Record<string, readonly KubeObject[]>> = {
    ingresses,
    services: objects.filter(({ kind }) => kind === 'Service'),
    endpoints: objects.filter(({ kind }) => kind === 'Endpoints'),
    endpointslices: objects.filter(({ kind }) => kind === 'EndpointSlice'),
  };
  const items = kinds[plural];
  response.statusCode = items === undefined ? 404 : 200;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata: {}, items: items ?? [] }));
}).listen(8001, '127.0.0.1');

for (const one of renderedCases) await record(one);
pods.close();
api.close();
probe.close();

async function record(one: RenderedCase): Promise<void> {
  ingresses = one.ingresses;
  const results: { observed: PerAlgorithm<unknown>[]; received: PerAlgorithm<unknown>[] } = {
    observed: one.requests.map(() => ({ 'traffic-predicate': {}, 'traffic-segment-predicate': {} })),
    received: one.requests.map(() => ({ 'traffic-predicate': {}, 'traffic-segment-predicate': {} })),
  };
  const routes: PerAlgorithm<readonly string[]> = { 'traffic-predicate': [], 'traffic-segment-predicate': [] };
  for (const algorithm of algorithms) {
    const skipper = await startSkipper(algorithm);
    routes[algorithm] = await tableOf();
    for (const [index, request] of one.requests.entries()) {
      const counts = await ask(request);
      const observed = results.observed[index];
      const arrived = results.received[index];
      if (observed !== undefined) observed[algorithm] = counts.answered;
      if (arrived !== undefined) arrived[algorithm] = counts.received;
    }
    skipper.kill('SIGKILL');
    await setTimeout(500);
  }
  write(one, results, routes);
}

async function startSkipper(algorithm: string): Promise<ReturnType<typeof spawn>> {
  const flags = [
    '-kubernetes',
    '-kubernetes-url=http://127.0.0.1:8001',
    '-kubernetes-path-mode=path-prefix',
    '-kubernetes-https-redirect=false',
    '-source-poll-timeout=300',
    '-address=127.0.0.1:9090',
    `-kubernetes-backend-traffic-algorithm=${algorithm}`,
    ...(algorithm === 'traffic-segment-predicate' ? ['-enable-kubernetes-endpointslices'] : []),
  ];
  const skipper = spawn('skipper', flags, { stdio: 'ignore' });
  await setTimeout(4_000);
  return skipper;
}

async function tableOf(): Promise<readonly string[]> {
  const { body } = await probe.send({ url: 'http://127.0.0.1:9911/routes?nopretty', method: 'GET', headers: {} });
  return body
    .split(';\n')
    .map((line) => line.trim().replace(/;$/, ''))
    .filter((line) => line.startsWith('kube_default__'))
    .toSorted();
}

async function ask({ host, path, method, headers = {}, count }: RenderedCase['requests'][number]) {
  received.length = 0;
  const answers: string[] = [];
  for (let sent = 0; sent < count; sent += 20) {
    const batch = Array.from({ length: Math.min(20, count - sent) }, () =>
      probe.send({ url: `http://127.0.0.1:9090${path}`, method, headers: { ...headers, host } }),
    );
    for (const { status, body } of await Promise.all(batch)) {
      answers.push(status === 200 ? (backends[body] ?? body) : `${status} ${body}`.trim());
    }
  }
  await setTimeout(300);
  return { answered: tally(answers), received: tally(received) };
}

function tally(names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, group]) => [name, group.length]));
}

function write(
  one: RenderedCase,
  results: { observed: PerAlgorithm<unknown>[]; received: PerAlgorithm<unknown>[] },
  routes: PerAlgorithm<readonly string[]>,
): void {
  const documents = [...fixedDocuments, ...one.ingresses.map((ingress) => stringify(ingress, { lineWidth: 0 }))];
  writeFileSync(join(folder, `${one.name}.yaml`), `${documents.map((document) => document.trim()).join('\n---\n')}\n`);
  const requests = one.requests.map((request, index) => ({
    ...request,
    observed: results.observed[index],
    ...(request.expectReceived && { received: results.received[index] }),
  }));
  const { name, description } = one;
  const content = { case: name, description, inputs: `${name}.yaml`, backends, requests, routes };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(content, undefined, 1)}\n`);
}
