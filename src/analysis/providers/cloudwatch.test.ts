// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { cloudWatch, ProviderBench } from '../../../test/support/metric-services/index.js';
import { readBody } from '../../../test/support/loopback-server.js';
import type { HttpRequest } from '../../lib/http-client.js';
import { errorText } from '../../lib/operator-error.js';
import { awsCredentials } from './aws-identity.js';

const { signal } = new AbortController();
let bench: ProviderBench;

beforeEach(() => {
  bench = new ProviderBench();
});

afterEach(() => {
  bench.close();
});

async function problem(outcome: Promise<unknown>): Promise<string> {
  return await outcome.then((value) => `no problem: ${JSON.stringify(value)}`, errorText);
}

describe('createCloudWatchProvider', () => {
  async function answered(answer: object, query = cloudWatch.query): Promise<string> {
    const fake = await bench.start(cloudWatch);
    fake.behaviour = { body: JSON.stringify(answer) };
    return await problem((await bench.providerOf(cloudWatch, { address: fake.url })).query(query, signal));
  }

  it.each`
    results                                                                           | text
    ${[{ Id: 'm1', Values: [500] }, { Id: 'e1', Values: [1.5, 9] }]}                  | ${'no problem: [1.5]'}
    ${[{ Id: 'e1', Values: [] }, { Id: 'm1', Values: [500] }]}                        | ${'no problem: []'}
    ${[{ Id: 'e1' }]}                                                                 | ${'no problem: []'}
    ${[{ Id: 'e1', Values: [1], StatusCode: 'PartialData' }]}                         | ${'no problem: [1]'}
    ${[{ Id: 'e1', Values: ['NaN'] }]}                                                | ${'no problem: [null]'}
    ${[{ Id: 'e1', Values: [1], StatusCode: 'InternalError' }]}                       | ${'error requesting cloudwatch: InternalError'}
    ${[{ Id: 'e1', StatusCode: 'Forbidden', Messages: [{ Code: 'C', Value: 'V' }] }]} | ${'error requesting cloudwatch: Forbidden: C V'}
  `('reads $results as $text', async ({ results, text }) => {
    expect(await answered({ MetricDataResults: results as object })).toBe(text);
  });

  it('refuses several series of which it sees only some', async () => {
    const series = { Id: 'e1', Values: [1] };
    expect(await answered({ MetricDataResults: [series, series], NextToken: 'more' })).toBe(
      'query returned more values than fit into one answer',
    );
    expect(await answered({ MetricDataResults: [series], NextToken: 'more' })).toBe('no problem: [1]');
  });

  it.each`
    query                | text
    ${'SELECT 1'}        | ${'error unmarshaling query: no JSON'}
    ${'{"Id":"e1"}'}     | ${'error unmarshaling query: no list of queries with an Id each'}
    ${'[{"Label":"x"}]'} | ${'error unmarshaling query: no list of queries with an Id each'}
  `('refuses the query $query', async ({ query, text }) => {
    expect(await answered({}, String(query))).toBe(text);
  });

  it('names a refusal by its kind', async () => {
    const fake = await bench.start(cloudWatch);
    const refusal = { __type: 'com.amazonaws.cloudwatch#InvalidParameterValueException', message: 'bad stat' };
    fake.behaviour = { status: 400, body: JSON.stringify(refusal) };
    const source = await bench.providerOf(cloudWatch, { address: fake.url });
    expect(await problem(source.query(cloudWatch.query, signal))).toBe(
      'error requesting cloudwatch: 400 Bad Request: InvalidParameterValueException: bad stat',
    );
  });

  it.each`
    region          | host
    ${'eu-west-1'}  | ${'https://monitoring.eu-west-1.amazonaws.com'}
    ${'cn-north-1'} | ${'https://monitoring.cn-north-1.amazonaws.com.cn'}
  `('asks $host for the region $region', async ({ region, host }) => {
    const url = await bench.serve((_, response) => response.end('{}'));
    const http = bench.rerouted({ [String(host)]: url });
    const { environment = {} } = cloudWatch;
    const source = bench.provider('cloudwatch', { region: String(region) }, { http, environment });
    expect(await source.query(cloudWatch.query, signal)).toEqual([]);
  });
});

