// SPDX-License-Identifier: Apache-2.0
import { clusterAddressOf, nodePortsOf } from '../defaults/network-defaults.js';
import { objectAt } from '../json.js';
import type { ServedObject } from '../served-object.js';
import type { ClusterState, Commit } from './cluster-state.js';

/** Keeps the pool of addresses in step with the Services in the store. */
export function keepAddresses(state: ClusterState): void {
  state.onCommit(({ resource, type, object, previous }: Commit) => {
    if (resource.plural !== 'services' || resource.group !== '') return;
    if (previous !== undefined) state.addresses.release(...held(previous));
    if (type !== 'deleted') state.addresses.hold(...held(object));
  });
}

function held(service: ServedObject): [address: string, ports: readonly number[]] {
  const spec = objectAt(service, 'spec');
  return [clusterAddressOf(spec), nodePortsOf(spec)];
}
