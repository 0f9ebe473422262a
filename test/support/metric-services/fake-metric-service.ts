// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http';

import { readBody, type LoopbackServers } from '../loopback-server.js';
import type { MetricService, Reply, SeenRequest } from './metric-service.js';

/** How a service answers queries: as told, never, without end, or by cutting the connection. */
export type Behaviour = Reply | 'silent' | 'endless' | 'reset';

/** A metrics server on a loopback address. Who comes without the credential is refused and told all that he sent. */
export class FakeMetricService {
  /** Queries only. */
  readonly seen: SeenRequest[] = [];
  behaviour: Behaviour;
  /** Refuses even who has the credential. */
  isClosed = false;
  url = '';

  private constructor(private readonly service: MetricService) {
    this.behaviour = service.good.reply;
  }

  static async start(servers: LoopbackServers, service: MetricService, scheme = 'http'): Promise<FakeMetricService> {
    const fake = new FakeMetricService(service);
    const listener = (request: IncomingMessage, response: ServerResponse) => {
      void fake.answer(request, response);
    };
    fake.url = await (scheme === 'https' ? servers.serveTls(listener) : servers.serve(listener));
    return fake;
  }

  private async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://fake');
    const request: SeenRequest = {
      method: incoming.method ?? '',
      path: pathname,
      parameters: Object.fromEntries(searchParams),
      headers: incoming.headers,
      body: await readBody(incoming),
    };
    const token = this.service.token?.(request);
    if (token !== undefined) send(response, token);
    else if (!this.isLetIn(request)) send(response, this.service.refusal(JSON.stringify(request)));
    else if (this.service.isOnlineCheck(request)) send(response, this.service.online);
    else {
      this.seen.push(request);
      this.behave(incoming, response);
    }
  }

  private isLetIn({ headers }: SeenRequest): boolean {
    const { credential } = this.service;
    if (this.isClosed) return false;
    if (credential === undefined) return true;
    const value = String(headers[credential.header]);
    return typeof credential.value === 'string' ? value === credential.value : credential.value.test(value);
  }

  private behave(request: IncomingMessage, response: ServerResponse): void {
    if (this.behaviour === 'silent') return;
    if (this.behaviour === 'reset') request.socket.resetAndDestroy();
    else if (this.behaviour === 'endless') response.writeHead(200).write('['.repeat(5 * 1024 * 1024));
    else send(response, this.behaviour);
  }
}

function send(response: ServerResponse, { status = 200, type = 'text/plain', body }: Reply): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}
