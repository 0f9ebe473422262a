// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { failure, type Bench } from '../bench.js';
import { asMetadata, asTable, at, listAt, textAt } from '../cluster.js';
import {
  apps,
  canary,
  configMap,
  core,
  deployment,
  flagger,
  ingress,
  inNamespace,
  networking,
  service,
} from '../objects.js';

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Kinds as clients find them: version, plural name, kind, scope, short names, subresources. */
const kinds: readonly (readonly [
  version: string,
  plural: string,
  kind: string,
  namespaced: boolean,
  short: string,
  subresources: string,
])[] = [
  ['/api/v1', 'configmaps', 'ConfigMap', true, 'cm', ''],
  ['/api/v1', 'events', 'Event', true, 'ev', ''],
  ['/api/v1', 'namespaces', 'Namespace', false, 'ns', 'status'],
  ['/api/v1', 'pods', 'Pod', true, 'po', 'status'],
  ['/api/v1', 'secrets', 'Secret', true, '', ''],
  ['/api/v1', 'services', 'Service', true, 'svc', 'status'],
  [apps, 'deployments', 'Deployment', true, 'deploy', 'scale status'],
  [apps, 'daemonsets', 'DaemonSet', true, 'ds', 'status'],
  [apps, 'replicasets', 'ReplicaSet', true, 'rs', 'scale status'],
  ['/apis/autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', true, 'hpa', 'status'],
  ['/apis/discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice', true, '', ''],
  [networking, 'ingresses', 'Ingress', true, 'ing', 'status'],
  ['/apis/coordination.k8s.io/v1', 'leases', 'Lease', true, '', ''],
  [
    '/apis/apiextensions.k8s.io/v1',
    'customresourcedefinitions',
    'CustomResourceDefinition',
    false,
    'crd crds',
    'status',
  ],
  [flagger, 'canaries', 'Canary', true, '', 'status'],
];

