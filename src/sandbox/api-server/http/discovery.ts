// SPDX-License-Identifier: Apache-2.0
import type { JsonObject } from '../json.js';
import { apiVersionOf, type ResourceType } from '../kinds/resource-type.js';
import type { ResourceRegistry } from '../server/resource-registry.js';

/** What clients find out about the kinds that are served. */

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Namespaces are deleted one by one. */
function verbsOf({ group, plural }: ResourceType): readonly string[] {
  return group === '' && plural === 'namespaces' ? verbs.filter((verb) => verb !== 'deletecollection') : verbs;
}

const subresourceVerbs = ['get', 'patch', 'update'];

/** GET /api */
export function coreVersions(): JsonObject {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
}

/** GET /apis */
export function groupList(registry: ResourceRegistry): JsonObject {
  const groups = [...new Set(registry.all().map(({ group }) => group))].filter((group) => group !== '');
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map((group) => groupFields(registry, group)) };
}

/** GET /apis/<group>; undefined when there is no such group. */
export function groupOf(registry: ResourceRegistry, group: string): JsonObject | undefined {
  if (!registry.all().some((resource) => resource.group === group)) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupFields(registry, group) };
}

function groupFields(registry: ResourceRegistry, group: string): JsonObject {
  const versions = versionsOf(registry, group).map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function versionsOf(registry: ResourceRegistry, group: string): readonly string[] {
  const resources = registry.all().filter((resource) => resource.group === group);
  return [...new Set(resources.map(({ version }) => version))];
}

/** GET /api/v1, /apis/<group>/<version>; undefined when there is no such version. */
export function resourceList(registry: ResourceRegistry, group: string, version: string): JsonObject | undefined {
  const resources = resourcesOf(registry, group, version);
  const [first] = resources;
  if (first === undefined) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(first),
    resources: resources.flatMap(resourceEntries),
  };
}

function resourcesOf(registry: ResourceRegistry, group: string, version: string): readonly ResourceType[] {
  return registry
    .all()
    .filter((resource) => resource.group === group && resource.version === version)
    .toSorted((left, right) => (left.plural < right.plural ? -1 : 1));
}

function resourceEntries(resource: ResourceType): readonly JsonObject[] {
  const { plural, singular, isNamespaced: namespaced, kind, shortNames, categories, hasScale, rules } = resource;
  const subresource = { singularName: '', namespaced, verbs: subresourceVerbs };
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs: verbsOf(resource),
      ...(shortNames.length > 0 && { shortNames }),
      ...(categories.length > 0 && { categories }),
    },
    ...(hasScale
      ? [{ ...subresource, name: `${plural}/scale`, group: 'autoscaling', version: 'v1', kind: 'Scale' }]
      : []),
    ...(rules.hasStatus ? [{ ...subresource, name: `${plural}/status`, kind }] : []),
  ];
}

/** GET /api and /apis in the newer form, which tells everything at once. */
export function aggregatedDiscovery(registry: ResourceRegistry, root: 'api' | 'apis'): JsonObject {
  const all = [...new Set(registry.all().map(({ group }) => group))];
  const groups = all.filter((group) => (group === '') === (root === 'api'));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((group) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versionsOf(registry, group).map((version) => ({
        version,
        resources: resourcesOf(registry, group, version).map(discoveryEntry),
        freshness: 'Current',
      })),
    })),
  };
}

function discoveryEntry(resource: ResourceType): JsonObject {
  const { plural, singular, isNamespaced, kind, shortNames, categories, hasScale, rules } = resource;
  const { group, version } = resource;
  const entry = (subresource: string, responseKind: JsonObject): JsonObject => ({
    subresource,
    responseKind,
    verbs: subresourceVerbs,
  });
  const subresources = [
    ...(hasScale ? [entry('scale', { group: 'autoscaling', version: 'v1', kind: 'Scale' })] : []),
    ...(rules.hasStatus ? [entry('status', { group, version, kind })] : []),
  ];
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: isNamespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: verbsOf(resource),
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && { subresources }),
  };
}
