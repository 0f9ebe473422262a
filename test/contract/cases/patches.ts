// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { failure, successful, versionOf, type Bench } from '../bench.js';
import { at, textAt } from '../cluster.js';
import { apps, canary, configMap, core, deployment, flagger, inNamespace, podTemplate } from '../objects.js';

const rejected = 'the server rejected our request due to an error in our request';

/** A paused Deployment with enough in its template to merge with. */
function template(): object {
  const main = {
    env: [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ],
    ports: [
      { name: 'http', containerPort: 80 },
      { name: 'admin', containerPort: 81 },
    ],
    args: ['one', 'two'],
    volumeMounts: [{ name: 'config', mountPath: '/config' }],
  };
  const side = { name: 'side', image: 'side:1' };
  return podTemplate(
    {},
    {
      containers: [{ name: 'web', image: 'web:1', ...main }, side],
      volumes: [{ name: 'config', configMap: { name: 'config' } }],
      tolerations: [{ key: 'a', operator: 'Exists' }],
      imagePullSecrets: [{ name: 'one' }],
    },
  );
}

const pod = (spec: object): object => ({ spec: { template: { spec } } });
const web = (fields: object): object => pod({ containers: [{ name: 'web', ...fields }] });

/** By strategic merge patch, what it leaves at a path of the pod's spec. */
const strategicRows: readonly (readonly [title: string, patch: object, path: string, result: unknown])[] = [
  [
    'changes one container of two',
    web({ image: 'web:2' }),
    'containers',
    [
      { name: 'web', image: 'web:2' },
      { name: 'side', image: 'side:1' },
    ],
  ],
  [
    'adds a container before the others',
    pod({ containers: [{ name: 'new', image: 'new:1' }] }),
    'containers',
    [{ name: 'new' }, { name: 'web' }, { name: 'side' }],
  ],
  ['deletes a container', pod({ containers: [{ name: 'side', $patch: 'delete' }] }), 'containers', [{ name: 'web' }]],
  [
    'replaces all containers',
    pod({ containers: [{ $patch: 'replace' }, { name: 'new', image: 'new:1' }] }),
    'containers',
    [{ name: 'new' }],
  ],
  [
    'orders containers',
    pod({ $setElementOrder_containers: [{ name: 'side' }, { name: 'web' }] }),
    'containers',
    [{ name: 'side' }, { name: 'web' }],
  ],
  [
    'orders and adds containers',
    pod({
      $setElementOrder_containers: [{ name: 'new' }, { name: 'web' }],
      containers: [{ name: 'new', image: 'new:1' }],
    }),
    'containers',
    [{ name: 'new' }, { name: 'web' }, { name: 'side' }],
  ],
  [
    'merges the environment by name',
    web({
      env: [
        { name: 'B', value: '3' },
        { name: 'C', value: '4' },
      ],
    }),
    'containers.0.env',
    [
      { name: 'A', value: '1' },
      { name: 'B', value: '3' },
      { name: 'C', value: '4' },
    ],
  ],
  [
    'deletes a variable',
    web({ env: [{ name: 'A', $patch: 'delete' }] }),
    'containers.0.env',
    [{ name: 'B', value: '2' }],
  ],
  ['deletes the whole environment', web({ env: null }), 'containers.0.env', undefined],
  [
    'merges ports by their number',
    web({ ports: [{ containerPort: 80, name: 'web' }] }),
    'containers.0.ports',
    [
      { name: 'web', containerPort: 80 },
      { name: 'admin', containerPort: 81 },
    ],
  ],
  ['replaces arguments as a whole', web({ args: ['three'] }), 'containers.0.args', ['three']],
  [
    'merges mounts by path',
    web({ volumeMounts: [{ mountPath: '/config', name: 'config', readOnly: true }] }),
    'containers.0.volumeMounts',
    [{ name: 'config', mountPath: '/config', readOnly: true }],
  ],
  [
    'replaces the source of a volume',
    pod({ volumes: [{ name: 'config', $retainKeys: ['name', 'secret'], secret: { secretName: 's' } }] }),
    'volumes',
    [{ name: 'config', secret: { secretName: 's', defaultMode: 420 } }],
  ],
  [
    'replaces tolerations as a whole',
    pod({ tolerations: [{ key: 'b', operator: 'Exists' }] }),
    'tolerations',
    [{ key: 'b', operator: 'Exists' }],
  ],
  [
    'merges pull secrets by name',
    pod({ imagePullSecrets: [{ name: 'two' }] }),
    'imagePullSecrets',
    [{ name: 'two' }, { name: 'one' }],
  ],
  ['adds members to a map', pod({ nodeSelector: { a: 'b' } }), 'nodeSelector', { a: 'b' }],
  [
    'replaces a map',
    pod({ securityContext: { $patch: 'replace', runAsUser: 1 } }),
    'securityContext',
    { runAsUser: 1 },
  ],
];

/** Directives have a slash in their name, which reads badly in a table. */
function directives(patch: object): unknown {
  return JSON.parse(JSON.stringify(patch).replaceAll('$setElementOrder_', '$setElementOrder/'));
}

