// SPDX-License-Identifier: Apache-2.0
import {
  daemonSetColumns,
  autoscalerColumns,
  controllerRevisionColumns,
  deploymentColumns,
  replicaSetColumns,
} from '../table/workload-columns.js';
import {
  bindingColumns,
  configMapColumns,
  endpointSliceColumns,
  eventColumns,
  genericColumns,
  ingressClassColumns,
  ingressColumns,
  leaseColumns,
  namespaceColumns,
  networkPolicyColumns,
  nodeColumns,
  plainColumns,
  secretColumns,
  serviceColumns,
} from '../table/other-columns.js';
import { podColumns } from '../table/pod-columns.js';
import { objectType } from '../types/type-table.js';
import {
  endpointSliceRules,
  ingressClassRules,
  ingressRules,
  networkPolicyRules,
  serviceRules,
} from './network-rules.js';
import {
  configMapRules,
  definitionRules,
  eventRules,
  leaseRules,
  namespaceRules,
  nodeRules,
  roleBindingRules,
  roleRules,
  secretRules,
  serviceAccountRules,
} from './other-rules.js';
import { podRules } from './pod-rules.js';
import { metadataFieldsOnly, plainRules, type ResourceType } from './resource-type.js';
import {
  autoscalerRules,
  controllerRevisionRules,
  daemonSetRules,
  deploymentRules,
  replicaSetRules,
} from './workload-rules.js';

interface Group {
  readonly group: string;
  readonly version: string;
  /** Its types in kubernetes-types.json. */
  readonly types: string;
}

const core: Group = { group: '', version: 'v1', types: 'core.v1' };
const apps: Group = { group: 'apps', version: 'v1', types: 'apps.v1' };
const autoscaling: Group = { group: 'autoscaling', version: 'v2', types: 'autoscaling.v2' };
const coordination: Group = { group: 'coordination.k8s.io', version: 'v1', types: 'coordination.v1' };
const discovery: Group = { group: 'discovery.k8s.io', version: 'v1', types: 'discovery.v1' };
const networking: Group = { group: 'networking.k8s.io', version: 'v1', types: 'networking.v1' };
const rbac: Group = { group: 'rbac.authorization.k8s.io', version: 'v1', types: 'rbac.v1' };
const extensions: Group = { group: 'apiextensions.k8s.io', version: 'v1', types: 'apiextensions.v1' };

function builtIn({ types, ...group }: Group, kind: string, parts: Partial<ResourceType>): ResourceType {
  const singular = kind.toLowerCase();
  return {
    ...group,
    kind,
    plural: `${singular}s`,
    singular,
    shortNames: [],
    categories: [],
    isNamespaced: true,
    hasScale: false,
    schema: { kind: 'typed', type: objectType(`${types}.${kind}`) },
    selectable: metadataFieldsOnly,
    columns: plainColumns,
    rules: plainRules,
    ...parts,
  };
}

const all = ['all'];
const clusterWide = { isNamespaced: false } as const;

const eventFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath']
  .map((field) => `involvedObject.${field}`)
  .concat('reason', 'reportingComponent', 'source', 'type');
const podFields = ['nodeName', 'restartPolicy', 'schedulerName', 'serviceAccountName', 'hostNetwork']
  .map((field) => `spec.${field}`)
  .concat('status.phase', 'status.podIP', 'status.nominatedNodeName');

function selectable(...paths: readonly string[]): ResourceType['selectable'] {
  return { paths, refusal: 'plain' };
}

/** The kinds that every cluster serves, as far as the operator and the users of its guide touch them. */
export function builtInResources(): readonly ResourceType[] {
  return [...coreResources(), ...workloadResources(), ...networkResources(), ...policyResources()];
}

