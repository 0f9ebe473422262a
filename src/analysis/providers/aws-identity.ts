// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';

import { z } from 'zod';

import type { Expiring } from '../../lib/expiring-cache.js';
import type { HttpRequest } from '../../lib/http-client.js';
import { HttpFailure } from '../../lib/http-failure.js';
import type { AwsCredentials } from './aws-signature.js';
import { MetricQueryError, queryTimeoutMs, type ProviderDeps } from './provider.js';

const containerHost = 'http://169.254.170.2';
const instanceHost = 'http://169.254.169.254/latest';
/** A link-local service answers at once or is not there. */
const metadataTimeoutMs = 2_000;
const answerLimitBytes = 64 * 1024;

/** What the container and instance services answer. */
const Issued = z.object({
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  Token: z.string().optional(),
  Expiration: z.iso.datetime().optional(),
});

interface Identity {
  readonly region: string;
  readonly deps: ProviderDeps;
  readonly signal: AbortSignal;
}

/**
 * The credentials of the pod that the operator runs in, in the order of AWS' own clients: variables, web identity,
 * container service (pod identity), instance role. Kept until shortly before they expire.
 * @throws MetricQueryError when there are none
 */
export function awsCredentials(identity: Identity): Promise<AwsCredentials> {
  return identity.deps.awsCredentials.get(identity.region, () => load(identity));
}

/** The host of a service in a region. */
export function awsHost(service: string, region: string): string {
  return `${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

async function load(identity: Identity): Promise<Expiring<AwsCredentials>> {
  const { environment } = identity.deps;
  const fixed = fromVariables(environment);
  if (fixed !== undefined) return { value: fixed, expiresAtMs: Number.POSITIVE_INFINITY };
  const { AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile, AWS_ROLE_ARN: role } = environment;
  if (tokenFile !== undefined && role !== undefined) return await fromWebIdentity(identity, tokenFile, role);
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path, AWS_CONTAINER_CREDENTIALS_FULL_URI: url } = environment;
  if (path !== undefined) return await fromContainer(identity, containerHost + path);
  if (url !== undefined) return await fromContainer(identity, url);
  if (environment.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true') throw new MetricQueryError('no AWS credentials');
  return await fromInstance(identity);
}

function fromVariables(environment: ProviderDeps['environment']): AwsCredentials | undefined {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId = '',
    AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
    AWS_SESSION_TOKEN: sessionToken = '',
  } = environment;
  if (accessKeyId === '' || secretAccessKey === '') return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken === '' ? {} : { sessionToken }) };
}

/** IAM roles for service accounts: the token of the pod is exchanged. */
async function fromWebIdentity(identity: Identity, file: string, role: string): Promise<Expiring<AwsCredentials>> {
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: identity.deps.environment.AWS_ROLE_SESSION_NAME ?? 'flagger',
    WebIdentityToken: await fileText(file),
  });
  const xml = await ask(identity, {
    method: 'POST',
    url: `https://${awsHost('sts', identity.region)}/`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    timeoutMs: queryTimeoutMs,
  });
  // None of these values needs escaping in XML.
  const element = (name: string): string | undefined => new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
  return issued({
    AccessKeyId: element('AccessKeyId'),
    SecretAccessKey: element('SecretAccessKey'),
    Token: element('SessionToken'),
    Expiration: element('Expiration'),
  });
}

async function fromContainer(identity: Identity, url: string): Promise<Expiring<AwsCredentials>> {
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file, AWS_CONTAINER_AUTHORIZATION_TOKEN: text } =
    identity.deps.environment;
  const authorization = file === undefined ? text : await fileText(file);
  const headers = authorization === undefined ? {} : { authorization };
  return issuedJson(await ask(identity, { url, headers, ignoreProxy: true }));
}

/** The second version of the instance service, which the first PUT opens. */
async function fromInstance(identity: Identity): Promise<Expiring<AwsCredentials>> {
  const token = await ask(identity, {
    method: 'PUT',
    url: `${instanceHost}/api/token`,
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '300' },
    ignoreProxy: true,
  });
  const read = (path: string): Promise<string> =>
    ask(identity, {
      url: `${instanceHost}/meta-data/iam/security-credentials/${path}`,
      headers: { 'x-aws-ec2-metadata-token': token },
      ignoreProxy: true,
    });
  const role = (await read('')).trim();
  return issuedJson(await read(encodeURIComponent(role)));
}

/** Answers hold credentials, so that messages show none of them. */
async function ask(
  { deps, signal }: Identity,
  request: Partial<HttpRequest> & Pick<HttpRequest, 'url'>,
): Promise<string> {
  const { host } = new URL(request.url);
  try {
    const answer = await deps.http.send({
      method: 'GET',
      timeoutMs: metadataTimeoutMs,
      limitBytes: answerLimitBytes,
      signal,
      ...request,
    });
    if (answer.status === 200) return answer.body;
    throw new MetricQueryError(`no AWS credentials: ${host} says ${answer.status} ${answer.statusText}`);
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    throw new MetricQueryError(`no AWS credentials: ${host}: ${error.message}`);
  }
}

function issuedJson(body: string): Expiring<AwsCredentials> {
  try {
    return issued(JSON.parse(body));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new MetricQueryError('no AWS credentials: the answer of the credential service is no JSON');
  }
}

function issued(value: unknown): Expiring<AwsCredentials> {
  const parsed = Issued.safeParse(value);
  if (!parsed.success) throw new MetricQueryError('no AWS credentials: the answer of the credential service has none');
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, Expiration } = parsed.data;
  return {
    value: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    expiresAtMs: Expiration === undefined ? 0 : Date.parse(Expiration),
  };
}

async function fileText(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    throw new MetricQueryError(`no AWS credentials: ${path} cannot be read`);
  }
}
