// SPDX-License-Identifier: Apache-2.0

/** What the path of a request names. */
export type RequestPath =
  | {
      readonly kind: 'resource';
      readonly group: string;
      readonly version: string;
      /** Empty: all namespaces, or a kind without. */
      readonly namespace: string;
      readonly plural: string;
      /** Undefined: the collection. */
      readonly name: string | undefined;
      readonly subresource: string | undefined;
    }
  | { readonly kind: 'groupVersion'; readonly group: string; readonly version: string }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'other'; readonly path: string };

/** `/apis/apps/v1/namespaces/test/deployments/podinfo/status` and the like. */
export function parsePath(path: string): RequestPath {
  const [root, ...steps] = path.split('/').filter((step) => step !== '');
  if (root === 'api' && steps.length > 0) return withinGroup('', steps);
  if (root !== 'apis' || steps.length === 0) return { kind: 'other', path };
  const [group = '', ...rest] = steps;
  return rest.length === 0 ? { kind: 'group', group } : withinGroup(group, rest);
}

function withinGroup(group: string, [version = '', ...steps]: readonly string[]): RequestPath {
  if (steps.length === 0) return { kind: 'groupVersion', group, version };
  const [first = '', second, third] = steps;
  const namespace = first === 'namespaces' && isResource(third) ? (second ?? '') : '';
  const [plural = '', name, subresource] = namespace === '' ? steps : steps.slice(2);
  return {
    kind: 'resource',
    group,
    version,
    namespace: decodeURIComponent(namespace),
    plural,
    name: name === undefined ? undefined : decodeURIComponent(name),
    subresource,
  };
}

/** What stands before it is a scope then; else the namespace itself is meant. */
function isResource(step: string | undefined): boolean {
  return step !== undefined && step !== 'status' && step !== 'finalize';
}
