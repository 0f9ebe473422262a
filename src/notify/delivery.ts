// SPDX-License-Identifier: Apache-2.0
import { createHttpClient, type HttpAnswer, type HttpClient, type HttpRequest } from '../lib/http-client.js';
import type { Clock } from '../lib/clock.js';
import { failureOf } from '../lib/http-failure.js';
import { parseRetryAfterMs } from '../lib/retry-after.js';
import { withTextTemplate, type AlertMessage } from './alert-message.js';
import type { Destination } from './destination.js';
import type { Endpoint } from './endpoint.js';
import { lineExcerpt } from './excerpt.js';
import { redactSecrets } from './redact-secrets.js';
import { chatServices, type ChatRequest, type Objection } from './services/index.js';

/** What became of one attempt. Texts hold no secrets. */
export type DeliveryOutcome =
  | { readonly kind: 'sent' }
  | {
      readonly kind: 'failed';
      /** A sentence for the log. */
      readonly error: string;
      /** Whether another attempt makes sense. */
      readonly mayPass: boolean;
      /** Not before this time has passed, says the server. */
      readonly retryAfterMs?: number | undefined;
    };

export interface DeliveryDeps {
  readonly clock: Clock;
  /** For endpoints without a proxy of their own. */
  readonly http: HttpClient;
}

/** For a whole attempt, connection and redirects included. */
const timeoutMs = 5_000;
/** Slack repeats the message in its answer, and what it thinks of it must be read whole. */
const limitBytes = 64 * 1024;
const maxCauseCharacters = 300;

/** Posts a message once. Never rejects for anything that servers, settings or networks do. */
export async function attemptDelivery(
  message: AlertMessage,
  destination: Destination,
  signal: AbortSignal,
  deps: DeliveryDeps,
): Promise<DeliveryOutcome> {
  const resolved = await destination.resolve();
  if (resolved.kind === 'failed') return resolved;
  const { endpoint } = resolved;
  const failed = ({ error, mayPass }: Objection, retryAfterMs?: number): DeliveryOutcome => {
    const cause = lineExcerpt(redactSecrets(error, endpoint), maxCauseCharacters);
    return { kind: 'failed', error: destination.sendError(`postMessage failed: ${cause}`), mayPass, retryAfterMs };
  };
  const service = chatServices[endpoint.type];
  const request = httpRequest(service.request(withTextTemplate(message, endpoint.textTemplate), endpoint), signal);
  try {
    const answer = await send(request, endpoint, deps);
    const objection = isSuccess(answer) ? service.objection?.(answer.body) : badStatus(answer);
    return objection === undefined
      ? { kind: 'sent' }
      : failed(objection, parseRetryAfterMs(answer.headers['retry-after'], deps.clock));
  } catch (error) {
    const { reason, message: cause } = failureOf(error);
    const mayPass = reason === 'connection' || reason === 'timeout';
    return failed({ error: `sending notification failed to send: ${cause}`, mayPass });
  }
}

async function send(request: HttpRequest, { proxy }: Endpoint, { clock, http }: DeliveryDeps): Promise<HttpAnswer> {
  if (proxy === undefined) return http.send(request);
  const proxied = createHttpClient({ clock, proxy: { http: proxy, https: proxy } });
  try {
    return await proxied.send(request);
  } finally {
    proxied.close();
  }
}

function httpRequest({ url, body, bearerToken }: ChatRequest, signal: AbortSignal): HttpRequest {
  return {
    method: 'POST',
    url: url.href,
    headers: {
      'Content-Type': 'application/json',
      ...(bearerToken === undefined ? {} : { Authorization: `Bearer ${bearerToken}` }),
    },
    body: JSON.stringify(body),
    timeoutMs,
    limitBytes,
    signal,
  };
}

function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}

function badStatus({ status, body }: HttpAnswer): Objection {
  const mayPass = status === 408 || status === 429 || (status >= 500 && status !== 501);
  return { error: `sending notification bad response ${status}: ${body}`, mayPass };
}
