// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { failure, successful, uidOf, versionOf, type Bench } from '../bench.js';
import { at, textAt } from '../cluster.js';
import { canary, configMap, coordination, core, flagger, inNamespace, service } from '../objects.js';

const modified = 'the object has been modified; please apply your changes to the latest version and try again';

export function versionCases(bench: Bench): void {
  const { namespace } = bench;
  const configMaps = inNamespace(core, 'configmaps', namespace);
  const leases = inNamespace(coordination, 'leases', namespace);
  const services = inNamespace(core, 'services', namespace);
  const canaries = inNamespace(flagger, 'canaries', namespace);

  it('gives a new object uid, time and version, and reads it back the same', async () => {
    const name = bench.name();
    const object = await bench.created(configMaps, configMap(name, { a: 'b' }));
    expect(object).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data: { a: 'b' },
    });
    expect(uidOf(object)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(textAt(object, 'metadata.creationTimestamp')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(versionOf(object)).toMatch(/^\d+$/);
    expect((await bench.client.get(`${configMaps}/${name}`)).body).toEqual(object);
  });

  it('counts all writes of all kinds by one growing number', async () => {
    const objects = [
      await bench.created(configMaps, configMap(bench.name())),
      await bench.created(services, service(bench.name())),
      await bench.created(canaries, canary(bench.name())),
      await bench.created(configMaps, configMap(bench.name())),
    ];
    const versions = objects.map((object) => Number(versionOf(object)));
    expect(versions).toEqual(versions.toSorted((left, right) => left - right));
    expect(new Set(versions).size).toBe(versions.length);
  });

  it('makes up the rest of a name', async () => {
    const object = await bench.created(configMaps, { metadata: { generateName: 'made-up-' } });
    expect(textAt(object, 'metadata.name')).toMatch(/^made-up-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(at(object, 'metadata.generateName')).toBe('made-up-');
  });

  it('refuses a second object of one name', async () => {
    const name = bench.name();
    await bench.created(configMaps, configMap(name));
    const answer = await bench.client.post(configMaps, configMap(name));
    expect(answer).toMatchObject(failure(409, 'AlreadyExists', `configmaps "${name}" already exists`));
    expect(at(answer.body, 'details')).toEqual({ name, kind: 'configmaps' });
  });

  it('refuses an object with a version', async () => {
    const answer = await bench.client.post(configMaps, configMap(bench.name(), {}, { resourceVersion: '5' }));
    expect(answer).toMatchObject({
      status: 500,
      body: { status: 'Failure', message: 'resourceVersion should not be set on objects to be created' },
    });
  });

  it('refuses an object in a namespace that does not exist', async () => {
    const answer = await bench.client.post(inNamespace(core, 'configmaps', 'no-such'), configMap('a'));
    expect(answer).toMatchObject(failure(404, 'NotFound', 'namespaces "no-such" not found'));
  });

  it.each([
    ['configmaps', configMaps, 'configmaps "none" not found'],
    ['canaries', canaries, 'canaries.flagger.app "none" not found'],
    ['leases', leases, 'leases.coordination.k8s.io "none" not found'],
  ])('does not find an object of %s that is not there', async (_resource, path, message) => {
    expect(await bench.client.get(`${path}/none`)).toMatchObject(failure(404, 'NotFound', message));
    expect(await bench.client.delete(`${path}/none`)).toMatchObject(failure(404, 'NotFound', message));
    expect(await bench.client.patch(`${path}/none`, 'merge', {})).toMatchObject(failure(404, 'NotFound', message));
  });

  it('replaces an object of the version that was read, under a new one', async () => {
    const name = bench.name();
    const read = await bench.created(configMaps, configMap(name, { a: '1' }));
    const metadata = { name, resourceVersion: versionOf(read) };
    const written = successful(await bench.client.put(`${configMaps}/${name}`, { metadata, data: { a: '2' } }));
    expect(Number(versionOf(written))).toBeGreaterThan(Number(versionOf(read)));
    expect(written).toMatchObject({ metadata: { uid: uidOf(read) }, data: { a: '2' } });
  });

  it('refuses to replace an object that has changed since', async () => {
    const name = bench.name();
    const read = await bench.created(configMaps, configMap(name, { a: '1' }));
    successful(await bench.client.put(`${configMaps}/${name}`, configMap(name, { a: '2' })));
    const answer = await bench.client.put(
      `${configMaps}/${name}`,
      configMap(name, { a: '3' }, { resourceVersion: versionOf(read) }),
    );
    expect(answer).toMatchObject(
      failure(409, 'Conflict', `Operation cannot be fulfilled on configmaps "${name}": ${modified}`),
    );
    expect(at(answer.body, 'details')).toEqual({ name, kind: 'configmaps' });
  });

  it('lets exactly one of many writers of one version win', async () => {
    const name = bench.name();
    const read = await bench.created(configMaps, configMap(name));
    const writers = Array.from({ length: 6 }, (_, index) =>
      bench.client.put(
        `${configMaps}/${name}`,
        configMap(name, { writer: `${index}` }, { resourceVersion: versionOf(read) }),
      ),
    );
    const codes = (await Promise.all(writers)).map(({ status }) => status);
    expect(codes.toSorted()).toEqual([200, 409, 409, 409, 409, 409]);
  });

  it('overwrites a ConfigMap when no version is given', async () => {
    const name = bench.name();
    await bench.created(configMaps, configMap(name, { a: '1' }));
    expect(await bench.client.put(`${configMaps}/${name}`, configMap(name, { b: '2' }))).toMatchObject({
      status: 200,
      body: { data: { b: '2' } },
    });
  });

  it.each([
    ['canaries', canaries, canary],
    ['leases', leases, (name: string) => ({ metadata: { name }, spec: {} })],
  ])('asks for the version of %s', async (resource, path, object) => {
    const name = bench.name();
    await bench.created(path, object(name));
    const group = resource === 'canaries' ? 'flagger.app' : 'coordination.k8s.io';
    const answer = await bench.client.put(`${path}/${name}`, object(name));
    const fact = 'metadata.resourceVersion: Invalid value: 0: must be specified for an update';
    expect(answer).toMatchObject(failure(422, 'Invalid', `${resource}.${group} "${name}" is invalid: ${fact}`));
  });

  it('keeps the version when nothing changes', async () => {
    const name = bench.name();
    const object = await bench.created(configMaps, configMap(name, { a: '1' }));
    const again = successful(await bench.client.put(`${configMaps}/${name}`, configMap(name, { a: '1' })));
    expect(versionOf(again)).toBe(versionOf(object));
    const patched = successful(await bench.client.patch(`${configMaps}/${name}`, 'merge', { data: { a: '1' } }));
    expect(versionOf(patched)).toBe(versionOf(object));
  });

  it('refuses to replace an object of another uid', async () => {
    const name = bench.name();
    const object = await bench.created(configMaps, configMap(name));
    const answer = await bench.client.put(`${configMaps}/${name}`, configMap(name, {}, { uid: 'other' }));
    const fact = `Precondition failed: UID in precondition: other, UID in object meta: ${uidOf(object)}`;
    const storage = `StorageError: invalid object, Code: 4, Key: /registry/configmaps/${namespace}/${name}, ResourceVersion: 0, AdditionalErrorMsg: ${fact}`;
    expect(answer).toMatchObject(
      failure(409, 'Conflict', `Operation cannot be fulfilled on configmaps "${name}": ${storage}`),
    );
  });

  it.each([
    [
      'name',
      { name: 'other' },
      (name: string) => `the name of the object (other) does not match the name on the URL (${name})`,
    ],
    [
      'namespace',
      { namespace: 'other' },
      () => 'the namespace of the provided object does not match the namespace sent on the request',
    ],
  ])('refuses an object whose %s is not that of the URL', async (_field, metadata, message) => {
    const name = bench.name();
    await bench.created(configMaps, configMap(name));
    const answer = await bench.client.put(`${configMaps}/${name}`, configMap(name, {}, metadata));
    expect(answer).toMatchObject(failure(400, 'BadRequest', message(name)));
  });

  it('refuses a version that is no number', async () => {
    const name = bench.name();
    await bench.created(configMaps, configMap(name));
    const answer = await bench.client.put(`${configMaps}/${name}`, configMap(name, {}, { resourceVersion: 'abc' }));
    expect(answer).toMatchObject({
      status: 500,
      body: { message: 'strconv.ParseUint: parsing "abc": invalid syntax', code: 500 },
    });
  });

  it.each([
    ['a Lease', leases, (name: string) => ({ metadata: { name }, spec: {} }), 201],
    ['a Service', services, service, 201],
    ['a ConfigMap', configMaps, configMap, 404],
    ['a Canary', canaries, canary, 404],
  ])('answers a PUT of %s that does not exist with its code', async (_kind, path, object, code) => {
    const name = bench.name();
    expect((await bench.client.put(`${path}/${name}`, object(name))).status).toBe(code);
  });

  it('creates a Lease anew over the version of its predecessor', async () => {
    const name = bench.name();
    const before = await bench.created(leases, { metadata: { name }, spec: {} });
    await bench.client.delete(`${leases}/${name}`);
    const metadata = { name, resourceVersion: versionOf(before) };
    const answer = await bench.client.put(`${leases}/${name}`, { metadata, spec: { holderIdentity: 'me' } });
    expect(answer.status).toBe(201);
    expect(uidOf(answer.body)).not.toBe(uidOf(before));
  });

  it('does not let a client set deletionTimestamp', async () => {
    const name = bench.name();
    await bench.created(configMaps, configMap(name));
    const deletionTimestamp = '2020-01-01T00:00:00Z';
    const answer = await bench.client.put(`${configMaps}/${name}`, configMap(name, {}, { deletionTimestamp }));
    expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    expect(textAt(answer.body, 'message')).toContain('metadata.deletionTimestamp: Invalid value');
    expect(textAt(answer.body, 'message')).toContain('field is immutable');
  });

  it('ignores the generation, creationTimestamp and selfLink of an update', async () => {
    const name = bench.name();
    const object = await bench.created(canaries, canary(name));
    const metadata = {
      name,
      resourceVersion: versionOf(object),
      generation: 9,
      selfLink: '/x',
      creationTimestamp: '2020-01-01T00:00:00Z',
    };
    const written = successful(await bench.client.put(`${canaries}/${name}`, { ...canary(name), metadata }));
    expect(at(written, 'metadata.generation')).toBe(1);
    expect(at(written, 'metadata.selfLink')).toBeUndefined();
    expect(at(written, 'metadata.creationTimestamp')).toBe(at(object, 'metadata.creationTimestamp'));
  });

  it('changes nothing in a dry run', async () => {
    const name = bench.name();
    const path = `${configMaps}/${name}`;
    expect(await bench.client.post(`${configMaps}?dryRun=All`, configMap(name))).toMatchObject({ status: 201 });
    expect((await bench.client.get(path)).status).toBe(404);
    const object = await bench.created(configMaps, configMap(name, { a: '1' }));
    expect(await bench.client.put(`${path}?dryRun=All`, configMap(name, { a: '2' }))).toMatchObject({
      body: { data: { a: '2' }, metadata: { resourceVersion: versionOf(object) } },
    });
    expect(await bench.client.patch(`${path}?dryRun=All`, 'merge', { data: { b: '3' } })).toMatchObject({
      body: { data: { a: '1', b: '3' } },
    });
    expect(await bench.client.delete(`${path}?dryRun=All`)).toMatchObject({ status: 200, body: { status: 'Success' } });
    expect((await bench.client.get(path)).body).toEqual(object);
  });
}
