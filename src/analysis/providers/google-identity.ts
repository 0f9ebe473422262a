// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { z } from 'zod';

import type { Expiring } from '../../lib/expiring-cache.js';
import { sha256Hex } from '../../lib/hash.js';
import type { HttpRequest } from '../../lib/http-client.js';
import { HttpFailure } from '../../lib/http-failure.js';
import { MetricQueryError, ProviderConfigError, queryTimeoutMs, type ProviderDeps } from './provider.js';

const scope = 'https://www.googleapis.com/auth/monitoring.read';
const assertionLifeSeconds = 3_600;
const answerLimitBytes = 64 * 1024;

/** The key file of a service account. */
const ServiceAccountFields = z.object({
  type: z.literal('service_account'),
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
  token_uri: z.url({ protocol: /^https?$/ }).default('https://oauth2.googleapis.com/token'),
});

const TokenAnswer = z.object({ access_token: z.string(), expires_in: z.number() });

/** A service account whose key is at hand. */
export interface ServiceAccount {
  /** Hash of the whole key: only who has it gets a token that was issued for it. */
  readonly id: string;
  readonly email: string;
  readonly key: KeyObject;
  readonly keyId?: string;
  readonly tokenUrl: string;
}

/** Reads the JSON text of a service account's key. @throws ProviderConfigError when it is none; the text is not shown */
export function parseServiceAccount(text: string): ServiceAccount {
  const refuse = (reason: string): never => {
    throw new ProviderConfigError(`the key of the Google service account ${reason}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('is no JSON');
  }
  const parsed = ServiceAccountFields.safeParse(value);
  if (!parsed.success) return refuse('lacks type service_account, client_email, private_key or a token_uri');
  const { client_email: email, private_key: pem, private_key_id: keyId, token_uri: tokenUrl } = parsed.data;
  try {
    return {
      id: sha256Hex(text),
      email,
      key: createPrivateKey(pem),
      tokenUrl,
      ...(keyId === undefined ? {} : { keyId }),
    };
  } catch {
    return refuse('holds a private_key that cannot be read');
  }
}

interface TokenRequest {
  /** Absent: the identity of the pod that the operator runs in. */
  readonly account: ServiceAccount | undefined;
  readonly deps: ProviderDeps;
  readonly signal: AbortSignal;
}

/** Where a token is kept. */
export function googleTokenKey(account: ServiceAccount | undefined): string {
  return account?.id ?? 'pod';
}

/** An access token for reading metrics, kept until shortly before it expires. @throws MetricQueryError when there is none */
export function googleToken(request: TokenRequest): Promise<string> {
  return request.deps.googleTokens.get(googleTokenKey(request.account), () => load(request));
}

async function load(request: TokenRequest): Promise<Expiring<string>> {
  const { account, deps } = request;
  if (account !== undefined) return await exchangeAssertion(account, request);
  const { GOOGLE_APPLICATION_CREDENTIALS: file, GCE_METADATA_HOST: host = 'metadata.google.internal' } =
    deps.environment;
  if (file !== undefined) return await exchangeAssertion(parseServiceAccount(await fileText(file)), request);
  const query = new URLSearchParams({ scopes: scope }).toString();
  return await askForToken(request, {
    method: 'GET',
    url: `http://${host}/computeMetadata/v1/instance/service-accounts/default/token?${query}`,
    headers: { 'metadata-flavor': 'Google' },
    ignoreProxy: true,
  });
}

/** RFC 7523: a signed statement of the account is exchanged for a token. */
function exchangeAssertion(account: ServiceAccount, request: TokenRequest): Promise<Expiring<string>> {
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: assertion(account, request.deps.clock.nowMs()),
  });
  return askForToken(request, {
    method: 'POST',
    url: account.tokenUrl,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
}

function assertion({ email, key, keyId, tokenUrl }: ServiceAccount, nowMs: number): string {
  const issuedAt = Math.floor(nowMs / 1_000);
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) };
  const claims = { iss: email, scope, aud: tokenUrl, iat: issuedAt, exp: issuedAt + assertionLifeSeconds };
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`;
}

/** Answers hold tokens, so that messages show none of them. */
async function askForToken(
  { deps, signal }: TokenRequest,
  request: Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body' | 'ignoreProxy'>,
): Promise<Expiring<string>> {
  const { host } = new URL(request.url);
  try {
    const options = { timeoutMs: queryTimeoutMs, limitBytes: answerLimitBytes, signal };
    const { status, statusText, body } = await deps.http.send({ ...request, ...options });
    if (status !== 200) throw new MetricQueryError(`no Google access token: ${host} says ${status} ${statusText}`);
    const { access_token: value, expires_in: seconds } = TokenAnswer.parse(JSON.parse(body));
    return { value, expiresAtMs: deps.clock.nowMs() + seconds * 1_000 };
  } catch (error) {
    if (error instanceof MetricQueryError) throw error;
    signal.throwIfAborted();
    const reason = error instanceof HttpFailure ? error.message : 'the answer holds no token';
    throw new MetricQueryError(`no Google access token: ${host}: ${reason}`);
  }
}

async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw new MetricQueryError(`no Google access token: ${path} cannot be read`);
  }
}
