// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { ConfigMap, OwnerReference } from '../api/kubernetes.js';
import { otherCanaries, primaryConfig } from './primary-config.js';
import type { ConfigCopyContext } from './primary-config.js';
import { aConfigMap, aSecret, flaggerState, owner, written } from './test-objects.js';
import { binaryChecksum } from './tracked-configs.js';

const context: ConfigCopyContext = { owner, includeLabelPrefix: [], inUse: new Set() };
const otherCanary: OwnerReference = { ...owner, name: 'other', uid: 'other-uid' };

function created(source: ConfigMap): ConfigMap {
  const change = primaryConfig(source, undefined, context);
  if (change.kind !== 'create') throw new Error(change.kind);
  return change.object;
}

/** As the API server gives it back. */
function stored(source: ConfigMap): ConfigMap {
  const object = created(source);
  return { ...object, metadata: { ...object.metadata, uid: 'copy-uid', resourceVersion: '3' } };
}

describe('primaryConfig', () => {
  it.each(['ConfigMap', 'Secret'] as const)(
    'makes the %s that Flagger makes, plus the checksum of binary data',
    (kind) => {
      const state = flaggerState('after-init');
      const name = kind === 'Secret' ? 'podinfo-token' : 'podinfo-env';
      const source = state.get(kind, name);
      const flaggers = state.get(kind, `${name}-primary`);
      const change = primaryConfig(source, undefined, context);
      expect(change.kind).toBe('create');
      expect('object' in change && written(change.object)).toEqual({
        ...written(flaggers),
        metadata: {
          ...(written(flaggers).metadata as object), // our own fixture
          annotations: { 'flagger.app/binary-checksum': binaryChecksum(source) },
        },
      });
    },
  );

  it('D20: copies binaryData and immutable', () => {
    const source = aConfigMap({ data: { a: 'b' }, binaryData: { f: 'AA==' }, immutable: true });
    expect(created(source)).toMatchObject({ data: { a: 'b' }, binaryData: { f: 'AA==' }, immutable: true });
  });

  it('copies labels by prefix only, and no annotations', () => {
    const source = aConfigMap(
      {},
      { labels: { app: 'x', 'team/a': 'y' }, annotations: { note: 'z' }, uid: 'u', resourceVersion: '1' },
    );
    const change = primaryConfig(source, undefined, { ...context, includeLabelPrefix: ['team/'] });
    expect('object' in change && change.object.metadata).toEqual({
      name: 'env-primary',
      namespace: 'test',
      labels: { 'team/a': 'y' },
      annotations: { 'flagger.app/binary-checksum': binaryChecksum(source) },
      ownerReferences: [owner],
    });
  });

  it('changes nothing that is as wanted', () => {
    const source = aConfigMap({ data: { a: 'b' }, binaryData: { f: 'AA==' } });
    expect(primaryConfig(source, stored(source), context)).toEqual({ kind: 'none' });
  });

  it('replaces the whole contents of a copy, with its resourceVersion, and keeps annotations of others', () => {
    const previous = stored(aConfigMap({ data: { a: 'b', gone: 'x' }, binaryData: { f: 'AA==' } }));
    const annotated = {
      ...previous,
      metadata: { ...previous.metadata, annotations: { ...previous.metadata.annotations, note: 'n' } },
    };
    const source = aConfigMap({ data: { a: 'c' } }, { uid: 'source', resourceVersion: '99' });
    const change = primaryConfig(source, annotated, context);
    expect(change).toEqual({
      kind: 'replace',
      object: {
        ...source,
        metadata: {
          ...annotated.metadata,
          annotations: { note: 'n', 'flagger.app/binary-checksum': binaryChecksum(source) },
        },
      },
    });
  });

  it('adds the checksum to a copy of the same contents that Flagger made', () => {
    const state = flaggerState('after-promote');
    const change = primaryConfig(
      state.get('ConfigMap', 'podinfo-env'),
      state.get('ConfigMap', 'podinfo-env-primary'),
      context,
    );
    expect(change.kind).toBe('replace');
  });

  it('makes a copy mutable only by making it anew, and an immutable one too', () => {
    const immutable = stored(aConfigMap({ data: { a: 'b' }, immutable: true }));
    const source = aConfigMap({ data: { a: 'c' }, immutable: true });
    const change = primaryConfig(source, immutable, context);
    expect(change).toEqual({ kind: 'recreate', previous: immutable, object: created(source) });
    expect(primaryConfig(aConfigMap({ data: { a: 'b' } }), immutable, context).kind).toBe('recreate');
    expect(primaryConfig(source, stored(aConfigMap({ data: { a: 'b' } })), context).kind).toBe('replace');
  });

  it('makes a Secret of another type anew', () => {
    const previous = primaryConfig(aSecret({ data: { a: 'YQ==' } }), undefined, context);
    if (previous.kind !== 'create') throw new Error(previous.kind);
    const tls = aSecret({ type: 'kubernetes.io/tls', data: { a: 'YQ==' } });
    expect(primaryConfig(tls, previous.object, context).kind).toBe('recreate');
    expect(primaryConfig(aSecret({ type: 'Opaque', data: { a: 'YQ==' } }), previous.object, context).kind).toBe('none');
  });

  it('D22: keeps other owners, none of which is the controller, and names the Canaries among them', () => {
    const source = aConfigMap({ data: { a: 'b' } });
    const previous = stored(source);
    const shared = { ...previous, metadata: { ...previous.metadata, ownerReferences: [otherCanary] } };
    const change = primaryConfig(source, shared, context);
    expect('object' in change && change.object.metadata.ownerReferences).toEqual([
      owner,
      { ...otherCanary, controller: false },
    ]);
    expect(otherCanaries(shared, owner)).toEqual([otherCanary]);
    expect(otherCanaries(previous, owner)).toEqual([]);
  });

  it('takes over a copy without an owner, when it is ours or the primary runs with it', () => {
    const source = aConfigMap({ data: { a: 'c' } });
    const previous = stored(aConfigMap({ data: { a: 'b' } }));
    const orphan = { ...previous, metadata: { ...previous.metadata, ownerReferences: [] } };
    expect(primaryConfig(source, orphan, context).kind).toBe('replace');
    const flaggers = aConfigMap({ data: { a: 'b' } }, { name: 'env-primary' });
    expect(primaryConfig(source, flaggers, { ...context, inUse: new Set(['configmap/env']) }).kind).toBe('replace');
    expect(primaryConfig(source, flaggers, { ...context, inUse: new Set(['secret/env']) }).kind).toBe('foreign');
  });

  it('S7: never overwrites an object that is no copy', () => {
    const users = aConfigMap({ data: { mine: 'x' } }, { name: 'env-primary' });
    expect(primaryConfig(aConfigMap(), users, context)).toEqual({
      kind: 'foreign',
      message:
        "ConfigMap env-primary.test exists and belongs to no Canary, so it cannot hold the primary's copy of env: rename it, " +
        'or switch tracking of env off with the annotation flagger.app/config-tracking: disabled',
    });
  });
});
