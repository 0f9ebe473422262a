// SPDX-License-Identifier: Apache-2.0
import { resources } from '../../kube/index.js';
import {
  controllerRevisionTemplates,
  daemonSetKind,
  deploymentKind,
  replicaSetTemplates,
} from '../../workload/index.js';
import { observePods } from './pod-workloads.js';
import { observeServiceTarget } from './service-workloads.js';
import type { Lookup, Workloads } from './workloads.js';

/** Looks at target and primary, whatever kind they are of. */
export function observeWorkloads(look: Lookup): Promise<Workloads> {
  const { cache } = look.deps;
  switch (look.spec.target.kind) {
    case 'Deployment':
      return observePods(look, {
        ...deploymentKind,
        watched: cache.deployments,
        history: async (client, target) =>
          replicaSetTemplates(await client.list(resources.replicaSets, target.metadata.namespace), target),
      });
    case 'DaemonSet':
      return observePods(look, {
        ...daemonSetKind,
        watched: cache.daemonSets,
        history: async (client, target) =>
          controllerRevisionTemplates(
            await client.list(resources.controllerRevisions, target.metadata.namespace),
            target,
          ),
      });
    case 'Service':
      return Promise.resolve(observeServiceTarget(look));
  }
}
