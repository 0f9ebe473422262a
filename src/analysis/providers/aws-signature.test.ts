// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';

import { signedHeaders } from './aws-signature.js';

// The example key of AWS' own documentation and test suite.
const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const nowMs = Date.UTC(2015, 7, 30, 12, 36);

describe('signedHeaders', () => {
  it("signs the case post-vanilla of AWS' test suite as it says", () => {
    const request = { url: new URL('https://example.amazonaws.com/'), headers: {}, body: '' };
    expect(signedHeaders(request, key, { region: 'us-east-1', service: 'service', nowMs })).toEqual({
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, ' +
        'Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    });
  });

  it("signs a request to CloudWatch as AWS' own signer does", () => {
    const request = {
      url: new URL('https://monitoring.eu-west-1.amazonaws.com/'),
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData',
      },
      body: '{"MetricDataQueries":[]}',
    };
    const credentials = { ...key, sessionToken: 'session-token' };
    const headers = signedHeaders(request, credentials, { region: 'eu-west-1', service: 'monitoring', nowMs });
    expect(headers).toMatchObject({ 'x-amz-security-token': 'session-token' });
    // Made with @smithy/signature-v4 5.
    expect(headers.authorization).toContain(
      'SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, ' +
        'Signature=2736f5418cddec3ce767eb5b49cc2238a578db34590f33c6aac6193e6491edb5',
    );
  });
});
