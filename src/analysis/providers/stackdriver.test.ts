// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { ProviderBench, serviceAccountKey, stackdriver } from '../../../test/support/metric-services/index.js';
import type { HttpRequest } from '../../lib/http-client.js';
import { errorText } from '../../lib/operator-error.js';

const { signal } = new AbortController();
const google = 'https://monitoring.googleapis.com';
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

describe('createStackdriverProvider', () => {
  it("asks Google as the pod's own service account", async () => {
    const fake = await bench.start(stackdriver);
    const asked: string[] = [];
    const metadata = await bench.serve((request, response) => {
      asked.push(`${String(request.headers['metadata-flavor'])} ${String(request.url)}`);
      response.end('{"access_token":"hidden-access-token","expires_in":3599}');
    });
    const sent: HttpRequest[] = [];
    const http = bench.rerouted({ [google]: fake.url }, sent);
    const environment = { GCE_METADATA_HOST: new URL(metadata).host };
    const source = bench.provider('stackdriver', { secret: { project: 'acme' } }, { http, environment });
    expect([await source.query('x', signal), await source.query('x', signal)]).toEqual([[1.5], [1.5]]);
    expect(asked).toEqual([
      'Google /computeMetadata/v1/instance/service-accounts/default/token?scopes=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fmonitoring.read',
    ]);
    expect(sent[0]?.ignoreProxy).toBe(true);
  });

  it('asks Google with the key file of the process', async () => {
    const fake = await bench.start(stackdriver);
    const directory = mkdtempSync(join(tmpdir(), 'flagger-google-'));
    writeFileSync(join(directory, 'key.json'), serviceAccountKey(`${fake.url}/token`));
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: join(directory, 'key.json') };
    const deps = { http: bench.rerouted({ [google]: fake.url }), environment };
    const source = bench.provider('stackdriver', { secret: { project: 'acme' } }, deps);
    expect(await source.query('x', signal)).toEqual([1.5]);
    rmSync(directory, { recursive: true });
  });

  it('gets a new token when the one that it kept is refused', async () => {
    const fake = await bench.start(stackdriver);
    const sent: HttpRequest[] = [];
    const settings = {
      address: fake.url,
      secret: { project: 'acme', serviceAccountKey: serviceAccountKey(`${fake.url}/token`) },
    };
    const source = bench.provider('stackdriver', settings, { http: bench.rerouted({}, sent) });
    const ask = () => problem(source.query('x', signal));
    expect([await ask(), await ask()]).toEqual(['no problem: [1.5]', 'no problem: [1.5]']);
    fake.isClosed = true;
    expect(await ask()).toContain('UNAUTHENTICATED');
    fake.isClosed = false;
    expect(await ask()).toBe('no problem: [1.5]');
    expect(sent.filter(({ url }) => url.endsWith('/token'))).toHaveLength(2);
  });

  it.each`
    answer                                                      | text
    ${'{"error":"invalid_grant","error_description":"hidden"}'} | ${'says 400 Bad Request'}
    ${'{"token":"hidden"}'}                                     | ${'the answer holds no token'}
    ${'hidden'}                                                 | ${'the answer holds no token'}
  `('says why there is no token for $answer', async ({ answer, text }) => {
    const status = String(answer).includes('error') ? 400 : 200;
    const url = await bench.serve((_, response) => response.writeHead(status).end(answer));
    const secret = { project: 'acme', serviceAccountKey: serviceAccountKey(`${url}/token`) };
    const said = await problem(bench.provider('stackdriver', { secret }).query('x', signal));
    expect(said).toMatch(/^no Google access token: 127\.0\.0\.1:\d+:? /);
    expect(said).toContain(text);
    expect(said).not.toContain('hidden');
  });

  it('reports errors within an answer, and a project that may not be read', async () => {
    const fake = await bench.start(stackdriver);
    const source = await bench.providerOf(stackdriver, { address: fake.url });
    fake.behaviour = { body: '{"partialErrors":[{"code":4,"message":"deadline exceeded"}]}' };
    expect(await problem(source.query('x', signal))).toBe('error requesting stackdriver: deadline exceeded');
    const refusal = { error: { code: 403, status: 'PERMISSION_DENIED', message: 'no access' } };
    fake.behaviour = { status: 403, body: JSON.stringify(refusal) };
    expect(await problem(source.query('x', signal))).toBe('error requesting stackdriver: PERMISSION_DENIED: no access');
  });
});
