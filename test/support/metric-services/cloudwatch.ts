// SPDX-License-Identifier: Apache-2.0
import { cutJson, html, json, nowSeconds, tenMinutesAgo, type MetricService } from './metric-service.js';

const queries = [
  { id: 'e1', expression: 'm1 / m2', label: 'ErrorRate' },
  {
    id: 'm1',
    metricStat: {
      metric: { namespace: 'app', metricName: 'errors', dimensions: [{ name: 'app', value: 'podinfo' }] },
      period: 60,
      stat: 'Sum',
    },
    returnData: false,
  },
];

const sentQueries = [
  { Id: 'e1', Expression: 'm1 / m2', Label: 'ErrorRate' },
  {
    Id: 'm1',
    MetricStat: {
      Metric: { Namespace: 'app', MetricName: 'errors', Dimensions: [{ Name: 'app', Value: 'podinfo' }] },
      Period: 60,
      Stat: 'Sum',
    },
    ReturnData: false,
  },
];

function results(...series: readonly (readonly number[])[]) {
  return json({
    Messages: [],
    MetricDataResults: series.map((Values, index) => ({
      Id: 'e1',
      Label: `ErrorRate ${index}`,
      StatusCode: 'Complete',
      Timestamps: Values.map((_, point) => nowSeconds - 60 * point),
      Values,
    })),
  });
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html, by the JSON protocol */
export const cloudWatch: MetricService = {
  name: 'cloudwatch',
  type: 'cloudwatch',
  region: 'eu-west-1',
  environment: {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'hidden-access-key',
    AWS_SESSION_TOKEN: 'hidden-session-token',
  },
  query: JSON.stringify(queries),
  asked: {
    method: 'POST',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData',
      'x-amz-date': '20260101T000000Z',
    },
    body: JSON.stringify({
      MetricDataQueries: sentQueries,
      StartTime: tenMinutesAgo,
      EndTime: nowSeconds,
      MaxDatapoints: 10_000,
      ScanBy: 'TimestampDescending',
    }),
  },
  credential: {
    header: 'authorization',
    value:
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20260101\/eu-west-1\/monitoring\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=[0-9a-f]{64}$/,
  },
  good: { reply: results([1.5, 7, 9]), numbers: [1.5] },
  empty: { reply: json({ MetricDataResults: [] }), numbers: [] },
  nothing: { reply: results([]), numbers: [] },
  several: { reply: results([1, 5], [2], []), numbers: [1, 2] },
  malformed: [html, cutJson, json({ MetricDataResults: [{ Id: 'e1', Values: [{}] }] }), json([])],
  refusal: (sent) =>
    json(
      {
        __type: 'com.amazon.coral.service#UnrecognizedClientException',
        message: `The security token included in the request is invalid ${sent}`,
      },
      400,
    ),
  isOnlineCheck: ({ body }) => body.includes('"MetricDataQueries":[]'),
  online: json({ __type: 'com.amazonaws.cloudwatch#InvalidParameterValueException', message: 'no queries' }, 400),
};
