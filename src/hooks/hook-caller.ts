// SPDX-License-Identifier: Apache-2.0
import type { Webhook } from '../api/rollout-spec.js';
import type { Clock } from '../lib/clock.js';
import { parseDurationMs } from '../lib/duration.js';
import { createHttpClient, type HttpAnswer, type HttpClient, type HttpRequest } from '../lib/http-client.js';
import { failureOf } from '../lib/http-failure.js';
import type { Logger } from '../lib/logger.js';
import type { ProxySettings } from '../lib/proxy-settings.js';
import type { Random } from '../lib/random.js';
import { redactText } from '../lib/redact-text.js';
import { redactUrl } from '../lib/redact-url.js';
import { requestContent } from './cloud-event.js';
import { excerpt } from './excerpt.js';
import type { HookPayload } from './payload.js';
import { isRetriableFailure, isRetriableStatus, retryAfterMs, retryDelayMs } from './retry-policy.js';
import { readSecretHeaders, type SecretReader } from './secret-headers.js';

/** The verdict of a webhook. Both texts are one line of at most about 500 characters, without credentials. */
export type HookResult =
  | { readonly kind: 'passed'; readonly body: string }
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** Nobody was asked: the webhook itself, or the Secret that it names or the access to it, must be mended. */
      readonly isMisconfigured?: true;
    };

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
  /** For `headersFrom`: Secrets in the namespace of the Canary. Default: there are none. */
  readonly readSecret?: SecretReader;
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

export function createHookCaller(deps: HookCallerDeps): HookCaller {
  const { clock, random, log, proxy = {}, readSecret = () => Promise.resolve(undefined) } = deps;
  const http = createHttpClient({ clock, proxy, idleMs });
  const closing = new AbortController();
  return {
    async call(webhook, payload, signal) {
      const request = requestFor(webhook, payload, AbortSignal.any([signal, closing.signal]));
      if (request === undefined)
        return misconfigured(`timeout "${excerpt(webhook.timeout)}" is not a duration such as 10s`);
      const prepare = (): Promise<Preparation> => withSecrets(webhook, payload.namespace, request, readSecret);
      return await callUntilFinal({ http, clock, random, log }, webhook, request, prepare);
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
    ...requestContent(webhook, payload),
    timeoutMs: timeoutMs > 0 ? timeoutMs : longestTimeoutMs,
    limitBytes: bodyLimitBytes,
    insecureSkipVerify: webhook.disableTLS,
    ignoreProxy: webhook.disableTLS,
    signal,
  };
}

function misconfigured(message: string): HookResult {
  return { kind: 'failed', message, isMisconfigured: true };
}

/** What an attempt needs besides the request itself. */
type Preparation =
  | { readonly kind: 'ready'; readonly request: SignalledRequest; readonly secrets: readonly string[] }
  | { readonly kind: 'missing' | 'unreadable'; readonly problem: string };

async function withSecrets(
  { headersFrom = [] }: Webhook,
  namespace: string,
  request: SignalledRequest,
  readSecret: SecretReader,
): Promise<Preparation> {
  if (headersFrom.length === 0) return { kind: 'ready', request, secrets: [] };
  const read = await readSecretHeaders(headersFrom, namespace, (key) => readSecret(key, request.signal));
  if (read.kind !== 'ok') return read;
  return {
    kind: 'ready',
    request: { ...request, headers: { ...request.headers, ...read.headers } },
    secrets: read.secrets,
  };
}

interface CallDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

async function callUntilFinal(
  deps: CallDeps,
  webhook: Webhook,
  request: SignalledRequest,
  prepare: () => Promise<Preparation>,
): Promise<HookResult> {
  const { clock, random, log } = deps;
  const shownUrl = excerpt(redactUrl(request.url));
  for (let attempts = 1; ; attempts += 1) {
    const attempt = await attemptOnce(await prepare(), deps);
    if (attempt.kind === 'final') return attempt.result;
    if (request.signal.aborted) return aborted;
    const { cause, isRetriable, ...rest } = attempt;
    if (!isRetriable || attempts > webhook.retries) {
      const message = `POST ${shownUrl} giving up after ${attempts} attempt(s): ${excerpt(cause)}`;
      return rest.isMisconfigured === true ? misconfigured(message) : { kind: 'failed', message };
    }
    const delayMs = rest.retryAfterMs ?? retryDelayMs(attempts - 1, random);
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
      readonly isMisconfigured?: boolean;
    };

async function attemptOnce(prepared: Preparation, { http, clock }: CallDeps): Promise<Attempt> {
  switch (prepared.kind) {
    case 'missing':
      return { kind: 'final', result: misconfigured(prepared.problem) };
    case 'unreadable':
      return { kind: 'noVerdict', cause: prepared.problem, isRetriable: true, isMisconfigured: true };
    case 'ready':
      break;
  }
  const { request, secrets } = prepared;
  try {
    const answer = await http.send(request);
    return attemptOf({ ...answer, body: redactText(answer.body, secrets) }, clock);
  } catch (error) {
    const failure = failureOf(error);
    if (failure.reason === 'aborted') return { kind: 'final', result: aborted };
    const isMisconfigured = failure.reason === 'badUrl';
    return { kind: 'noVerdict', cause: failure.message, isRetriable: isRetriableFailure(failure), isMisconfigured };
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
