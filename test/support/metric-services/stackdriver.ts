// SPDX-License-Identifier: Apache-2.0
import { createVerify, generateKeyPairSync } from 'node:crypto';

import { cutJson, html, json, nowSeconds, type MetricService, type Reply, type SeenRequest } from './metric-service.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const email = 'flagger@acme.iam.gserviceaccount.com';

/** The key file of a service account whose tokens come from this address. */
export function serviceAccountKey(tokenUrl: string): string {
  return JSON.stringify({
    type: 'service_account',
    project_id: 'acme',
    private_key_id: 'key-1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: email,
    token_uri: tokenUrl,
  });
}

/** https://developers.google.com/identity/protocols/oauth2/service-account#httprest */
function issueToken({ path, headers, body }: SeenRequest): Reply | undefined {
  if (path !== '/token') return undefined;
  const form = new URLSearchParams(body);
  const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const decode = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
  const isSigned = createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(publicKey, signature, 'base64url');
  const expected = {
    iss: email,
    scope: 'https://www.googleapis.com/auth/monitoring.read',
    aud: `http://${String(headers.host)}/token`,
    iat: nowSeconds,
    exp: nowSeconds + 3_600,
  };
  const isRight =
    isSigned &&
    form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer' &&
    JSON.stringify(decode(head)) === JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: 'key-1' }) &&
    JSON.stringify(decode(claims)) === JSON.stringify(expected);
  return isRight
    ? json({ access_token: 'hidden-access-token', expires_in: 3_599, token_type: 'Bearer' })
    : json({ error: 'invalid_grant', error_description: `Invalid JWT ${body}` }, 400);
}

function points(...columns: readonly object[]) {
  return json({
    timeSeriesDescriptor: { pointDescriptors: [{ key: 'value.rate', valueType: 'DOUBLE', metricKind: 'GAUGE' }] },
    timeSeriesData: columns.map((column, index) => ({
      labelValues: [{ stringValue: String(index) }],
      pointData: [
        { values: [column], timeInterval: { startTime: '2026-01-01T00:00:00Z', endTime: '2026-01-01T00:00:00Z' } },
        { values: [{ doubleValue: 99 }], timeInterval: {} },
      ],
    })),
  });
}

const query = 'fetch k8s_container | metric "custom/errors" | within 1m | every 1m';

/** https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/query */
export const stackdriver: MetricService = {
  name: 'stackdriver',
  type: 'stackdriver',
  // The key names the address of the fake, which is known only when it runs.
  secret: { project: 'acme' },
  query,
  asked: { method: 'POST', path: '/v3/projects/acme/timeSeries:query', body: JSON.stringify({ query }) },
  credential: { header: 'authorization', value: 'Bearer hidden-access-token' },
  good: { reply: points({ doubleValue: 1.5 }), numbers: [1.5] },
  empty: { reply: json({}), numbers: [] },
  nothing: { reply: points({ distributionValue: { count: '5' } }), numbers: [NaN] },
  several: { reply: points({ int64Value: '1' }, { boolValue: true }, { doubleValue: 'NaN' }), numbers: [1, 1, NaN] },
  malformed: [html, cutJson, json({ timeSeriesData: [{ pointData: 'x' }] }), json([])],
  refusal: (sent) =>
    json({ error: { code: 401, message: `Request had invalid credentials ${sent}`, status: 'UNAUTHENTICATED' } }, 401),
  isOnlineCheck: ({ body }) => body === '{"query":""}',
  online: json({ error: { code: 400, message: 'Field query is empty', status: 'INVALID_ARGUMENT' } }, 400),
  token: issueToken,
};
