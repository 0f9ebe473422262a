// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { silentLogger } from '../lib/logger.js';
import { ObjectStore, type StoreChange, type StoredObject } from './object-store.js';
import { recordingLogger, type LogLine } from './testing.js';

function object(name: string, resourceVersion: number | string, uid = `uid-${name}`, namespace = 'test'): StoredObject {
  return { metadata: { namespace, name, uid, resourceVersion: String(resourceVersion) } };
}

function aStore(): { store: ObjectStore<StoredObject>; changes: StoreChange<StoredObject>[] } {
  const store = new ObjectStore<StoredObject>(silentLogger);
  const changes: StoreChange<StoredObject>[] = [];
  store.subscribe((change) => changes.push(change));
  return { store, changes };
}

const inOrder = (objects: readonly StoredObject[]) =>
  objects.map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`).sort();

describe('ObjectStore', () => {
  it('gives objects by key and by namespace', () => {
    const { store } = aStore();
    store.apply(object('a', 1, 'u1', 'one'));
    store.apply(object('a', 2, 'u2', 'two'));
    expect(store.get({ namespace: 'one', name: 'a' })).toEqual(object('a', 1, 'u1', 'one'));
    expect(store.get({ namespace: 'one', name: 'b' })).toBeUndefined();
    expect(store.list('two')).toEqual([object('a', 2, 'u2', 'two')]);
    expect(store.list('three')).toEqual([]);
    expect(store.list()).toHaveLength(2);
    expect(store.size).toBe(2);
  });

  it.each`
    stored                    | offered                   | taken    | why
    ${'5'}                    | ${'6'}                    | ${true}  | ${'newer'}
    ${'5'}                    | ${'5'}                    | ${false} | ${'the same'}
    ${'6'}                    | ${'5'}                    | ${false} | ${'older'}
    ${'9'}                    | ${'10'}                   | ${true}  | ${'newer as a number, not as text'}
    ${'18446744073709551614'} | ${'18446744073709551615'} | ${true}  | ${'newer beyond 2^53'}
    ${'18446744073709551615'} | ${'18446744073709551614'} | ${false} | ${'older beyond 2^53'}
    ${'x1'}                   | ${'x2'}                   | ${true}  | ${'of unknown order'}
    ${'x1'}                   | ${'x1'}                   | ${false} | ${'the same text'}
  `('$offered after $stored is taken=$taken, for it is $why', ({ stored, offered, taken }) => {
    const { store, changes } = aStore();
    store.apply(object('a', String(stored)));
    expect(store.put(object('a', String(offered)))).toBe(taken);
    expect(changes).toHaveLength(taken === true ? 2 : 1);
  });

  it('never brings a deleted uid back, by the watch or by a write', () => {
    const { store } = aStore();
    store.apply(object('a', 1));
    store.remove(object('a', 3));
    expect(store.apply(object('a', 4))).toBe(false);
    expect(store.put(object('a', 2))).toBe(false);
    expect(store.size).toBe(0);
  });

  it('does not bring an object back that was created by us and gone before we heard of it', () => {
    const { store } = aStore();
    store.replaceAll({ objects: [], resourceVersion: '20' });
    expect(store.put(object('a', 15))).toBe(false);
    expect(store.put(object('b', 21))).toBe(true);
  });

  it('tells delete and recreate under one name as two objects', () => {
    const { store, changes } = aStore();
    store.apply(object('a', 1, 'first'));
    store.put(object('a', 5, 'second'));
    store.remove(object('a', 4, 'first'));
    expect(changes.map(({ type, object: { metadata } }) => `${type} ${metadata.uid}`)).toEqual([
      'added first',
      'deleted first',
      'added second',
    ]);
  });

  it('keeps an object of ours that is newer than a list that lacks it', () => {
    const { store } = aStore();
    store.apply(object('a', 1));
    store.put(object('b', 50));
    store.replaceAll({ objects: [object('c', 40)], resourceVersion: '40' });
    expect(inOrder(store.list())).toEqual(['b uid-b 50', 'c uid-c 40']);
  });

  it('believes a list from before what it has seen: the past was rewritten', () => {
    const { store, changes } = aStore();
    store.replaceAll({ objects: [object('a', 90), object('b', 91, 'second')], resourceVersion: '100' });
    store.remove(object('c', 101));
    store.replaceAll({ objects: [object('a', 9), object('b', 8, 'first'), object('c', 7)], resourceVersion: '10' });
    expect(inOrder(store.list())).toEqual(['a uid-a 9', 'b first 8', 'c uid-c 7']);
    expect(store.resourceVersion).toBe('10');
    expect(changes.slice(2).map(({ type, object: { metadata } }) => `${type} ${metadata.uid}`)).toEqual([
      'updated uid-a',
      'deleted second',
      'added first',
      'added uid-c',
    ]);
  });

  it('takes in again by the watch what a list from before it lacked', () => {
    const { store } = aStore();
    store.replaceAll({ objects: [object('a', 90)], resourceVersion: '100' });
    store.put(object('b', 101));
    store.apply(object('a', 102));
    store.replaceAll({ objects: [object('a', 90)], resourceVersion: '95' });
    store.apply(object('b', 101));
    expect(inOrder(store.list())).toEqual(['a uid-a 90', 'b uid-b 101']);
  });

  it('tells the state before each change', () => {
    const { store, changes } = aStore();
    store.apply(object('a', 1));
    store.apply(object('a', 2));
    store.remove(object('a', 3));
    expect(changes).toEqual([
      { type: 'added', object: object('a', 1), previous: undefined },
      { type: 'updated', object: object('a', 2), previous: object('a', 1) },
      { type: 'deleted', object: object('a', 3), previous: object('a', 2) },
    ]);
  });

  it('logs a listener that throws and calls the others', () => {
    const lines: LogLine[] = [];
    const store = new ObjectStore<StoredObject>(recordingLogger(lines));
    const names: string[] = [];
    store.subscribe(() => {
      throw new Error('mine');
    });
    const unsubscribe = store.subscribe((change) => names.push(change.object.metadata.name));
    store.apply(object('a', 1));
    unsubscribe();
    store.apply(object('b', 2));
    expect(names).toEqual(['a']);
    expect(lines.map(({ fields }) => fields.error)).toEqual(['mine', 'mine']);
  });

  it('indexes objects stored before and after', () => {
    const { store } = aStore();
    store.apply(object('a', 1, 'u1', 'one'));
    const byNamespace = store.createIndex(({ metadata }) => [metadata.namespace ?? '']);
    store.apply(object('b', 2, 'u2', 'one'));
    expect(byNamespace.get('one')).toHaveLength(2);
    store.remove(object('a', 3, 'u1', 'one'));
    expect(byNamespace.get('one')).toEqual([object('b', 2, 'u2', 'one')]);
    expect(byNamespace.get('two')).toEqual([]);
  });
});

/** One change in the server's history, numbered by its resourceVersion. */
interface Change {
  readonly type: 'apply' | 'remove';
  readonly object: StoredObject;
}

/** Builds a history from random choices of names: create, update or delete whatever is there. */
function historyOf(choices: readonly { readonly name: string; readonly deletes: boolean }[]): readonly Change[] {
  const live = new Map<string, string>();
  return choices.map(({ name, deletes }, index) => {
    const resourceVersion = index + 1;
    const uid = live.get(name);
    if (uid !== undefined && deletes) {
      live.delete(name);
      return { type: 'remove', object: object(name, resourceVersion, uid) };
    }
    const liveUid = uid ?? `${name}${resourceVersion}`;
    live.set(name, liveUid);
    return { type: 'apply', object: object(name, resourceVersion, liveUid) };
  });
}

function stateAfter(history: readonly Change[], count: number): readonly StoredObject[] {
  const state = new Map<string, StoredObject>();
  for (const change of history.slice(0, count)) {
    if (change.type === 'apply') state.set(change.object.metadata.name, change.object);
    else state.delete(change.object.metadata.name);
  }
  return [...state.values()];
}

describe('ObjectStore, for any history and any delivery', () => {
  const choices = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), deletes: fc.boolean() }), {
    minLength: 1,
  });
  /** Deliver the next events of the watch, list again at a later moment, or take in the late result of some write. */
  const deliveries = fc.array(
    fc.record({ kind: fc.constantFrom('watch', 'relist', 'write'), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );

  it('keeps its promises to listeners, ends like the server, and its index equals a search', () => {
    fc.assert(
      fc.property(choices, deliveries, (chosen, steps) => {
        const history = historyOf(chosen);
        const { store, changes } = aStore();
        const index = store.createIndex(({ metadata }) => [metadata.uid ?? '']);
        let seen = 0;
        const watchTo = (end: number): void => {
          for (const change of history.slice(seen, end)) store[change.type](change.object);
          seen = Math.max(seen, end);
        };
        for (const { kind, share } of steps) {
          const at = Math.floor(share * history.length);
          const write = history[at];
          if (kind === 'watch') watchTo(at);
          else if (kind === 'write' && write?.type === 'apply') store.put(write.object);
          else if (kind === 'relist' && at > seen) {
            store.replaceAll({ objects: stateAfter(history, at), resourceVersion: String(at) });
            seen = at;
          }
        }
        watchTo(history.length);
        expect(inOrder(store.list())).toEqual(inOrder(stateAfter(history, history.length)));
        expectPromisesKept(changes, store);
        for (const stored of store.list()) expect(index.get(stored.metadata.uid ?? '')).toEqual([stored]);
      }),
    );
  });
});

/** A listener that keeps its own copy sees no uid go back or come back, and ends with what the store has. */
function expectPromisesKept(changes: readonly StoreChange<StoredObject>[], store: ObjectStore<StoredObject>): void {
  const copy = new Map<string, StoredObject>();
  const gone = new Set<string>();
  for (const change of changes) {
    const { name, uid = '', resourceVersion } = change.object.metadata;
    expect(change.previous).toEqual(copy.get(name));
    expect(gone).not.toContain(uid);
    if (change.type === 'deleted') {
      copy.delete(name);
      gone.add(uid);
      continue;
    }
    if (change.previous !== undefined) {
      expect(Number(resourceVersion)).toBeGreaterThan(Number(change.previous.metadata.resourceVersion));
      expect(uid).toBe(change.previous.metadata.uid);
    }
    copy.set(name, change.object);
  }
  expect(inOrder([...copy.values()])).toEqual(inOrder(store.list()));
}