function coreResources(): readonly ResourceType[] {
  return [
    builtIn(core, 'ConfigMap', { shortNames: ['cm'], columns: configMapColumns, rules: configMapRules }),
    builtIn(core, 'Event', {
      shortNames: ['ev'],
      columns: eventColumns,
      rules: eventRules,
      selectable: selectable(...eventFields),
    }),
    builtIn(core, 'Namespace', {
      ...clusterWide,
      shortNames: ['ns'],
      columns: namespaceColumns,
      rules: namespaceRules,
      selectable: selectable('status.phase', 'name'),
    }),
    builtIn(core, 'Node', {
      ...clusterWide,
      shortNames: ['no'],
      columns: nodeColumns,
      rules: nodeRules,
      selectable: selectable('spec.unschedulable'),
    }),
    builtIn(core, 'Pod', {
      shortNames: ['po'],
      categories: all,
      columns: podColumns,
      rules: podRules,
      selectable: selectable(...podFields),
    }),
    builtIn(core, 'Secret', { columns: secretColumns, rules: secretRules, selectable: selectable('type') }),
    builtIn(core, 'Service', {
      shortNames: ['svc'],
      categories: all,
      columns: serviceColumns,
      rules: serviceRules,
      selectable: selectable('spec.clusterIP', 'spec.type'),
    }),
    builtIn(core, 'ServiceAccount', { shortNames: ['sa'], rules: serviceAccountRules }),
  ];
}

function workloadResources(): readonly ResourceType[] {
  return [
    builtIn(apps, 'ControllerRevision', { columns: controllerRevisionColumns, rules: controllerRevisionRules }),
    builtIn(apps, 'DaemonSet', {
      shortNames: ['ds'],
      categories: all,
      columns: daemonSetColumns,
      rules: daemonSetRules,
    }),
    builtIn(apps, 'Deployment', {
      shortNames: ['deploy'],
      categories: all,
      hasScale: true,
      columns: deploymentColumns,
      rules: deploymentRules,
    }),
    builtIn(apps, 'ReplicaSet', {
      shortNames: ['rs'],
      categories: all,
      hasScale: true,
      columns: replicaSetColumns,
      rules: replicaSetRules,
      selectable: { paths: ['status.replicas'], refusal: 'listed' },
    }),
    builtIn(autoscaling, 'HorizontalPodAutoscaler', {
      shortNames: ['hpa'],
      categories: all,
      columns: autoscalerColumns,
      rules: autoscalerRules,
    }),
  ];
}

function networkResources(): readonly ResourceType[] {
  return [
    builtIn(discovery, 'EndpointSlice', { columns: endpointSliceColumns, rules: endpointSliceRules }),
    builtIn(networking, 'Ingress', {
      plural: 'ingresses',
      shortNames: ['ing'],
      columns: ingressColumns,
      rules: ingressRules,
    }),
    builtIn(networking, 'IngressClass', {
      ...clusterWide,
      plural: 'ingressclasses',
      columns: ingressClassColumns,
      rules: ingressClassRules,
    }),
    builtIn(networking, 'NetworkPolicy', {
      plural: 'networkpolicies',
      shortNames: ['netpol'],
      columns: networkPolicyColumns,
      rules: networkPolicyRules,
    }),
  ];
}

function policyResources(): readonly ResourceType[] {
  return [
    builtIn(coordination, 'Lease', { columns: leaseColumns, rules: leaseRules }),
    builtIn(rbac, 'ClusterRole', { ...clusterWide, columns: genericColumns, rules: roleRules }),
    builtIn(rbac, 'ClusterRoleBinding', { ...clusterWide, columns: bindingColumns, rules: roleBindingRules }),
    builtIn(rbac, 'Role', { columns: genericColumns, rules: roleRules }),
    builtIn(rbac, 'RoleBinding', { columns: bindingColumns, rules: roleBindingRules }),
    builtIn(extensions, 'CustomResourceDefinition', {
      ...clusterWide,
      shortNames: ['crd', 'crds'],
      categories: ['api-extensions'],
      columns: genericColumns,
      rules: definitionRules,
    }),
  ];
}
