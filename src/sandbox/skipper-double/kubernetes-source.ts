// SPDX-License-Identifier: Apache-2.0
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { EndpointSlice, Ingress, Service } from '../../api/index.js';
import { OperatorError } from '../../lib/operator-error.js';
import type { SnapshotObject, SnapshotSource } from './snapshot.js';

export interface KubernetesSourceOptions {
  /** `https://host:port` or, behind a proxy that authenticates, `http://host:port`. */
  readonly baseUrl: string;
  /** Read again for each request, as tokens rotate. */
  readonly bearerToken?: () => string;
  /** PEM of the authority that signed the API server's certificate. */
  readonly certificateAuthority?: string;
  /** All namespaces when left out. */
  readonly namespace?: string;
}

/** The API server refused a LIST or answered something else. */
export class ListFailed extends OperatorError {
  readonly code = 'SKIPPER_LIST_FAILED';
  readonly retry = 'backoff';

  constructor(
    readonly path: string,
    readonly status: number,
  ) {
    super(`LIST ${path} was answered with status ${status}`);
  }
}

const List = z.object({
  items: z
    .array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) }))
    .nullish()
    .transform((items) => items ?? []),
});

/** Lists Ingresses, Services and EndpointSlices of an API server over one kept connection. */
export function createKubernetesSource(options: KubernetesSourceOptions): SnapshotSource {
  const get = createGet(options);
  const scope = options.namespace === undefined ? '' : `namespaces/${options.namespace}/`;
  const list = async <T>(group: string, resource: string, signal: AbortSignal): Promise<readonly T[]> => {
    const answer: unknown = JSON.parse(await get(`/${group}/${scope}${resource}`, signal));
    // Parse boundary: the API server guarantees the schema of what it lists; absent fields may be null.
    return List.parse(answer).items as unknown as readonly T[];
  };
  return {
    async snapshot(signal) {
      // One after the other, as Skipper does: a write between two of them is seen by halves.
      const ingresses = await list<SnapshotObject<Ingress>>('apis/networking.k8s.io/v1', 'ingresses', signal);
      const services = await list<SnapshotObject<Service>>('api/v1', 'services', signal);
      const endpointSlices = await list<SnapshotObject<EndpointSlice>>(
        'apis/discovery.k8s.io/v1',
        'endpointslices',
        signal,
      );
      return { ingresses, services, endpointSlices };
    },
  };
}

type Get = (path: string, signal: AbortSignal) => Promise<string>;

function createGet({ baseUrl, bearerToken, certificateAuthority }: KubernetesSourceOptions): Get {
  const base = new URL(baseUrl);
  const isTls = base.protocol === 'https:';
  const agent = isTls
    ? new HttpsAgent({ keepAlive: true, ca: certificateAuthority })
    : new HttpAgent({ keepAlive: true });
  return async (path, signal) => {
    const token = bearerToken?.();
    const headers = {
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = isTls ? httpsRequest : httpRequest;
      send(new URL(path, base), { agent, headers, signal }, resolve).once('error', reject).end();
    });
    const body = await text(response);
    if (response.statusCode !== 200) throw new ListFailed(path, response.statusCode ?? 0);
    return body;
  };
}
