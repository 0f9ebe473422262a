// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { ApiServer } from '../server/api-server.js';
import { noSuchResource } from '../status-error.js';
import { answer, answerError, answerText } from './answer.js';
import { aggregatedDiscovery, coreVersions, groupList, groupOf, resourceList } from './discovery.js';
import { openApiDocument, openApiIndex } from './openapi.js';
import { parsePath, type RequestPath } from './request-path.js';
import { handleResource, type Exchange, type ResourcePath } from './resource-handler.js';

export interface ApiDoorOptions {
  /** "0.0.0.0" for all. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** PEM. Without it, plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A listening API server. */
export interface ApiDoor {
  /** `http://host:port` or `https://host:port`, as a client on this machine reaches it. */
  readonly url: string;
  /** Stops listening and cuts all connections. */
  close(): Promise<void>;
}

/** Version that clients are told; that of the real server to which the contract suite compares. */
const version = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.4',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'linux/amd64',
};

/** How clients ask for discovery in one answer. */
const aggregated = 'g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Opens the HTTP door to an API server. Whoever comes in is an administrator: tokens are not looked at. Rejects when the address cannot be bound. */
export async function openApiDoor(server: ApiServer, { host, port, tls }: ApiDoorOptions): Promise<ApiDoor> {
  const handler = apiHandler(server);
  const options = { keepAliveTimeout: 60_000, requestTimeout: 0 };
  const listener =
    tls === undefined ? createServer(options, handler) : createTlsServer({ ...options, ...tls }, handler);
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(port, host, () => {
      listener.off('error', reject);
      resolve();
    });
  });
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${reachable}:${portOf(listener)}`,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        listener.closeAllConnections();
      }),
  };
}

function portOf(listener: Server): number {
  const bound = listener.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

/** The HTTP door as a handler, for a server of the caller's own. */
export function apiHandler(server: ApiServer): RequestListener {
  return (request, response) => {
    handle(server, request, response).catch((error: unknown) => answerError(response, error));
  };
}

async function handle(server: ApiServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://server');
  const exchange: Exchange = { request, response, query: url.searchParams };
  const path = parsePath(url.pathname);
  if (path.kind !== 'resource') {
    describeServer(server, path, exchange);
    return;
  }
  if (isServed(server, path)) await handleResource(server, path, exchange);
  else answerText(response, 404, notFoundText);
}

/** Of the groups that come with the server, it knows what they do not hold; of all others it has never heard. */
function isServed({ registry }: ApiServer, { group, version, plural }: ResourcePath): boolean {
  const resources = registry.all().filter((each) => each.group === group && each.version === version);
  return resources.some((each) => each.plural === plural || each.schema.kind === 'typed');
}

const notFoundText = '404 page not found\n';

type ServerPath = Exclude<RequestPath, { readonly kind: 'resource' }>;

function describeServer(server: ApiServer, path: ServerPath, { request, response }: Exchange): void {
  const discovery = request.headers.accept?.includes(aggregated) === true ? discoveryAt(server, path) : undefined;
  const body = discovery ?? documentAt(server, path);
  const contentType = discovery === undefined ? 'application/json' : `application/json;${aggregated}`;
  if (typeof body === 'string') answerText(response, 200, body);
  else if (body !== undefined) answer(response, { status: 200, body, contentType });
  else if (path.kind === 'groupVersion' && isBuiltIn(server, path.group)) throw noSuchResource();
  else answerText(response, 404, notFoundText);
}

function isBuiltIn({ registry }: ApiServer, group: string): boolean {
  return registry.all().some((each) => each.group === group && each.schema.kind === 'typed');
}

function discoveryAt({ registry }: ApiServer, path: ServerPath): unknown {
  const root = path.kind === 'other' ? path.path.replace(/\/$/, '') : '';
  if (root === '/api') return aggregatedDiscovery(registry, 'api');
  return root === '/apis' ? aggregatedDiscovery(registry, 'apis') : undefined;
}

/** What the server tells of itself; text where it is not JSON. */
function documentAt(server: ApiServer, path: ServerPath): unknown {
  const { registry } = server;
  switch (path.kind) {
    case 'group':
      return groupOf(registry, path.group);
    case 'groupVersion':
      return resourceList(registry, path.group, path.version);
    case 'other':
      return otherDocument(server, path.path);
  }
}

function otherDocument({ registry }: ApiServer, path: string): unknown {
  switch (path.replace(/\/$/, '')) {
    case '/api':
      return coreVersions();
    case '/apis':
      return groupList(registry);
    case '/version':
      return version;
    case '/healthz':
    case '/livez':
    case '/readyz':
      return 'ok';
    case '/openapi/v3':
      return openApiIndex(registry);
    default:
      return path.startsWith('/openapi/v3/') ? openApiDocument(registry, path.slice('/openapi/v3/'.length)) : undefined;
  }
}
