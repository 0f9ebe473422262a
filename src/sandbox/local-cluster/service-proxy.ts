// SPDX-License-Identifier: Apache-2.0
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Random } from '../../lib/random.js';
import { errorText } from '../../lib/operator-error.js';
import type { ApiServer } from '../api-server/index.js';
import { objectAt, objectsAt, listAt, numberAt } from '../api-server/json.js';
import type { Dial, EndpointAddress } from '../skipper-double/index.js';

export interface ServiceProxyDeps {
  readonly api: ApiServer;
  readonly dial: Dial;
  readonly random: Random;
}

/**
 * Handler of an HTTP proxy that knows the names of Services: who uses it as HTTP_PROXY reaches `http://name.namespace` from
 * outside of the cluster, as DNS and kube-proxy do inside. Everything else is answered with 502.
 */
export function serviceProxy(deps: ServiceProxyDeps): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const endpoint = endpointFor(request.url ?? '', deps);
    if (endpoint === undefined) {
      // Not the address: who looks for a word in the answer shall not find it there.
      response.writeHead(502).end('no ready endpoint of a Service of this name\n');
      return;
    }
    forward(request, response, () => deps.dial(endpoint));
  };
}

function forward(request: IncomingMessage, response: ServerResponse, connection: () => ReturnType<Dial>): void {
  const { method, headers } = request;
  const target = new URL(request.url ?? '');
  const path = `${target.pathname}${target.search}`;
  const outgoing = httpRequest({ method, path, headers, createConnection: connection }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end(`${errorText(error)}\n`);
  });
  request.pipe(outgoing);
}

/** One of the ready endpoints of the Service that the URL names, drawn at random. */
export function endpointFor(url: string, { api, random }: ServiceProxyDeps): EndpointAddress | undefined {
  if (!URL.canParse(url)) return undefined;
  const [, name = '', namespace = ''] =
    /^([^.]+)\.([^.]+)(?:\.svc(?:\.cluster\.local)?)?$/.exec(new URL(url).hostname) ?? [];
  if (name === '') return undefined;
  const { items } = api.list(api.resource('discovery.k8s.io', 'v1', 'endpointslices'), {
    namespace,
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  const endpoints = items.flatMap((slice) => {
    const port = numberAt(objectsAt(slice, 'ports')[0] ?? {}, 'port') ?? 0;
    return objectsAt(slice, 'endpoints')
      .filter((endpoint) => objectAt(endpoint, 'conditions').ready === true)
      .flatMap((endpoint) => listAt(endpoint, 'addresses').map((host) => ({ host: String(host), port })));
  });
  return endpoints[Math.floor(random() * endpoints.length)];
}
