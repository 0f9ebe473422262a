// SPDX-License-Identifier: Apache-2.0
import type { GeneratedObjects, ObjectState } from '../../rollout/index.js';
import type { ServiceChange } from '../../workload/index.js';
import type { Situation } from '../situation.js';

/** How the generated objects, the routes apart, compare with what the Canary asks for. */
export function generatedObjects(situation: Situation): GeneratedObjects {
  const { services } = situation;
  return {
    canaryService: serviceState(services.canary),
    primaryService: serviceState(services.primary),
    apexService: serviceState(services.apex),
    primaryAutoscaler: situation.autoscaler?.primaryState ?? 'notWanted',
  };
}

/** How a Service compares with the wanted one; undefined: none is wanted. */
function serviceState(change: ServiceChange | undefined): ObjectState {
  switch (change?.kind) {
    case undefined:
      return 'notWanted';
    case 'none':
      return 'asWanted';
    case 'create':
      return 'missing';
    case 'replace':
    case 'patch':
      return 'drifted';
  }
}
