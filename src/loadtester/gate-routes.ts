// SPDX-License-Identifier: Apache-2.0
import { forbidden, jsonAnswer, type Route, textAnswer } from './answer.js';
import type { GateKey } from './gate.js';
import type { Gates } from './gates.js';
import { type GuardDeps, listRoute, payloadRoute } from './guarded-route.js';

const accepted = textAnswer(202);

/** `check`, `open` and `close` of one kind of gate, by the last part of their paths. */
export function gateRoutes(
  deps: GuardDeps & { readonly gates: Gates },
  kind: GateKey['kind'],
): Readonly<Record<'check' | 'open' | 'close', Route>> {
  const { gates } = deps;
  return {
    check: payloadRoute(deps, async ({ name, namespace, checksum }) => {
      const open = await gates.isOpen({ kind, name, namespace }, checksum);
      return open ? textAnswer(200, 'Approved') : forbidden;
    }),
    open: payloadRoute(deps, async ({ name, namespace }) => {
      await gates.open({ kind, name, namespace });
      return accepted;
    }),
    close: payloadRoute(deps, async ({ name, namespace }) => {
      await gates.close({ kind, name, namespace });
      return accepted;
    }),
  };
}

/** The open gates of both kinds. */
export function gateListRoute(deps: GuardDeps & { readonly gates: Gates }): Route {
  return listRoute(deps, async (isVisible) => {
    const gates = await deps.gates.list();
    return jsonAnswer({ open: gates.filter(({ namespace }) => isVisible(namespace)) });
  });
}
