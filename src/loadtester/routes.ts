// SPDX-License-Identifier: Apache-2.0
import type { Registry } from 'prom-client';
import { errorText, OperatorError } from '../lib/operator-error.js';
import { type Answer, type Call, forbidden, type Route, textAnswer } from './answer.js';
import { GateRefused } from './gate.js';
import { gateListRoute, gateRoutes } from './gate-routes.js';
import type { Gates } from './gates.js';
import { taskListRoute, taskRoute, type TaskRouteDeps } from './task-routes.js';

export interface RouteDeps extends TaskRouteDeps {
  readonly gates: Gates;
  readonly registry: Registry;
}

type Methods = 'GET' | 'POST' | 'any';

/** Answers every call. Never rejects. */
export function createRoutes(deps: RouteDeps): Route {
  const routes = routeTable(deps);
  return async (call) => {
    const [methods, route] = routes.get(call.path) ?? [];
    if (methods === undefined || route === undefined) return textAnswer(404, 'Not found');
    if (!allows(methods, call.method)) return methodNotAllowed(methods);
    try {
      return await route(call);
    } catch (error) {
      return failed(deps, call, error);
    }
  };
}

function routeTable(deps: RouteDeps): ReadonlyMap<string, readonly [Methods, Route]> {
  const { registry } = deps;
  const gate = gateRoutes(deps, 'gate');
  const rollback = gateRoutes(deps, 'rollback');
  const fixed =
    (answer: Answer): Route =>
    () =>
      Promise.resolve(answer);
  return new Map<string, readonly [Methods, Route]>([
    ['/', ['POST', taskRoute(deps)]],
    ['/tasks', ['GET', taskListRoute(deps)]],
    ['/gate', ['GET', gateListRoute(deps)]],
    ['/gate/', ['GET', gateListRoute(deps)]],
    ['/gate/approve', ['any', fixed(textAnswer(200, 'OK'))]],
    ['/gate/halt', ['any', fixed(forbidden)]],
    ['/gate/check', ['POST', gate.check]],
    ['/gate/open', ['POST', gate.open]],
    ['/gate/close', ['POST', gate.close]],
    ['/rollback/check', ['POST', rollback.check]],
    ['/rollback/open', ['POST', rollback.open]],
    ['/rollback/close', ['POST', rollback.close]],
    ['/healthz', ['any', fixed(textAnswer(200, 'OK'))]],
    [
      '/metrics',
      ['GET', async () => ({ ...textAnswer(200, await registry.metrics()), contentType: registry.contentType })],
    ],
  ]);
}

function allows(methods: Methods, method: string): boolean {
  return methods === 'any' || method === methods || (methods === 'GET' && method === 'HEAD');
}

function methodNotAllowed(methods: Methods): Answer {
  return { ...textAnswer(405, 'Method not allowed'), headers: { allow: methods === 'GET' ? 'GET, HEAD' : methods } };
}

function failed({ log }: RouteDeps, { path }: Call, error: unknown): Answer {
  if (error instanceof GateRefused) return textAnswer(400, error.message);
  log.error({ error, path }, 'call failed');
  // What stands in the way is outside: the API server, a file. The caller may ask again.
  return error instanceof OperatorError ? textAnswer(503, errorText(error)) : textAnswer(500, 'Internal error');
}