describe('awsCredentials', () => {
  const expiration = '2026-01-01T01:00:00Z';
  const issued = { AccessKeyId: 'AKID', SecretAccessKey: 'hidden-key', Token: 'hidden-token', Expiration: expiration };
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'hidden-key', sessionToken: 'hidden-token' };
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'flagger-aws-'));
    writeFileSync(join(directory, 'token'), 'pod-token\n');
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  /** A service that answers by path and notes what it was asked. */
  async function service(answers: Readonly<Record<string, string>>, seen: string[]): Promise<string> {
    return await bench.serve((request, response) => {
      void readBody(request).then((body) => {
        const header = request.headers.authorization ?? request.headers['x-aws-ec2-metadata-token'] ?? '';
        seen.push([request.method, request.url, header, body].join(' ').trim());
        const answer = answers[request.url ?? ''];
        response.writeHead(answer === undefined ? 404 : 200).end(answer);
      });
    });
  }

  it('takes variables', async () => {
    const environment = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'hidden-key' };
    expect(await awsCredentials({ region: 'eu-west-1', deps: bench.deps({ environment }), signal })).toEqual({
      accessKeyId: 'AKID',
      secretAccessKey: 'hidden-key',
    });
  });

  it('exchanges the web identity of a pod and keeps what it gets until shortly before its end', async () => {
    const xml =
      '<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>' +
      `<AccessKeyId>AKID</AccessKeyId><SecretAccessKey>hidden-key</SecretAccessKey>` +
      `<SessionToken>hidden-token</SessionToken><Expiration>${expiration}</Expiration>` +
      '</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>';
    const seen: string[] = [];
    const http = bench.rerouted({ 'https://sts.eu-west-1.amazonaws.com': await service({ '/': xml }, seen) });
    const environment = {
      AWS_WEB_IDENTITY_TOKEN_FILE: join(directory, 'token'),
      AWS_ROLE_ARN: 'arn:aws:iam::1:role/r',
    };
    const identity = { region: 'eu-west-1', deps: bench.deps({ http, environment }), signal };
    expect([await awsCredentials(identity), await awsCredentials(identity)]).toEqual([credentials, credentials]);
    expect(seen).toEqual([
      'POST /  Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=flagger&WebIdentityToken=pod-token',
    ]);
    await bench.clock.advance(3_540_000);
    await awsCredentials(identity);
    expect(seen).toHaveLength(2);
  });

  it('asks the container service, past any proxy', async () => {
    const seen: string[] = [];
    const url = await service({ '/v1/credentials': JSON.stringify(issued) }, seen);
    const sent: HttpRequest[] = [];
    const http = bench.rerouted({ 'http://169.254.170.23': url }, sent);
    const environment = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(directory, 'token'),
    };
    const identity = { region: 'eu-west-1', deps: bench.deps({ http, environment }), signal };
    expect(await awsCredentials(identity)).toEqual(credentials);
    expect(seen).toEqual(['GET /v1/credentials pod-token']);
    expect(sent.map(({ ignoreProxy }) => ignoreProxy)).toEqual([true]);
  });

  it('asks for the role of the machine last, by the second version of its service', async () => {
    const seen: string[] = [];
    const base = '/latest/meta-data/iam/security-credentials/';
    const answers = {
      '/latest/api/token': 'session',
      [base]: 'node-role',
      [`${base}node-role`]: JSON.stringify(issued),
    };
    const http = bench.rerouted({ 'http://169.254.169.254': await service(answers, seen) });
    const identity = { region: 'eu-west-1', deps: bench.deps({ http }), signal };
    expect(await awsCredentials(identity)).toEqual(credentials);
    expect(seen).toEqual(['PUT /latest/api/token', `GET ${base} session`, `GET ${base}node-role session`]);
  });

  it.each`
    environment                                                       | text
    ${{ AWS_EC2_METADATA_DISABLED: 'true' }}                          | ${'no AWS credentials'}
    ${{ AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere', AWS_ROLE_ARN: 'r' }} | ${'no AWS credentials: /nowhere cannot be read'}
    ${{ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/x' }} | ${'no AWS credentials: 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1'}
    ${{ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/missing' }}         | ${'no AWS credentials: 169.254.170.2 says 404 Not Found'}
    ${{ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/text' }}            | ${'no AWS credentials: the answer of the credential service is no JSON'}
    ${{ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/half' }}            | ${'no AWS credentials: the answer of the credential service has none'}
  `('says why there are none with $environment', async ({ environment, text }) => {
    const answers = { '/text': 'hidden', '/half': '{"AccessKeyId":"hidden"}' };
    const http = bench.rerouted({ 'http://169.254.170.2': await service(answers, []) });
    const deps = bench.deps({ http, environment: environment as Record<string, string> });
    expect(await problem(awsCredentials({ region: 'eu-west-1', deps, signal }))).toBe(text);
  });

  it('gets new ones after AWS has refused those that it kept', async () => {
    const seen: string[] = [];
    const url = await service({ '/v1': JSON.stringify(issued) }, seen);
    const fake = await bench.start(cloudWatch);
    fake.isClosed = true;
    const environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v1` };
    const settings = { region: 'eu-west-1', address: fake.url };
    const source = bench.provider('cloudwatch', settings, { environment });
    for (let count = 0; count < 2; count += 1) {
      const text = await problem(source.query(cloudWatch.query, signal));
      expect(text).toContain('UnrecognizedClientException');
      expect(text).not.toContain('hidden');
    }
    expect(seen).toHaveLength(2);
  });
});