export function discoveryCases(bench: Bench): void {
  const { namespace } = bench;

  it.each(kinds)('%s serves %s', async (...row) => {
    const [version, plural, kind, namespaced, short, subresources] = row;
    const resources = listAt((await bench.client.get(version)).body, 'resources');
    const found = resources.find((resource) => at(resource, 'name') === plural);
    expect(found).toMatchObject({ name: plural, kind, namespaced, singularName: kind.toLowerCase() });
    const verbs = plural === 'namespaces' ? allVerbs.filter((verb) => verb !== 'deletecollection') : allVerbs;
    expect(listAt(found, 'verbs').toSorted()).toEqual(verbs);
    expect(listAt(found, 'shortNames').join(' ')).toBe(short);
    for (const subresource of subresources.split(' ').filter((name) => name !== '')) {
      const entry = resources.find((resource) => at(resource, 'name') === `${plural}/${subresource}`);
      expect(listAt(entry, 'verbs').toSorted()).toEqual(['get', 'patch', 'update']);
    }
  });

  it('lists groups and versions', async () => {
    expect(at((await bench.client.get('/api')).body, 'versions')).toEqual(['v1']);
    const groups = listAt((await bench.client.get('/apis')).body, 'groups');
    const found = groups.find((group) => at(group, 'name') === 'flagger.app');
    const version = { groupVersion: 'flagger.app/v1beta1', version: 'v1beta1' };
    expect(found).toMatchObject({ versions: [version], preferredVersion: version });
    expect((await bench.client.get('/apis/flagger.app')).body).toMatchObject({ kind: 'APIGroup', name: 'flagger.app' });
  });

  it('tells its version and that it is ready', async () => {
    expect(textAt((await bench.client.get('/version')).body, 'gitVersion')).toMatch(/^v1\.\d+\.\d+$/);
    expect((await bench.client.get('/readyz')).body).toBe('ok');
  });

  it('has a document about fields for each version', async () => {
    const paths = at((await bench.client.get('/openapi/v3')).body, 'paths') as Readonly<Record<string, unknown>>;
    const url = textAt(paths['apis/flagger.app/v1beta1'], 'serverRelativeURL');
    expect(url).toMatch(/^\/openapi\/v3\/apis\/flagger\.app\/v1beta1\?hash=/);
    const schemas = at((await bench.client.get(url)).body, 'components.schemas') as Readonly<Record<string, unknown>>;
    expect(schemas['app.flagger.v1beta1.Canary']).toMatchObject({
      type: 'object',
      'x-kubernetes-group-version-kind': [{ group: 'flagger.app', kind: 'Canary', version: 'v1beta1' }],
    });
  });

  it.each([
    ['GET', '/apis/apps/v1/namespaces/default/bogus', 404, 'the server could not find the requested resource'],
    ['GET', '/apis/apps/v9', 404, 'the server could not find the requested resource'],
    [
      'POST',
      '/api/v1/namespaces/default/configmaps/x',
      405,
      'the server does not allow this method on the requested resource',
    ],
    [
      'PUT',
      '/api/v1/namespaces/default/configmaps',
      405,
      'the server does not allow this method on the requested resource',
    ],
  ])('answers %s %s with %s', async (method, path, status, message) => {
    const answer = await bench.client.request({ method, path, ...(method !== 'GET' && { body: {} }) });
    expect(answer).toMatchObject({ status, body: { kind: 'Status', message, details: {} } });
  });

  it.each([
    '/bogus',
    '/apis/bogus.example.com/v1/things',
    '/apis/flagger.app/v9',
    '/apis/flagger.app/v9/canaries',
    '/apis/flagger.app/v1beta1/bogus',
  ])('knows nothing of %s', async (path) => {
    expect(await bench.client.get(path)).toMatchObject({ status: 404, body: '404 page not found\n' });
  });

  it('refuses a representation that it does not have', async () => {
    const answer = await bench.client.get('/api/v1/namespaces/default', 'text/html');
    expect(answer).toMatchObject({ status: 406, body: { reason: 'NotAcceptable' } });
  });

  it('refuses bodies that it cannot read', async () => {
    const path = inNamespace(core, 'configmaps', namespace);
    const types = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
    expect(await bench.client.post(path, 'a', 'text/plain')).toMatchObject(
      failure(
        415,
        'UnsupportedMediaType',
        `the body of the request was in an unknown format - accepted media types include: ${types}`,
      ),
    );
    expect(await bench.client.post(path, '{"a":')).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
    expect(await bench.client.post(path, '')).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
  });

  it('shows the metadata of one object', async () => {
    const name = bench.name();
    const path = inNamespace(core, 'configmaps', namespace);
    const object = await bench.created(path, configMap(name, { a: '1' }));
    const { body } = await bench.client.get(`${path}/${name}`, asMetadata);
    expect(body).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: at(object, 'metadata'),
    });
  });

  it.each([
    [
      'canaries',
      flagger,
      canary,
      { Status: null, Weight: null, Interval: '1m', StepWeight: '5', MaxWeight: '50', Suspended: null },
    ],
    ['configmaps', core, (name: string) => configMap(name, { a: '1', b: '2' }), { Data: 2 }],
    ['ingresses', networking, ingress, { Class: '<none>', Hosts: 'app.example.com', Address: '', Ports: '80' }],
    [
      'services',
      core,
      (name: string) => service(name, { clusterIP: 'None', selector: { a: 'b' } }),
      { Type: 'ClusterIP', 'Cluster-IP': 'None', 'External-IP': '<none>', 'Port(s)': '80/TCP', Selector: 'a=b' },
    ],
    [
      'deployments',
      apps,
      (name: string) => deployment(name, { paused: true }),
      { Ready: '0/0', 'Up-to-date': 0, Available: 0, Containers: 'web', Images: 'web:1.0', Selector: 'app=web' },
    ],
  ])('shows %s as a table', async (plural, group, make, cells) => {
    const name = bench.name();
    const path = inNamespace(group, plural, namespace);
    await bench.created(path, make(name));
    const { body } = await bench.client.get(`${path}/${name}`, asTable);
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    const columns = listAt(body, 'columnDefinitions').map((column) => textAt(column, 'name'));
    const row = Object.fromEntries(columns.map((column, index) => [column, at(body, `rows.0.cells.${index}`)]));
    expect(row).toMatchObject({ Name: name, ...cells });
    expect(at(body, 'rows.0.object')).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name } });
  });
}
