// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { ProviderBench, serviceAccountKey } from '../../../test/support/metric-services/index.js';
import type { MetricProviderType } from '../../api/metric-template.js';
import { ProviderConfigError, type ProviderSettings } from './provider.js';

let bench: ProviderBench;

beforeEach(() => {
  bench = new ProviderBench();
});

afterEach(() => {
  bench.close();
});

const address = 'http://127.0.0.1:1';
const key = serviceAccountKey('http://127.0.0.1:1/token');

describe('settings that cannot work', () => {
  it.each`
    type                 | settings                                                                    | text
    ${'prometheus'}      | ${{ address, secret: {} }}                                                  | ${'prometheus credentials does not contain a username'}
    ${'datadog'}         | ${{}}                                                                       | ${'datadog credentials does not contain datadog_api_key'}
    ${'datadog'}         | ${{ secret: { datadog_api_key: 'hidden' } }}                                | ${'datadog credentials does not contain datadog_application_key'}
    ${'datadog'}         | ${{ secret: { datadog_api_key: ' \n', datadog_application_key: 'x' } }}     | ${'datadog credentials does not contain datadog_api_key'}
    ${'newrelic'}        | ${{}}                                                                       | ${"newrelic credentials does not contain the key 'newrelic_account_id'"}
    ${'newrelic'}        | ${{ secret: { newrelic_account_id: '1' } }}                                 | ${"newrelic credentials does not contain the key 'newrelic_query_key'"}
    ${'newrelic'}        | ${{ secret: { newrelic_account_id: '1/../2', newrelic_query_key: 'x' } }}   | ${'newrelic_account_id is not a number'}
    ${'graphite'}        | ${{ address, secret: {} }}                                                  | ${'graphite credentials does not contain a username'}
    ${'graphite'}        | ${{ address, secret: { username: 'me' } }}                                  | ${'graphite credentials does not contain a password'}
    ${'graphite'}        | ${{}}                                                                       | ${'graphite address  is not a valid URL'}
    ${'influxdb'}        | ${{ secret: { token: 'x' } }}                                               | ${'influxdb address  is not a valid URL'}
    ${'influxdb'}        | ${{ address, secret: {} }}                                                  | ${'influxdb credentials does not contain an authentication token'}
    ${'influxdb'}        | ${{ address, secret: { token: 'hidden' } }}                                 | ${'influxdb credentials does not contain an organisation'}
    ${'influxdb'}        | ${{ address, secret: { username: 'me' } }}                                  | ${'influxdb credentials does not contain a password'}
    ${'dynatrace'}       | ${{ secret: { dynatrace_token: 'x' } }}                                     | ${'dynatrace endpoint is not set'}
    ${'dynatrace'}       | ${{ address }}                                                              | ${'dynatrace credentials does not contain dynatrace_token'}
    ${'splunk'}          | ${{ secret: { sf_token_key: 'x' } }}                                        | ${'splunk endpoint is not set'}
    ${'splunk'}          | ${{ address }}                                                              | ${'splunk credentials does not contain sf_token_key'}
    ${'cloudwatch'}      | ${{}}                                                                       | ${'region not specified'}
    ${'cloudwatch'}      | ${{ region: 'evil.com/#' }}                                                 | ${'region evil.com/# is not a valid name'}
    ${'stackdriver'}     | ${{}}                                                                       | ${'stackdriver credentials does not contain a project id'}
    ${'stackdriver'}     | ${{ secret: { serviceAccountKey: key } }}                                   | ${'stackdriver credentials does not contain a project id'}
    ${'stackdriver'}     | ${{ secret: { project: 'p', serviceAccountKey: 'hidden' } }}                | ${'the key of the Google service account is no JSON'}
    ${'stackdriver'}     | ${{ secret: { project: 'p', serviceAccountKey: '{}' } }}                    | ${'the key of the Google service account lacks type service_account, client_email, private_key or a token_uri'}
    ${'stackdriver'}     | ${{ secret: { project: 'p', serviceAccountKey: brokenKey('hidden key') } }} | ${'the key of the Google service account holds a private_key that cannot be read'}
    ${'stackdriver'}     | ${{ address, secret: { project: 'p' } }}                                    | ${'stackdriver with an address needs a Secret with a serviceAccountKey'}
    ${'externalmetrics'} | ${{ secret: { token: 'hidden' } }}                                          | ${'externalmetrics with a token needs the address of the server that it is for'}
    ${'keptn'}           | ${{}}                                                                       | ${/^keptn is not supported: the project was archived in September 2025; /}
  `('$type: $text', ({ type, settings, text }) => {
    const create = () => bench.provider(type as MetricProviderType, settings as Partial<ProviderSettings>);
    expect(create).toThrow(ProviderConfigError);
    expect(create).toThrow(typeof text === 'string' ? new Error(text) : text);
  });
});

function brokenKey(pem: string): string {
  return JSON.stringify({ type: 'service_account', client_email: 'a@b', private_key: pem });
}
