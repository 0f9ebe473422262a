// SPDX-License-Identifier: Apache-2.0
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { errorText } from '../../lib/operator-error.js';
import { listen } from '../skipper-double/listener.js';
import type { Program } from './pod-host.js';

const Task = z.object({
  namespace: z.string().default(''),
  metadata: z.looseObject({ type: z.string().default('cmd'), cmd: z.string().default('') }).optional(),
});

/**
 * Stands for the load tester in the guide's webhooks, on a machine that perhaps has no bash, curl or hey: gates that always
 * approve or refuse, the acceptance test as a request of this process, and load tests that are accepted. (Load comes from
 * the cluster's visitors.)
 * @param proxyUrl knows the names of Services
 */
export function testerProgram(proxyUrl: () => string): Program {
  let close = (): Promise<void> => Promise.resolve();
  return {
    async listen() {
      const server = await listen({ host: '127.0.0.1', port: 0 }, (request, response) => {
        serve(request, response, proxyUrl()).catch((error: unknown) => {
          response.writeHead(500).end(errorText(error));
        });
      });
      close = () => server.close();
      return Number(new URL(server.url).port);
    },
    close: () => close(),
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, proxyUrl: string): Promise<void> {
  const body = await text(request);
  const [, gate] = /^\/gate\/(approve|halt)$/.exec(request.url ?? '') ?? [];
  if (gate !== undefined) {
    response.writeHead(gate === 'approve' ? 200 : 403).end(gate === 'approve' ? 'OK' : 'Forbidden');
    return;
  }
  const { namespace, metadata } = Task.parse(JSON.parse(body === '' ? '{}' : body));
  if (metadata?.type !== 'bash') {
    response.writeHead(202).end();
    return;
  }
  const failure = await acceptanceTest(metadata.cmd, { namespace, proxyUrl });
  response.writeHead(failure === undefined ? 200 : 500).end(failure);
}

/** Plays `curl -sd 'test' http://podinfo-canary/token | grep token`. @returns what is wrong */
async function acceptanceTest(
  command: string,
  { namespace, proxyUrl }: { readonly namespace: string; readonly proxyUrl: string },
): Promise<string | undefined> {
  const [address = ''] = /http:\/\/[^\s'"]+/.exec(command) ?? [];
  if (!URL.canParse(address)) return `command ${command} failed: it has no address that the sandbox could ask`;
  const url = new URL(address);
  // A bare name is one of the tester's own namespace.
  if (!url.hostname.includes('.')) url.hostname = `${url.hostname}.${namespace}`;
  const answer = await post(url, proxyUrl);
  return answer.includes('token') ? undefined : `command ${command} failed: ${answer.trim()}: exit status 1`;
}

function post(url: URL, proxyUrl: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(proxyUrl);
    const request = httpRequest({ hostname, port, method: 'POST', path: url.href, headers: { host: url.host } });
    request.on('response', (response) => void text(response).then(resolve, reject));
    request.on('error', reject);
    request.end('test');
  });
}
