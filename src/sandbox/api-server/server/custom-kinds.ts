// SPDX-License-Identifier: Apache-2.0
import { objectAt, textAt } from '../json.js';
import type { ServedObject } from '../served-object.js';
import type { ClusterState } from './cluster-state.js';

/** Serves the kinds of CustomResourceDefinitions as soon as these are stored, and no longer. */
export function serveCustomKinds(state: ClusterState): void {
  state.onCommit(({ resource, type, object }) => {
    if (resource.plural !== 'customresourcedefinitions') return;
    const { name } = object.metadata;
    if (type === 'deleted') {
      const kinds = state.registry.all().filter((kind) => isOf(kind.group, kind.plural, object));
      state.registry.define(name, undefined);
      for (const kind of kinds) state.dropCollection(kind);
      return;
    }
    state.registry.define(name, object);
    for (const kind of state.registry.all()) if (isOf(kind.group, kind.plural, object)) state.collection(kind);
  });
}

function isOf(group: string, plural: string, definition: ServedObject): boolean {
  const spec = objectAt(definition, 'spec');
  return textAt(spec, 'group') === group && textAt(objectAt(spec, 'names'), 'plural') === plural;
}
