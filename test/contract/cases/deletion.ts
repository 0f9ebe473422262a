// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { eventually, failure, successful, uidOf, versionOf, type Bench } from '../bench.js';
import { at, listAt, textAt } from '../cluster.js';
import { canary, configMap, coordination, core, flagger, inNamespace, service } from '../objects.js';

export function deletionCases(bench: Bench): void {
  const { namespace } = bench;
  const configMaps = inNamespace(core, 'configmaps', namespace);
  const canaries = inNamespace(flagger, 'canaries', namespace);
  const pods = inNamespace(core, 'pods', namespace);
  const finalizers = ['contract.flagger.app/hold'];
  const owned = (owner: unknown, reference: object = {}): object => ({
    ownerReferences: [
      { apiVersion: 'v1', kind: 'ConfigMap', name: at(owner, 'metadata.name'), uid: uidOf(owner), ...reference },
    ],
  });
  const isGone = (path: string): Promise<unknown> =>
    eventually(
      () => bench.client.get(path),
      ({ status }) => status === 404,
    );

  it.each([
    { kind: 'ConfigMap', path: configMaps, make: configMap, resource: 'configmaps', group: '' },
    { kind: 'Canary', path: canaries, make: canary, resource: 'canaries', group: 'flagger.app' },
    {
      kind: 'Lease',
      path: inNamespace(coordination, 'leases', namespace),
      make: (name: string): object => ({ metadata: { name }, spec: {} }),
      resource: 'leases',
      group: 'coordination.k8s.io',
    },
  ])('answers the deletion of a $kind with a Status', async ({ path, make, resource, group }) => {
    const name = bench.name();
    const object = await bench.created(path, make(name));
    const { status, body } = await bench.client.delete(`${path}/${name}`);
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Success',
        details: { name, ...(group !== '' && { group }), kind: resource, uid: uidOf(object) },
      },
    });
    expect((await bench.client.get(`${path}/${name}`)).status).toBe(404);
  });

  it('answers the deletion of a Service with the Service', async () => {
    const name = bench.name();
    const path = inNamespace(core, 'services', namespace);
    const object = await bench.created(path, service(name));
    const { body } = await bench.client.delete(`${path}/${name}`);
    expect(body).toMatchObject({ kind: 'Service', metadata: { name, uid: uidOf(object) } });
    expect(at(body, 'spec')).toEqual(at(object, 'spec'));
  });

  it('deletes the object of the uid that is named, and no other', async () => {
    const name = bench.name();
    const path = `${configMaps}/${name}`;
    const object = await bench.created(configMaps, configMap(name));
    const answer = await bench.client.delete(path, { preconditions: { uid: 'other' } });
    const fact = `the UID in the precondition (other) does not match the UID in record (${uidOf(object)}). The object might have been deleted and then recreated`;
    expect(answer).toMatchObject(
      failure(409, 'Conflict', `Operation cannot be fulfilled on ConfigMap "${name}": ${fact}`),
    );
    expect((await bench.client.delete(path, { preconditions: { uid: uidOf(object) } })).status).toBe(200);
  });

  it('deletes the object of the version that is named, and no other', async () => {
    const name = bench.name();
    const path = `${configMaps}/${name}`;
    const object = await bench.created(configMaps, configMap(name));
    const answer = await bench.client.delete(path, { preconditions: { resourceVersion: '1' } });
    const fact = `the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${versionOf(object)}). The object might have been modified`;
    expect(answer).toMatchObject(
      failure(409, 'Conflict', `Operation cannot be fulfilled on ConfigMap "${name}": ${fact}`),
    );
    expect((await bench.client.delete(path, { preconditions: { resourceVersion: versionOf(object) } })).status).toBe(
      200,
    );
  });

  it('refuses an unknown propagation policy', async () => {
    const name = bench.name();
    await bench.created(configMaps, configMap(name));
    const answer = await bench.client.delete(`${configMaps}/${name}`, { propagationPolicy: 'Bogus' });
    const fact =
      'propagationPolicy: Unsupported value: "Bogus": supported values: "Foreground", "Background", "Orphan", "nil"';
    expect(answer).toMatchObject(failure(422, 'Invalid', `DeleteOptions.meta.k8s.io "" is invalid: ${fact}`));
  });

  it('keeps an object with finalizers until the last one is gone', async () => {
    const name = bench.name();
    const path = `${configMaps}/${name}`;
    const object = await bench.created(configMaps, configMap(name, {}, { finalizers }));
    const going = successful(await bench.client.delete(path));
    expect(going).toMatchObject({ kind: 'ConfigMap', metadata: { finalizers, deletionGracePeriodSeconds: 0 } });
    expect(textAt(going, 'metadata.deletionTimestamp')).toMatch(/Z$/);
    expect(versionOf(going)).not.toBe(versionOf(object));
    expect(versionOf(successful(await bench.client.delete(path)))).toBe(versionOf(going));
    const changed = successful(await bench.client.patch(path, 'merge', { data: { still: 'here' } }));
    expect(at(changed, 'metadata.deletionTimestamp')).toBe(at(going, 'metadata.deletionTimestamp'));
    const last = successful(await bench.client.patch(path, 'merge', { metadata: { finalizers: null } }));
    expect(at(last, 'data')).toEqual({ still: 'here' });
    expect((await bench.client.get(path)).status).toBe(404);
  });

  it('counts the deletion of a Canary as a generation', async () => {
    const name = bench.name();
    const path = `${canaries}/${name}`;
    await bench.created(canaries, { ...canary(name), metadata: { name, finalizers } });
    expect(at((await bench.client.delete(path)).body, 'metadata.generation')).toBe(2);
    await bench.client.patch(path, 'merge', { metadata: { finalizers: null } });
    expect((await bench.client.get(path)).status).toBe(404);
  });

  it('takes no new finalizers on the way out', async () => {
    const name = bench.name();
    const path = `${configMaps}/${name}`;
    await bench.created(configMaps, configMap(name, {}, { finalizers }));
    await bench.client.delete(path);
    const answer = await bench.client.patch(path, 'merge', { metadata: { finalizers: [...finalizers, 'a.b/c'] } });
    const fact =
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a.b/c"}';
    expect(answer).toMatchObject(failure(422, 'Invalid', `ConfigMap "${name}" is invalid: ${fact}`));
    await bench.client.patch(path, 'merge', { metadata: { finalizers: null } });
  });

  it('gives a name free for a new object with a new uid', async () => {
    const name = bench.name();
    const before = await bench.created(configMaps, configMap(name));
    await bench.client.delete(`${configMaps}/${name}`);
    expect(uidOf(await bench.created(configMaps, configMap(name)))).not.toBe(uidOf(before));
  });

  it('deletes what matches a selector, and tells what it was', async () => {
    const labels = { sweep: bench.name() };
    const names = [bench.name(), bench.name()];
    for (const name of names) await bench.created(configMaps, configMap(name, {}, { labels }));
    const kept = bench.name();
    await bench.created(configMaps, configMap(kept));
    const answer = await bench.client.delete(`${configMaps}?labelSelector=sweep%3D${labels.sweep}`);
    expect(answer).toMatchObject({ status: 200, body: { kind: 'ConfigMapList' } });
    expect(listAt(answer.body, 'items')).toHaveLength(2);
    for (const name of names) expect((await bench.client.get(`${configMaps}/${name}`)).status).toBe(404);
    expect((await bench.client.get(`${configMaps}/${kept}`)).status).toBe(200);
  });

  it('collects what a deleted owner leaves behind', async () => {
    const [ownerName, name] = [bench.name(), bench.name()];
    const owner = await bench.created(configMaps, configMap(ownerName));
    await bench.created(configMaps, configMap(name, {}, owned(owner)));
    await bench.client.delete(`${configMaps}/${ownerName}`, { propagationPolicy: 'Background' });
    await isGone(`${configMaps}/${name}`);
  });

  it('collects through generations of owners', async () => {
    const [first, second, third] = [bench.name(), bench.name(), bench.name()];
    const owner = await bench.created(configMaps, configMap(first));
    const middle = await bench.created(configMaps, configMap(second, {}, owned(owner)));
    await bench.created(configMaps, configMap(third, {}, owned(middle)));
    await bench.client.delete(`${configMaps}/${first}`);
    await isGone(`${configMaps}/${third}`);
  });

  it('collects an object whose owner never was', async () => {
    const name = bench.name();
    const owner = { metadata: { name: 'never', uid: '11111111-1111-4111-8111-111111111111' } };
    await bench.created(configMaps, configMap(name, {}, owned(owner)));
    await isGone(`${configMaps}/${name}`);
  });

  it('keeps an object while one of its owners lives', async () => {
    const names = [bench.name(), bench.name()];
    const [one, two] = [
      await bench.created(configMaps, configMap(names[0] ?? '')),
      await bench.created(configMaps, configMap(names[1] ?? '')),
    ];
    const ownerReferences = [one, two].flatMap((owner) => listAt(owned(owner), 'ownerReferences'));
    const name = bench.name();
    await bench.created(configMaps, configMap(name, {}, { ownerReferences }));
    await bench.client.delete(`${configMaps}/${names[0] ?? ''}`);
    const answer = await eventually(
      () => bench.client.get(`${configMaps}/${name}`),
      ({ body }) => listAt(body, 'metadata.ownerReferences').length === 1,
    );
    expect(at(answer.body, 'metadata.ownerReferences.0.uid')).toBe(uidOf(two));
  });

  it('deletes an owner in the foreground after its dependents', async () => {
    const [ownerName, name] = [bench.name(), bench.name()];
    const owner = await bench.created(configMaps, configMap(ownerName));
    await bench.created(configMaps, configMap(name, {}, { ...owned(owner, { blockOwnerDeletion: true }), finalizers }));
    const going = successful(
      await bench.client.delete(`${configMaps}/${ownerName}`, { propagationPolicy: 'Foreground' }),
    );
    expect(at(going, 'metadata.finalizers')).toEqual(['foregroundDeletion']);
    await eventually(
      () => bench.client.get(`${configMaps}/${name}`),
      ({ body }) => at(body, 'metadata.deletionTimestamp') !== undefined,
    );
    expect((await bench.client.get(`${configMaps}/${ownerName}`)).status).toBe(200);
    await bench.client.patch(`${configMaps}/${name}`, 'json', [{ op: 'remove', path: '/metadata/finalizers/0' }]);
    await isGone(`${configMaps}/${name}`);
    await isGone(`${configMaps}/${ownerName}`);
  });

  it('leaves orphans behind when asked to', async () => {
    const [ownerName, name] = [bench.name(), bench.name()];
    const owner = await bench.created(configMaps, configMap(ownerName));
    await bench.created(configMaps, configMap(name, {}, owned(owner)));
    const going = successful(await bench.client.delete(`${configMaps}/${ownerName}`, { propagationPolicy: 'Orphan' }));
    expect(at(going, 'metadata.finalizers')).toEqual(['orphan']);
    await isGone(`${configMaps}/${ownerName}`);
    const orphan = await bench.client.get(`${configMaps}/${name}`);
    expect(orphan.status).toBe(200);
    expect(at(orphan.body, 'metadata.ownerReferences')).toBeUndefined();
  });

  it('removes a pod that no node runs at once', async () => {
    const name = bench.name();
    await bench.created(pods, { metadata: { name }, spec: { containers: [{ name: 'web', image: 'web' }] } });
    const answer = await bench.client.delete(`${pods}/${name}`);
    expect(answer).toMatchObject({
      status: 200,
      body: { kind: 'Pod', metadata: { deletionGracePeriodSeconds: 0, generation: 2 } },
    });
    expect((await bench.client.get(`${pods}/${name}`)).status).toBe(404);
  });

  it('gives a running pod its grace period, and less when asked to', async () => {
    const name = bench.name();
    const path = `${pods}/${name}`;
    await bench.created(pods, {
      metadata: { name },
      spec: { nodeName: 'nowhere', containers: [{ name: 'web', image: 'web' }] },
    });
    const first = await bench.client.delete(path);
    expect(first).toMatchObject({ status: 200, body: { metadata: { deletionGracePeriodSeconds: 30, generation: 2 } } });
    expect(versionOf((await bench.client.delete(path)).body)).toBe(versionOf(first.body));
    const shorter = await bench.client.delete(path, { gracePeriodSeconds: 5 });
    expect(shorter).toMatchObject({ body: { metadata: { deletionGracePeriodSeconds: 5, generation: 2 } } });
    expect((await bench.client.get(path)).status).toBe(200);
    await bench.client.delete(path, { gracePeriodSeconds: 0 });
    expect((await bench.client.get(path)).status).toBe(404);
  });

  it('empties a namespace before it goes, and lets nothing new in', async () => {
    const name = `${namespace}-gone`;
    const inside = inNamespace(core, 'configmaps', name);
    const created = await bench.created('/api/v1/namespaces', { metadata: { name } });
    expect(created).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
    await bench.created(inside, configMap('held', {}, { finalizers }));
    await bench.created(inside, configMap('free'));
    const going = await bench.client.delete(`/api/v1/namespaces/${name}`);
    expect(going).toMatchObject({ status: 200, body: { kind: 'Namespace', status: { phase: 'Terminating' } } });
    const late = await bench.client.post(inside, configMap('late'));
    const fact = `unable to create new content in namespace ${name} because it is being terminated`;
    expect(late).toMatchObject(failure(403, 'Forbidden', `configmaps "late" is forbidden: ${fact}`));
    expect(at(late.body, 'details.causes')).toEqual([
      { reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' },
    ]);
    await isGone(`${inside}/free`);
    expect((await bench.client.get(`/api/v1/namespaces/${name}`)).status).toBe(200);
    await bench.client.patch(`${inside}/held`, 'merge', { metadata: { finalizers: null } });
    await isGone(`/api/v1/namespaces/${name}`);
  });
}
