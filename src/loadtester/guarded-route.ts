// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '../lib/logger.js';
import { type Access, bearerToken } from './access.js';
import { type Answer, type Call, forbidden, type Route, textAnswer, unauthorized } from './answer.js';
import type { NamespaceMatcher } from './namespace-matcher.js';
import { type Payload, readPayload } from './payload.js';

export interface GuardDeps {
  readonly access: Access;
  readonly log: Logger;
}

/** Where a webhook can put a token whose operator, Flagger's, cannot set headers. */
const tokenKey = 'token';

/** A route for calls with a payload: the caller must be admitted to the namespace that the payload names. */
export function payloadRoute(
  { access, log }: GuardDeps,
  run: (payload: Payload, call: Call) => Promise<Answer>,
): Route {
  return async (call) => {
    // Any page could reach a forwarded port through the browser of the person who forwarded it.
    if (call.isFromWebPage) return forbidden;
    const reading = readPayload(call.body);
    if (reading.kind === 'unreadable') return textAnswer(400, reading.reason);
    const { payload } = reading;
    const tokens = tokensOf(call, payload.metadata.get(tokenKey));
    const admission = await access.admit(tokens, payload.namespace);
    if (admission.kind === 'admitted') return run(payload, call);
    const { name, namespace } = payload;
    log.warn({ path: call.path, name, namespace, hasToken: tokens.length > 0 }, `call refused: ${admission.kind}`);
    return admission.kind === 'unknown' ? unauthorized : forbidden;
  };
}

/** A route for a list: it shows what the caller may see. */
export function listRoute({ access }: GuardDeps, run: (isVisible: NamespaceMatcher) => Promise<Answer>): Route {
  return async (call) => {
    const isVisible = await access.visible(tokensOf(call, undefined));
    return isVisible === undefined ? unauthorized : run(isVisible);
  };
}

function tokensOf({ authorization }: Call, inMetadata: string | undefined): readonly string[] {
  return [bearerToken(authorization), inMetadata].filter((token) => token !== undefined);
}
