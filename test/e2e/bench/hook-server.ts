// SPDX-License-Identifier: Apache-2.0
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer as createDoor } from 'node:net';
import { systemClock } from '../../../src/lib/clock.js';
import { errorText } from '../../../src/lib/operator-error.js';
import { join, readyPods } from './service-proxy.js';

/** What the server answers on one path to the hooks of one namespace. */
export interface HookAnswer {
  readonly status: number;
  readonly body?: string;
  /** Waits this long before it answers. */
  readonly delayMs?: number;
}

/** One call of a hook, as it arrived. */
export interface HookCall {
  readonly atMs: number;
  readonly path: string;
  readonly name: string;
  readonly namespace: string;
  readonly phase: string;
  readonly checksum: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** All of it, as text. */
  readonly body: string;
}

type HookPayload = Omit<HookCall, 'atMs' | 'path'>;

/** Alerts and CloudEvents name no namespace in a member of their own: their address does. */
const namespacePath = /^\/(?:chat|broker)\/([^/?]+)/;

/**
 * Stands for the load tester that the guide installs: answers gates, really runs the guide's acceptance test against the
 * pods behind the Service that it names, accepts load tests (the bench has a steady client of its own), and records all.
 */
export class HookServer {
  private readonly server: Server;
  private readonly answers = new Map<string, HookAnswer>();
  private readonly recorded: HookCall[] = [];
  /** Where connections go instead of to this server. */
  private elsewhere: number | undefined;

  constructor() {
    this.server = createServer((request, response) => {
      this.serve(request, response).catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else response.writeHead(500).end(errorText(error));
      });
    });
  }

  async listen(address: string, port: number): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    // A server that listens on TCP has an address object.
    const { port: own } = this.server.address() as AddressInfo;
    const door = createDoor((socket) => {
      join(socket, connect(this.elsewhere ?? own, '127.0.0.1'));
    });
    door.listen(port, address);
    await once(door, 'listening');
  }

  /** From now on, the address leads to this port of the machine; undefined: to this server again. */
  passTo(port: number | undefined): void {
    this.elsewhere = port;
    this.server.closeIdleConnections();
  }

  /** From now on, `path` answers this to the hooks of `namespace`; undefined restores the normal answer. */
  program(namespace: string, path: string, answer: HookAnswer | undefined): void {
    if (answer === undefined) this.answers.delete(namespace + path);
    else this.answers.set(namespace + path, answer);
  }

  calls(namespace: string): readonly HookCall[] {
    return this.recorded.filter((call) => call.namespace === namespace);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    const payload = await payloadOf(request, path);
    this.recorded.push({ ...payload, atMs: systemClock.nowMs(), path });
    const programmed = this.answers.get(payload.namespace + path);
    const answer = programmed ?? (await normalAnswer(path, payload));
    if (answer.delayMs !== undefined) await systemClock.sleep(answer.delayMs);
    response.writeHead(answer.status, { 'Content-Type': 'text/plain' }).end(answer.body ?? '');
  }
}

async function payloadOf(request: IncomingMessage, path: string): Promise<HookPayload> {
  const chunks: Buffer[] = [];
  // Parse boundary: a request's stream yields Buffers as long as no encoding is set.
  for await (const chunk of request) chunks.push(chunk as Buffer);
  // Parse boundary: absent members are filled with what the specification says about them.
  const body = Buffer.concat(chunks).toString('utf8');
  const sent = JSON.parse(body) as Partial<HookPayload>;
  const namespace = namespacePath.exec(path)?.[1] ?? '';
  return { name: '', namespace, phase: '', checksum: '', metadata: {}, ...sent, body };
}

async function normalAnswer(path: string, { namespace, metadata }: HookPayload): Promise<HookAnswer> {
  if (path === '/gate/halt') return { status: 403, body: 'Forbidden' };
  const [, service] = /http:\/\/([^/:\s]+)(?::\d+)?\/token/.exec(metadata.cmd ?? '') ?? [];
  return metadata.type === 'bash' && service !== undefined ? acceptanceTest(namespace, service) : { status: 200 };
}

/** `curl -sd 'test' http://<service>/token | grep token`, on each ready pod behind the Service. */
async function acceptanceTest(namespace: string, service: string): Promise<HookAnswer> {
  const addresses = (await readyPods(namespace, service)).map(({ host, port }) => `${host}:${port}`);
  if (addresses.length === 0) return { status: 500, body: `no pod is ready behind ${service}` };
  const bodies = await Promise.all(addresses.map(postToken));
  return bodies.every((body) => body.includes('token'))
    ? { status: 200, body: bodies.join('\n') }
    : { status: 500, body: `a pod behind ${service} gives no token: ${bodies.join(' ')}` };
}

async function postToken(address: string): Promise<string> {
  try {
    const answer = await fetch(`http://${address}/token`, {
      method: 'POST',
      body: 'test',
      signal: AbortSignal.timeout(5_000),
    });
    return answer.ok ? await answer.text() : `status ${answer.status}`;
  } catch (error) {
    return errorText(error);
  }
}
