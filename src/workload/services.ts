// SPDX-License-Identifier: Apache-2.0
import type { OwnerReference, Service, ServicePort } from '../api/kubernetes.js';
import { canaryName, fluxOffSwitch, primaryName } from '../api/names.js';
import type { ServiceSpec } from '../api/rollout-spec.js';
import { defined } from '../lib/defined.js';
import { primaryLabelValue } from './selector-label.js';
import type { SelectorLabel } from './selector-label.js';

export type ServiceRole = 'apex' | 'primary' | 'canary';

export interface ServiceContext {
  /** The Canary. */
  readonly owner: OwnerReference;
  readonly namespace: string;
  readonly service: ServiceSpec;
  readonly selectorLabel: SelectorLabel;
  /** From `wantedPorts`. */
  readonly ports: readonly ServicePort[];
}

/** Name of the Service of this role. */
export function serviceName(role: ServiceRole, baseName: string): string {
  switch (role) {
    case 'apex':
      return baseName;
    case 'primary':
      return primaryName(baseName);
    case 'canary':
      return canaryName(baseName);
  }
}

/** The Service of this role as it is created. The apex leads to the primary's pods. */
export function wantedService(role: ServiceRole, context: ServiceContext): Service {
  const { owner, namespace, service, selectorLabel, ports } = context;
  const name = serviceName(role, service.name);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace,
      labels: { ...service[role].labels, [selectorLabel.key]: name },
      annotations: { ...service[role].annotations, ...fluxOffSwitch },
      ownerReferences: [owner],
    },
    spec: {
      type: 'ClusterIP',
      ...(service.headless && { clusterIP: 'None' }),
      selector: { [selectorLabel.key]: role === 'canary' ? selectorLabel.value : primaryLabelValue(selectorLabel) },
      ports,
      ...defined({ trafficDistribution: service.trafficDistribution }),
    },
  };
}
