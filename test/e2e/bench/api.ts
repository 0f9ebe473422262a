// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../../src/api/index.js';

/** An object with whatever the API server sent, for tests that look at fields the product has no type for. */
export type AnyObject = KubeObject & Readonly<Record<string, unknown>>;

/** The API server's answer was no success. */
export class ApiFailure extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Where the plain-HTTP door to the API server is; it speaks as an administrator (see control-plane.ts). */
export const adminApiUrl = 'http://127.0.0.1:8001';

const groupOf: Readonly<Record<string, string>> = {
  namespaces: '/api/v1',
  nodes: '/api/v1',
  pods: '/api/v1',
  services: '/api/v1',
  configmaps: '/api/v1',
  secrets: '/api/v1',
  events: '/api/v1',
  serviceaccounts: '/api/v1',
  deployments: '/apis/apps/v1',
  daemonsets: '/apis/apps/v1',
  replicasets: '/apis/apps/v1',
  endpointslices: '/apis/discovery.k8s.io/v1',
  ingresses: '/apis/networking.k8s.io/v1',
  horizontalpodautoscalers: '/apis/autoscaling/v2',
  leases: '/apis/coordination.k8s.io/v1',
  roles: '/apis/rbac.authorization.k8s.io/v1',
  rolebindings: '/apis/rbac.authorization.k8s.io/v1',
  scaledobjects: '/apis/keda.sh/v1alpha1',
  canaries: '/apis/flagger.app/v1beta1',
  metrictemplates: '/apis/flagger.app/v1beta1',
  alertproviders: '/apis/flagger.app/v1beta1',
  customresourcedefinitions: '/apis/apiextensions.k8s.io/v1',
  apiservices: '/apis/apiregistration.k8s.io/v1',
  clusterroles: '/apis/rbac.authorization.k8s.io/v1',
  clusterrolebindings: '/apis/rbac.authorization.k8s.io/v1',
};

/** Path of a resource: `deployments`, namespace and name optional; `canaries`, `test`, `podinfo`, `status`. */
export function resourcePath(resource: string, namespace?: string, ...rest: readonly string[]): string {
  const group = groupOf[resource];
  if (group === undefined) throw new Error(`The bench does not know the API group of ${resource}`);
  return [group, ...(namespace === undefined ? [] : ['namespaces', namespace]), resource, ...rest].join('/');
}

/** Path of an object's collection, from its kind and namespace. */
export function collectionPath({ kind, metadata }: KubeObject): string {
  const lower = kind.toLowerCase();
  const plural = /[^aeo]y$/.test(lower) ? lower.replace(/y$/, 'ies') : `${lower}${lower.endsWith('s') ? 'es' : 's'}`;
  return resourcePath(plural, metadata.namespace);
}

/** A test suite waits for a slow machine rather than fail on it. */
const requestTimeoutMs = 30_000;

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * One retry for a request whose answer did not come: the API server of a busy machine may take longer than the deadline.
 * A creation is not sent twice, because the second one would find the object of the first.
 */
async function request(method: Method, path: string, body?: unknown): Promise<Response> {
  try {
    return await requestOnce(method, path, body);
  } catch (error) {
    if (error instanceof ApiFailure || method === 'POST') throw error;
    return requestOnce(method, path, body);
  }
}

async function requestOnce(method: Method, path: string, body?: unknown): Promise<Response> {
  const response = await fetch(adminApiUrl + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { 'Content-Type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' },
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  if (response.ok) return response;
  throw new ApiFailure(response.status, `${method} ${path}: ${response.status} ${await response.text()}`);
}

async function parsed<T>(response: Response): Promise<T> {
  // Parse boundary: the API server's own schema has checked the object.
  return (await response.json()) as T;
}

/** The API server as an administrator sees it. All paths come from `resourcePath`. */
export const api = {
  async get<T extends KubeObject = AnyObject>(path: string): Promise<T> {
    return parsed<T>(await request('GET', path));
  },
  /** The object, or undefined when there is none. */
  async find<T extends KubeObject = AnyObject>(path: string): Promise<T | undefined> {
    try {
      return await api.get<T>(path);
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 404) return undefined;
      throw error;
    }
  },
  async list<T extends KubeObject = AnyObject>(path: string): Promise<readonly T[]> {
    const list = await parsed<{ readonly items: readonly T[] }>(await request('GET', path));
    return list.items;
  },
  async create<T extends KubeObject = AnyObject>(path: string, object: unknown): Promise<T> {
    return parsed<T>(await request('POST', path, object));
  },
  async replace<T extends KubeObject = AnyObject>(path: string, object: unknown): Promise<T> {
    return parsed<T>(await request('PUT', path, object));
  },
  /** JSON merge patch. */
  async patch<T extends KubeObject = AnyObject>(path: string, change: unknown): Promise<T> {
    return parsed<T>(await request('PATCH', path, change));
  },
  async remove(path: string): Promise<void> {
    await (await request('DELETE', path)).arrayBuffer();
  },
};
