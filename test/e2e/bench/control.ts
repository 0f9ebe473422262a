// SPDX-License-Identifier: Apache-2.0
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { once } from 'node:events';
import type { Departure } from '../../../src/sandbox/podinfo/index.js';
import { errorText } from '../../../src/lib/operator-error.js';
import type { HookAnswer, HookCall, HookServer } from './hook-server.js';
import type { Pods } from './pods.js';
import type { Supervisor } from './supervisor.js';

const address = '10.0.0.1';
const port = 7000;

/** What tests, which are processes of their own, may ask of the bench. One HTTP POST each. */
interface Commands {
  readonly stopProcess: { readonly name: string; readonly signal: NodeJS.Signals };
  readonly startProcess: { readonly name: string };
  readonly podDeparture: { readonly namespace: string; readonly departure: Departure };
  readonly crashPods: { readonly namespace: string; readonly tag: string };
  readonly healPods: { readonly namespace: string; readonly tag: string };
  readonly holdPods: { readonly namespace: string; readonly app: string };
  readonly releasePods: { readonly namespace: string; readonly app: string };
  readonly programHook: { readonly namespace: string; readonly path: string; readonly answer: HookAnswer | undefined };
  readonly hookCalls: { readonly namespace: string };
  readonly passHooksTo: { readonly port: number | undefined };
}

interface Answers {
  readonly stopProcess: null;
  readonly startProcess: null;
  readonly podDeparture: null;
  readonly crashPods: null;
  readonly healPods: null;
  readonly holdPods: null;
  readonly releasePods: null;
  readonly programHook: null;
  readonly hookCalls: readonly HookCall[];
  readonly passHooksTo: null;
}

type Handlers = {
  readonly [Name in keyof Commands]: (argument: Commands[Name]) => Promise<Answers[Name]> | Answers[Name];
};

export interface ControlDeps {
  readonly supervisor: Supervisor;
  readonly pods: Pods;
  readonly hooks: HookServer;
}

export async function serveControl({ supervisor, pods, hooks }: ControlDeps): Promise<void> {
  const handlers: Handlers = {
    async stopProcess({ name, signal }) {
      await supervisor.stop(name, signal);
      return null;
    },
    startProcess({ name }) {
      supervisor.restart(name);
      return null;
    },
    podDeparture({ namespace, departure }) {
      pods.setDeparture(namespace, departure);
      return null;
    },
    async crashPods({ namespace, tag }) {
      await pods.crash(namespace, tag);
      return null;
    },
    async healPods({ namespace, tag }) {
      await pods.heal(namespace, tag);
      return null;
    },
    holdPods({ namespace, app }) {
      pods.hold(namespace, app);
      return null;
    },
    async releasePods({ namespace, app }) {
      await pods.release(namespace, app);
      return null;
    },
    programHook({ namespace, path, answer }) {
      hooks.program(namespace, path, answer);
      return null;
    },
    hookCalls: ({ namespace }) => hooks.calls(namespace),
    passHooksTo({ port: to }) {
      hooks.passTo(to);
      return null;
    },
  };
  const server = createServer((request, response) => {
    serve(handlers, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end(errorText(error));
    });
  });
  server.listen(port, address);
  await once(server, 'listening');
}

async function serve(handlers: Handlers, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  // Parse boundary: a request's stream yields Buffers as long as no encoding is set.
  for await (const chunk of request) chunks.push(chunk as Buffer);
  // Parse boundary: only `command` below calls this, with a name and an argument that belong together.
  const name = (request.url ?? '/').slice(1) as keyof Commands;
  const handler = handlers[name] as (argument: unknown) => unknown;
  const answer = await handler(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
}

async function command<Name extends keyof Commands>(name: Name, argument: Commands[Name]): Promise<Answers[Name]> {
  const answer = await fetch(`http://${address}:${port}/${name}`, { method: 'POST', body: JSON.stringify(argument) });
  if (!answer.ok) throw new Error(`The bench could not ${name}: ${await answer.text()}`);
  // Parse boundary: `serve` above wrote it.
  return (await answer.json()) as Answers[Name];
}

/** The bench, as tests see it. */
export const bench = {
  stopProcess: (name: string, signal: NodeJS.Signals = 'SIGKILL') => command('stopProcess', { name, signal }),
  startProcess: (name: string) => command('startProcess', { name }),
  /** What pods of a namespace do once they are deleted; normally they serve on for five seconds. */
  setPodDeparture: (namespace: string, departure: Departure) => command('podDeparture', { namespace, departure }),
  /** All pods with this image tag stop serving and are no longer Ready. */
  crashPods: (namespace: string, tag: string) => command('crashPods', { namespace, tag }),
  /** The pods that crashed answer again and are Ready. */
  healPods: (namespace: string, tag: string) => command('healPods', { namespace, tag }),
  /** New pods of an app (label `app`) get no node, as on a full cluster, until they are released. */
  holdPods: (namespace: string, app: string) => command('holdPods', { namespace, app }),
  releasePods: (namespace: string, app: string) => command('releasePods', { namespace, app }),
  /** Sets what a hook's path answers to this namespace's Canaries; undefined restores the normal answer. */
  programHook: (namespace: string, path: string, answer: HookAnswer | undefined) =>
    command('programHook', { namespace, path, answer }),
  hookCalls: (namespace: string) => command('hookCalls', { namespace }),
  /** From now on http://flagger-loadtester.test/ leads to this port, or again to the bench's own server. */
  passHooksTo: (to: number | undefined) => command('passHooksTo', { port: to }),
};
