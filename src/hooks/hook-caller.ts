// SPDX-License-Identifier: Apache-2.0
import type { Webhook } from '../api/rollout-spec.js';
import type { Clock } from '../lib/clock.js';
import { parseDurationMs } from '../lib/duration.js';
import { createHttpClient, type HttpAnswer, type HttpClient, type HttpRequest } from '../lib/http-client.js';
import { failureOf } from '../lib/http-failure.js';
import type { Logger } from '../lib/logger.js';
import type { ProxySettings } from '../lib/proxy-settings.js';
import type { Random } from '../lib/random.js';
import { redactUrl } from '../lib/redact-url.js';
import { excerpt } from './excerpt.js';
import { requestBody, type HookPayload } from './payload.js';
import { isRetriableFailure, isRetriableStatus, retryAfterMs, retryDelayMs } from './retry-policy.js';

/** The verdict of a webhook. Both texts are one line of at most about 500 characters, without credentials. */
export type HookResult =
  { readonly kind: 'passed'; readonly body: string } | { readonly kind: 'failed'; readonly message: string };

export interface HookCaller {
  /**
   * Calls a webhook until it gives a verdict or its retries are used up. Any 2xx passes (D43).
   * Never rejects: whatever goes wrong is a failed result. The signal ends the call at once, also between attempts.
   */
  call(webhook: Webhook, payload: HookPayload, signal: AbortSignal): Promise<HookResult>;
  /** Ends running calls and closes all connections. */
  close(): void;
}

export interface HookCallerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly proxy?: ProxySettings;
}

const bodyLimitBytes = 64 * 1024;
/** Stands for "no limit", which a timeout of zero asks for. */
const longestTimeoutMs = 3_600_000;
/**
 * Shorter than the idle limit of common servers: they must not close a connection at the moment a hook is sent on it,
 * since a POST that may have arrived is not repeated beyond the hook's own retries.
 */
const idleMs = 4_000;

const aborted: HookResult = { kind: 'failed', message: 'the call was aborted' };

export function createHookCaller({ clock, random, log, proxy = {} }: HookCallerDeps): HookCaller {
  const http = createHttpClient({ clock, proxy, idleMs });
  const closing = new AbortController();
  return {
    async call(webhook, payload, signal) {
      const request = requestFor(webhook, payload, AbortSignal.any([signal, closing.signal]));
      if (request === undefined)
        return { kind: 'failed', message: `timeout "${excerpt(webhook.timeout)}" is not a duration such as 10s` };
      return await callUntilFinal({ http, clock, random, log }, webhook, request);
    },
    close() {
      closing.abort();
      http.close();
    },
  };
}

interface SignalledRequest extends HttpRequest {
  readonly signal: AbortSignal;
}

/** @returns undefined when the timeout cannot be read */
function requestFor(webhook: Webhook, payload: HookPayload, signal: AbortSignal): SignalledRequest | undefined {
  const timeoutMs = parseDurationMs(webhook.timeout);
  if (timeoutMs === undefined) return undefined;
  return {
    method: 'POST',
    url: webhook.url,
    headers: { 'content-type': 'application/json' },
    body: requestBody(webhook, payload),
    timeoutMs: timeoutMs > 0 ? timeoutMs : longestTimeoutMs,
    limitBytes: bodyLimitBytes,
    insecureSkipVerify: webhook.disableTLS,
    ignoreProxy: webhook.disableTLS,
    signal,
  };
}

interface CallDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

async function callUntilFinal(deps: CallDeps, webhook: Webhook, request: SignalledRequest): Promise<HookResult> {
  const { http, clock, random, log } = deps;
  const shownUrl = excerpt(redactUrl(request.url));
  for (let attempts = 1; ; attempts += 1) {
    const attempt = await attemptOnce(http, request, clock);
    if (attempt.kind === 'final') return attempt.result;
    const { cause, isRetriable } = attempt;
    if (!isRetriable || attempts > webhook.retries)
      return { kind: 'failed', message: `POST ${shownUrl} giving up after ${attempts} attempt(s): ${excerpt(cause)}` };
    const delayMs = attempt.retryAfterMs ?? retryDelayMs(attempts - 1, random);
    log.debug({ webhook: webhook.name, url: shownUrl, attempts, delayMs, cause }, 'webhook is called again');
    await clock.sleep(delayMs, request.signal);
  }
}

type Attempt =
  | { readonly kind: 'final'; readonly result: HookResult }
  | {
      readonly kind: 'noVerdict';
      readonly cause: string;
      readonly isRetriable: boolean;
      readonly retryAfterMs?: number | undefined;
    };

async function attemptOnce(http: HttpClient, request: HttpRequest, clock: Clock): Promise<Attempt> {
  try {
    return attemptOf(await http.send(request), clock);
  } catch (error) {
    const failure = failureOf(error);
    if (failure.reason === 'aborted') return { kind: 'final', result: aborted };
    return { kind: 'noVerdict', cause: failure.message, isRetriable: isRetriableFailure(failure) };
  }
}

function attemptOf({ status, statusText, headers, body }: HttpAnswer, clock: Clock): Attempt {
  const text = excerpt(body);
  if (status >= 200 && status < 300) return { kind: 'final', result: { kind: 'passed', body: text } };
  const message = text === '' ? `${status} ${statusText}`.trim() : text;
  if (!isRetriableStatus(status)) return { kind: 'final', result: { kind: 'failed', message } };
  const askedMs = retryAfterMs(status, headers['retry-after'], clock);
  return { kind: 'noVerdict', cause: message, isRetriable: true, retryAfterMs: askedMs };
}
