// SPDX-License-Identifier: Apache-2.0
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../lib/clock.js';
import { silentLogger } from '../../lib/logger.js';
import { systemRandom } from '../../lib/random.js';
import { aDeployment } from '../cluster/testing.js';
import { startLocalCluster, Visitors, type LocalCluster } from './index.js';

let cluster: LocalCluster;
const host = 'web.example.com';

function create(path: readonly [group: string, version: string, plural: string], object: object): void {
  cluster.api.create(cluster.api.resource(...path), path[2] === 'namespaces' ? '' : 'test', object);
}

function service(name: string, targetPort: number): object {
  return { metadata: { name }, spec: { selector: { app: name }, ports: [{ port: 80, targetPort }] } };
}

const backend = { service: { name: 'web', port: { number: 80 } } };
const ingress = {
  metadata: { name: 'web' },
  spec: {
    ingressClassName: 'skipper',
    rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
  },
};

interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Call {
  readonly url: string;
  /** In place of the URL's path: a whole URL, as a proxy is asked. */
  readonly path?: string;
  readonly host: string;
  readonly body?: object;
}

function call({ url, path, host: name, body }: Call): Promise<Answer> {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const request = httpRequest({ hostname, port, method, path: path ?? pathname, headers: { host: name } });
    request.on('error', reject);
    request.on('response', (response) => {
      void text(response).then((content) => resolve({ status: response.statusCode ?? 0, body: content }), reject);
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Asks a Service by its name, as a pod would. */
function ask(address: string, body?: object): Promise<Answer> {
  const url = cluster.serviceProxyUrl;
  return call({ url, path: address, host: new URL(address).host, ...(body !== undefined && { body }) });
}

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + 20_000;
  while (!(await isSo())) {
    if (systemClock.monotonicMs() > deadlineMs) throw new Error('waited in vain');
    await systemClock.sleep(20);
  }
}

beforeAll(async () => {
  cluster = await startLocalCluster({
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    pods: { scheduleMs: 0, startMs: 10, readyMs: 100, drainMs: 50 },
    skipperPollMs: 50,
  });
  create(['', 'v1', 'namespaces'], { metadata: { name: 'test' } });
  create(['apps', 'v1', 'deployments'], aDeployment('web', { replicas: 2 }));
  create(['', 'v1', 'services'], service('web', 9898));
  create(['networking.k8s.io', 'v1', 'ingresses'], ingress);
  create(['apps', 'v1', 'deployments'], aDeployment('tester', { replicas: 1 }, 'example.com/flagger-loadtester:1.0'));
  create(['', 'v1', 'services'], service('tester', 8080));
  await eventually(async () => (await call({ url: cluster.appUrl, host })).status === 200);
  await eventually(async () => (await ask('http://tester.test/gate/approve')).status === 200);
});

afterAll(() => cluster.stop());

describe('a local cluster', () => {
  it('serves an app through Skipper, by its host name', async () => {
    const { status, body } = await call({ url: cluster.appUrl, host });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ version: '1.0', hostname: expect.stringMatching(/^web-/) });
    expect((await call({ url: cluster.appUrl, host: 'other.example.com' })).status).toBe(404);
  });

  it('has the counters of its Skipper where the operator looks for them', async () => {
    await call({ url: cluster.appUrl, host });
    const page = await (await fetch(`${cluster.skipperMetricsUrl}/metrics`)).text();
    expect(page).toMatch(/^skipper_serve_route_duration_seconds_count\{.*route="kube_test__web__.*\} [1-9]/m);
  });

  it.each(['http://web.test/version', 'http://web.test.svc/version', 'http://web.test.svc.cluster.local/version'])(
    'reaches a Service as %s',
    async (address) => {
      expect(await ask(address)).toMatchObject({ status: 200, body: expect.stringContaining('1.0') });
    },
  );

  it.each(['http://nobody.test/', 'http://web.elsewhere/', 'http://web/'])('reaches nobody as %s', async (address) => {
    expect((await ask(address)).status).toBe(502);
  });

  it.each([
    ['/gate/approve', {}, 200],
    ['/gate/halt', {}, 403],
    ['/', { namespace: 'test', metadata: { cmd: 'hey -z 1m http://web' } }, 202],
    ['/', { namespace: 'test', metadata: { type: 'bash', cmd: "curl -sd 'test' http://web/token | grep token" } }, 200],
    [
      '/',
      { namespace: 'test', metadata: { type: 'bash', cmd: "curl -sd 'test' http://gone/token | grep token" } },
      500,
    ],
  ])('answers the webhooks of the guide: %s %o', async (path, body, status) => {
    expect((await ask(`http://tester.test${path}`, body)).status).toBe(status);
  });

  it('gives a version a fault while it runs, as its visitors see', async () => {
    const visitors = new Visitors({ clock: systemClock, url: cluster.appUrl, host, perSecond: 200 });
    visitors.start();
    await eventually(() => Promise.resolve(visitors.since(0).filter(({ status }) => status === 200).length >= 5));
    expect(visitors.totals().failed).toBe(0);
    expect(visitors.since(0)[0]).toMatchObject({ version: '1.0', pod: expect.stringMatching(/^web-/) });
    cluster.pods.spoil('1.0', 'error');
    await eventually(() => Promise.resolve(visitors.totals().failed >= 5));
    visitors.stop();
  });

  it('lets a new version take over without a failed request', async () => {
    const visitors = new Visitors({ clock: systemClock, url: cluster.appUrl, host, perSecond: 100 });
    const containers = [{ name: 'web', image: 'web:2.0' }];
    const patch = { spec: { template: { spec: { containers } } } };
    const key = { namespace: 'test', name: 'web' };
    cluster.api.patch(cluster.api.resource('apps', 'v1', 'deployments'), key, { kind: 'strategic', patch });
    await eventually(async () => (await call({ url: cluster.appUrl, host })).body.includes('2.0'));
    visitors.start();
    await eventually(() =>
      Promise.resolve(
        visitors
          .since(0)
          .slice(-10)
          .filter(({ version }) => version === '2.0').length === 10,
      ),
    );
    visitors.stop();
    // What the spoilt version answered is an error, but an answer.
    expect(visitors.since(0).filter(({ status }) => status === 0)).toEqual([]);
  });
});