export function patchCases(bench: Bench): void {
  const deployments = inNamespace(apps, 'deployments', bench.namespace);
  const configMaps = inNamespace(core, 'configmaps', bench.namespace);
  const canaries = inNamespace(flagger, 'canaries', bench.namespace);

  it.each(strategicRows)('strategic merge patch %s', async (_title, patch, path, result) => {
    const name = bench.name();
    await bench.created(deployments, deployment(name, { paused: true, template: template() }));
    const answer = await bench.client.patch(`${deployments}/${name}`, 'strategic', directives(patch));
    expect(answer.status).toBe(200);
    const found = at(answer.body, `spec.template.spec.${path}`);
    if (Array.isArray(result)) expect(found).toHaveLength(result.length);
    if (result === undefined) expect(found).toBeUndefined();
    else expect({ found }).toMatchObject({ found: result });
  });

  it('strategic merge patch keeps only the keys of a strategy that it retains', async () => {
    const name = bench.name();
    await bench.created(deployments, deployment(name, { paused: true }));
    const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
    const answer = await bench.client.patch(`${deployments}/${name}`, 'strategic', patch);
    expect(at(answer.body, 'spec.strategy')).toEqual({ type: 'Recreate' });
  });

  it('strategic merge patch refuses Recreate beside a rolling update that it did not remove', async () => {
    const name = bench.name();
    await bench.created(deployments, deployment(name, { paused: true }));
    const answer = await bench.client.patch(`${deployments}/${name}`, 'strategic', {
      spec: { strategy: { type: 'Recreate' } },
    });
    expect(textAt(answer.body, 'message')).toContain("may not be specified when strategy `type` is 'Recreate'");
  });

  it('strategic merge patch adds to and removes from a list of texts', async () => {
    const name = bench.name();
    await bench.created(configMaps, configMap(name, {}, { finalizers: ['a.b/one', 'a.b/two'] }));
    const change = { '$deleteFromPrimitiveList/finalizers': ['a.b/one'], finalizers: ['a.b/three'] };
    const answer = await bench.client.patch(`${configMaps}/${name}`, 'strategic', { metadata: change });
    expect(at(answer.body, 'metadata.finalizers')).toEqual(['a.b/three', 'a.b/two']);
    await bench.client.patch(`${configMaps}/${name}`, 'merge', { metadata: { finalizers: null } });
  });

  it('does not know strategic merge patches of custom resources', async () => {
    const name = bench.name();
    await bench.created(canaries, canary(name));
    const types = 'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml';
    expect(await bench.client.patch(`${canaries}/${name}`, 'strategic', {})).toMatchObject(
      failure(
        415,
        'UnsupportedMediaType',
        `the body of the request was in an unknown format - accepted media types include: ${types}`,
      ),
    );
  });

  it('merge patch adds, replaces and removes members, and replaces lists', async () => {
    const name = bench.name();
    await bench.created(configMaps, configMap(name, { a: '1', b: '2' }, { annotations: { x: 'y' } }));
    const answer = await bench.client.patch(`${configMaps}/${name}`, 'merge', {
      data: { a: null, b: '3', c: '4', gone: null },
      metadata: { annotations: null, labels: { l: 'm' } },
    });
    expect(answer).toMatchObject({ status: 200, body: { data: { b: '3', c: '4' }, metadata: { labels: { l: 'm' } } } });
    expect(at(answer.body, 'data.a')).toBeUndefined();
    expect(at(answer.body, 'metadata.annotations')).toBeUndefined();
  });

  it('merge patch replaces the containers of a template as a whole', async () => {
    const name = bench.name();
    await bench.created(deployments, deployment(name, { paused: true, template: template() }));
    const answer = await bench.client.patch(
      `${deployments}/${name}`,
      'merge',
      pod({ containers: [{ name: 'new', image: 'new:1' }] }),
    );
    expect(at(answer.body, 'spec.template.spec.containers')).toMatchObject([{ name: 'new' }]);
  });

  it.each([
    ['add', [{ op: 'add', path: '/data/c', value: '3' }], { a: '1', b: '2', c: '3' }],
    ['add over', [{ op: 'add', path: '/data/a', value: '3' }], { a: '3', b: '2' }],
    ['replace', [{ op: 'replace', path: '/data/a', value: '3' }], { a: '3', b: '2' }],
    ['replace what is not there', [{ op: 'replace', path: '/data/c', value: '3' }], { a: '1', b: '2', c: '3' }],
    ['remove', [{ op: 'remove', path: '/data/a' }], { b: '2' }],
    ['copy', [{ op: 'copy', from: '/data/a', path: '/data/c' }], { a: '1', b: '2', c: '1' }],
    ['move', [{ op: 'move', from: '/data/a', path: '/data/c' }], { b: '2', c: '1' }],
    [
      'test and replace',
      [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'replace', path: '/data/a', value: '3' },
      ],
      { a: '3', b: '2' },
    ],
    [
      'escapes',
      [
        { op: 'add', path: '/metadata/annotations', value: { 'a/b': 'x' } },
        { op: 'move', from: '/metadata/annotations/a~1b', path: '/data/c' },
      ],
      { a: '1', b: '2', c: 'x' },
    ],
  ])('JSON patch: %s', async (_title, operations, data) => {
    const name = bench.name();
    await bench.created(configMaps, configMap(name, { a: '1', b: '2' }));
    const answer = await bench.client.patch(`${configMaps}/${name}`, 'json', operations);
    expect(at(answer.body, 'data')).toEqual(data);
  });

  it.each([
    ['a failing test', [{ op: 'test', path: '/data/a', value: '2' }]],
    ['a removal of nothing', [{ op: 'remove', path: '/data/none' }]],
    ['a path through nothing', [{ op: 'add', path: '/none/a', value: '1' }]],
    ['an unknown operation', [{ op: 'bogus', path: '/data/a', value: '1' }]],
    ['an index out of range', [{ op: 'replace', path: '/metadata/finalizers/4', value: 'a.b/c' }]],
  ])('JSON patch refuses %s', async (_title, operations) => {
    const name = bench.name();
    await bench.created(configMaps, configMap(name, { a: '1' }));
    const answer = await bench.client.patch(`${configMaps}/${name}`, 'json', operations);
    expect(answer).toMatchObject(failure(422, 'Invalid', rejected));
    expect(at(answer.body, 'details.name')).toBeUndefined();
  });

  it('JSON patch works on the items of lists', async () => {
    const name = bench.name();
    await bench.created(deployments, deployment(name, { paused: true, template: template() }));
    const env = '/spec/template/spec/containers/0/env';
    const answer = await bench.client.patch(`${deployments}/${name}`, 'json', [
      { op: 'replace', path: `${env}/1/value`, value: '9' },
      { op: 'add', path: `${env}/-`, value: { name: 'Z', value: '0' } },
      { op: 'add', path: `${env}/0`, value: { name: 'Y', value: '0' } },
      { op: 'remove', path: `${env}/1` },
    ]);
    expect(at(answer.body, 'spec.template.spec.containers.0.env')).toEqual([
      { name: 'Y', value: '0' },
      { name: 'B', value: '9' },
      { name: 'Z', value: '0' },
    ]);
  });

  it.each([
    ['json', '{"op":', 'error decoding patch: unexpected end of JSON input'],
    ['json', '{}', 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp'],
    ['merge', '{"a":', 'error decoding patch: unexpected end of JSON input'],
    ['merge', '[]', 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}'],
  ] as const)('refuses a %s patch that is %s', async (type, body, message) => {
    const name = bench.name();
    await bench.created(configMaps, configMap(name));
    expect(await bench.client.patch(`${configMaps}/${name}`, type, body)).toMatchObject(
      failure(400, 'BadRequest', message),
    );
  });

  it('refuses a patch without a patch type', async () => {
    const name = bench.name();
    await bench.created(configMaps, configMap(name));
    const answer = await bench.client.request({ method: 'PATCH', path: `${configMaps}/${name}`, body: {} });
    expect(answer).toMatchObject(failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type'));
  });

  it('applies a patch to the version that it names, and to no other', async () => {
    const name = bench.name();
    const before = await bench.created(configMaps, configMap(name, { a: '1' }));
    const metadata = { resourceVersion: versionOf(before) };
    successful(await bench.client.patch(`${configMaps}/${name}`, 'merge', { metadata, data: { a: '2' } }));
    const fact = 'the object has been modified; please apply your changes to the latest version and try again';
    for (const answer of [
      await bench.client.patch(`${configMaps}/${name}`, 'merge', { metadata, data: { a: '3' } }),
      await bench.client.patch(`${configMaps}/${name}`, 'json', [
        { op: 'replace', path: '/metadata/resourceVersion', value: versionOf(before) },
        { op: 'replace', path: '/data/a', value: '3' },
      ]),
    ]) {
      expect(answer).toMatchObject(
        failure(409, 'Conflict', `Operation cannot be fulfilled on configmaps "${name}": ${fact}`),
      );
    }
  });

  it('does not let a patch rename an object', async () => {
    const name = bench.name();
    await bench.created(configMaps, configMap(name));
    expect(await bench.client.patch(`${configMaps}/${name}`, 'merge', { metadata: { name: 'other' } })).toMatchObject(
      failure(400, 'BadRequest', `the name of the object (other) does not match the name on the URL (${name})`),
    );
  });

  it('drops unknown fields of a patch with a warning', async () => {
    const name = bench.name();
    const before = await bench.created(configMaps, configMap(name));
    const answer = await bench.client.patch(`${configMaps}/${name}`, 'merge', { bogus: 1 });
    expect(answer.warnings).toEqual([String.raw`unknown field \"bogus\"`]);
    expect(versionOf(answer.body)).toBe(versionOf(before));
  });

  it('refuses unknown fields of a patch when asked to be strict', async () => {
    const name = bench.name();
    await bench.created(configMaps, configMap(name));
    const answer = await bench.client.patch(`${configMaps}/${name}?fieldValidation=Strict`, 'merge', { bogus: 1 });
    expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    expect(textAt(answer.body, 'message')).toMatch(
      /^ "" is invalid: patch: Invalid value: .*strict decoding error: unknown field "bogus"$/,
    );
  });
}
