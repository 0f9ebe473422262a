// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { successful, uidOf, versionOf, type Bench } from '../bench.js';
import { asMetadata, asTable, at, listAt, textAt, type Frame } from '../cluster.js';
import { canary, configMap, core, flagger, inNamespace } from '../objects.js';

export function watchCases(bench: Bench): void {
  const { namespace } = bench;
  const configMaps = inNamespace(core, 'configmaps', namespace);
  const canaries = inNamespace(flagger, 'canaries', namespace);
  const only = (name: string): string => `fieldSelector=metadata.name%3D${name}`;
  const types = (frames: readonly Frame[]): readonly string[] => frames.map(({ type }) => type);
  const afterFrames = (count: number) => (frames: readonly Frame[]) => frames.length >= count;

  /** Creates, changes and deletes an object. */
  async function liveAndDie(path: string, name: string, object: object): Promise<void> {
    successful(await bench.client.post(path, object));
    for (const a of ['1', '2']) {
      successful(await bench.client.patch(`${path}/${name}`, 'merge', { metadata: { labels: { a } } }));
    }
    successful(await bench.client.delete(`${path}/${name}`));
  }

  it.each([
    ['a ConfigMap', configMaps, configMap],
    ['a Canary', canaries, canary],
  ])('tells the life of %s in order, under growing versions', async (_kind, path, make) => {
    const name = bench.name();
    const start = versionOf(successful(await bench.client.get(`${path}?limit=1`)));
    const frames = await bench.client.watch(`${path}?resourceVersion=${start}&timeoutSeconds=20&${only(name)}`, {
      onOpen: () => liveAndDie(path, name, make(name)),
      until: afterFrames(4),
    });
    expect(types(frames)).toEqual(['ADDED', 'MODIFIED', 'MODIFIED', 'DELETED']);
    const versions = frames.map(({ object }) => Number(versionOf(object)));
    expect(versions).toEqual([...new Set(versions)].toSorted((left, right) => left - right));
    expect(frames.map(({ object }) => at(object, 'metadata.labels.a'))).toEqual([undefined, '1', '2', '2']);
    expect(new Set(frames.map(({ object }) => uidOf(object))).size).toBe(1);
    expect(textAt(frames[0]?.object, 'kind')).toBe(textAt(make(name), 'kind'));
  });

  it('tells what happened between a list and its watch', async () => {
    const name = bench.name();
    const list = successful(await bench.client.get(configMaps));
    await liveAndDie(configMaps, name, configMap(name));
    const path = `${configMaps}?resourceVersion=${versionOf(list)}&timeoutSeconds=20&${only(name)}`;
    const frames = await bench.client.watch(path, { until: afterFrames(4) });
    expect(types(frames)).toEqual(['ADDED', 'MODIFIED', 'MODIFIED', 'DELETED']);
  });

  it('goes on after the version of any object that was seen', async () => {
    const name = bench.name();
    const object = await bench.created(configMaps, configMap(name));
    await bench.client.patch(`${configMaps}/${name}`, 'merge', { data: { a: '1' } });
    const path = `${configMaps}?resourceVersion=${versionOf(object)}&timeoutSeconds=20&${only(name)}`;
    const frames = await bench.client.watch(path, { until: afterFrames(1) });
    expect(types(frames)).toEqual(['MODIFIED']);
  });

  it.each(['', '&resourceVersion=0'])('begins with what is there when asked with "%s"', async (version) => {
    const name = bench.name();
    const object = await bench.created(configMaps, configMap(name, { a: '1' }));
    const frames = await bench.client.watch(`${configMaps}?timeoutSeconds=20&${only(name)}${version}`, {
      until: afterFrames(1),
    });
    expect(frames).toEqual([{ type: 'ADDED', object }]);
  });

  it('tells the writes of many objects in the order of their versions', async () => {
    const start = versionOf(successful(await bench.client.get(`${configMaps}?limit=1`)));
    const labels = { order: bench.name() };
    const names = Array.from({ length: 8 }, () => bench.name());
    const frames = await bench.client.watch(
      `${configMaps}?resourceVersion=${start}&timeoutSeconds=20&labelSelector=order%3D${labels.order}`,
      {
        onOpen: () => Promise.all(names.map((name) => bench.created(configMaps, configMap(name, {}, { labels })))),
        until: afterFrames(names.length),
      },
    );
    const versions = frames.map(({ object }) => Number(versionOf(object)));
    expect(versions).toEqual(versions.toSorted((left, right) => left - right));
    expect(new Set(frames.map(({ object }) => textAt(object, 'metadata.name')))).toEqual(new Set(names));
  });

  it('adds what comes to match a selector, and deletes what no longer does', async () => {
    const name = bench.name();
    const label = bench.name();
    const object = await bench.created(configMaps, configMap(name, { a: '1' }));
    const setLabel = (value: string | null): Promise<unknown> =>
      bench.client.patch(`${configMaps}/${name}`, 'merge', {
        metadata: { labels: { watched: value } },
        data: { a: value ?? 'left' },
      });
    const path = `${configMaps}?resourceVersion=${versionOf(object)}&timeoutSeconds=20&labelSelector=watched%3D${label}`;
    const frames = await bench.client.watch(path, {
      onOpen: async () => {
        await setLabel(label);
        await setLabel('other');
        await setLabel(null);
        await setLabel(label);
      },
      until: afterFrames(3),
    });
    expect(types(frames)).toEqual(['ADDED', 'DELETED', 'ADDED']);
    // What left is shown as it was when it still matched, under the version that made it leave.
    expect(at(frames[1]?.object, 'data.a')).toBe(label);
    expect(Number(versionOf(frames[1]?.object))).toBeGreaterThan(Number(versionOf(frames[0]?.object)));
  });

  it('sees only its namespace', async () => {
    const start = versionOf(successful(await bench.client.get(`${configMaps}?limit=1`)));
    const labels = { scope: bench.name() };
    const [here, there] = [bench.name(), bench.name()];
    const frames = await bench.client.watch(
      `${configMaps}?resourceVersion=${start}&timeoutSeconds=20&labelSelector=scope%3D${labels.scope}`,
      {
        onOpen: async () => {
          await bench.client.post(inNamespace(core, 'configmaps', 'default'), configMap(there, {}, { labels }));
          await bench.created(configMaps, configMap(here, {}, { labels }));
          await bench.client.delete(`${inNamespace(core, 'configmaps', 'default')}/${there}`);
        },
        until: afterFrames(1),
      },
    );
    expect(frames.map(({ object }) => textAt(object, 'metadata.name'))).toEqual([here]);
  });

  it('shows an object that waits for a finalizer as modified, then as deleted', async () => {
    const name = bench.name();
    const object = await bench.created(configMaps, configMap(name, {}, { finalizers: ['contract.flagger.app/hold'] }));
    const frames = await bench.client.watch(
      `${configMaps}?resourceVersion=${versionOf(object)}&timeoutSeconds=20&${only(name)}`,
      {
        onOpen: async () => {
          await bench.client.delete(`${configMaps}/${name}`);
          await bench.client.patch(`${configMaps}/${name}`, 'merge', { metadata: { finalizers: null } });
        },
        until: (seen) => seen.at(-1)?.type === 'DELETED',
      },
    );
    expect(types(frames)).toEqual(['MODIFIED', 'DELETED']);
    expect(textAt(frames[0]?.object, 'metadata.deletionTimestamp')).not.toBe('');
    // As it was stored last, which was with the finalizer.
    expect(at(frames[1]?.object, 'metadata.finalizers')).toEqual(['contract.flagger.app/hold']);
  });

  it('shows a pod as told to go before it is gone', async () => {
    const name = bench.name();
    const pods = inNamespace(core, 'pods', namespace);
    const object = await bench.created(pods, {
      metadata: { name },
      spec: { nodeName: 'nowhere', containers: [{ name: 'web', image: 'web' }] },
    });
    const path = `${pods}?resourceVersion=${versionOf(object)}&timeoutSeconds=20&${only(name)}`;
    const frames = await bench.client.watch(path, {
      onOpen: async () => {
        await bench.client.delete(`${pods}/${name}`);
        await bench.client.delete(`${pods}/${name}`, { gracePeriodSeconds: 0 });
      },
      until: afterFrames(3),
    });
    expect(frames.map((frame) => [frame.type, at(frame.object, 'metadata.deletionGracePeriodSeconds')])).toEqual([
      ['MODIFIED', 30],
      ['MODIFIED', 0],
      ['DELETED', 0],
    ]);
    const [first = 0, second = 0] = frames.map(({ object: pod }) =>
      Date.parse(textAt(pod, 'metadata.deletionTimestamp')),
    );
    expect(first - second).toBe(30_000);
  });

  it('says nothing of a write that changes nothing', async () => {
    const name = bench.name();
    const object = await bench.created(configMaps, configMap(name, { a: '1' }));
    const frames = await bench.client.watch(
      `${configMaps}?resourceVersion=${versionOf(object)}&timeoutSeconds=20&${only(name)}`,
      {
        onOpen: async () => {
          await bench.client.put(`${configMaps}/${name}`, configMap(name, { a: '1' }));
          await bench.client.patch(`${configMaps}/${name}`, 'merge', { data: { a: '2' } });
        },
        until: afterFrames(1),
      },
    );
    expect(frames.map((frame) => [frame.type, at(frame.object, 'data.a')])).toEqual([['MODIFIED', '2']]);
  });

  it('tells metadata only', async () => {
    const name = bench.name();
    const object = await bench.created(configMaps, configMap(name, { a: '1' }));
    const frames = await bench.client.watch(
      `${configMaps}?resourceVersion=${versionOf(object)}&timeoutSeconds=20&${only(name)}`,
      {
        accept: asMetadata,
        onOpen: () => bench.client.patch(`${configMaps}/${name}`, 'merge', { data: { a: '2' } }),
        until: afterFrames(1),
      },
    );
    expect(frames[0]).toMatchObject({
      type: 'MODIFIED',
      object: { kind: 'PartialObjectMetadata', metadata: { name, uid: uidOf(object) } },
    });
    expect(at(frames[0]?.object, 'data')).toBeUndefined();
  });

  it('tells rows of a table', async () => {
    const name = bench.name();
    await bench.created(canaries, canary(name));
    const frames = await bench.client.watch(`${canaries}?timeoutSeconds=20&${only(name)}`, {
      accept: asTable,
      onOpen: () =>
        bench.client.patch(`${canaries}/${name}/status`, 'merge', {
          status: { phase: 'Progressing', canaryWeight: 5 },
        }),
      until: afterFrames(2),
    });
    expect(frames.map(({ object }) => listAt(object, 'rows.0.cells').slice(0, 3))).toEqual([
      [name, null, null],
      [name, 'Progressing', '5'],
    ]);
    expect(at(frames[0]?.object, 'columnDefinitions.1.name')).toBe('Status');
  });

  it('ends when its time is up', async () => {
    const frames = await bench.client.watch(`${configMaps}?timeoutSeconds=1&${only('none')}`);
    expect(frames).toEqual([]);
  });

  it('says that a version is too old', async () => {
    const frames = await bench.client.watch(`${canaries}?resourceVersion=1&timeoutSeconds=20`);
    expect(frames).toMatchObject([
      { type: 'ERROR', object: { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410 } },
    ]);
    expect(textAt(frames[0]?.object, 'message')).toMatch(/^too old resource version: 1 \(\d+\)$/);
  });

  it('refuses a version that is no number', async () => {
    const answer = await bench.client.get(`${configMaps}?watch=true&resourceVersion=abc`);
    expect(answer).toMatchObject({
      status: 500,
      body: {
        message: 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
        code: 500,
      },
    });
  });
}
