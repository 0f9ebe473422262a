// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

import type { HttpAnswer } from '../../lib/http-client.js';
import { googleToken, googleTokenKey, parseServiceAccount } from './google-identity.js';
import { baseUrl, createHttpSource, errorResponse, parseAnswer, requiredSecret, urlOf } from './http-source.js';
import {
  MetricQueryError,
  ProviderConfigError,
  shownBody,
  type MetricProvider,
  type ProviderDeps,
  type ProviderSettings,
} from './provider.js';

const defaultAddress = 'https://monitoring.googleapis.com';
const timeoutMs = 10_000;

/** A value of one column. JSON has no 64-bit numbers, so that these come as text. */
const Value = z.object({
  doubleValue: z.union([z.number(), z.string()]).optional(),
  int64Value: z.union([z.number(), z.string()]).optional(),
  boolValue: z.boolean().optional(),
});

const Answer = z.object({
  timeSeriesData: z
    .array(z.object({ pointData: z.array(z.object({ values: z.array(Value) })).default([]) }))
    .default([]),
  partialErrors: z.array(z.object({ message: z.string().default('') })).default([]),
});

const Refusal = z.object({ error: z.object({ status: z.string().default(''), message: z.string().default('') }) });

/**
 * Google Cloud Monitoring: queries in MQL. The number of a series is the first column of its newest point.
 * @throws ProviderConfigError when the Secret lacks the project or holds a broken key
 */
export function createStackdriverProvider(settings: ProviderSettings, deps: ProviderDeps): MetricProvider {
  const { secret, address } = settings;
  const project = requiredSecret(secret, 'project', 'stackdriver credentials does not contain a project id');
  const keyText = secret?.serviceAccountKey?.trim() ?? '';
  const account = keyText === '' ? undefined : parseServiceAccount(keyText);
  // Whoever may write a MetricTemplate would otherwise be sent the operator's own token.
  if (address !== undefined && account === undefined)
    throw new ProviderConfigError('stackdriver with an address needs a Secret with a serviceAccountKey');
  const base = baseUrl('stackdriver', address ?? defaultAddress);
  const url = urlOf(base, `/v3/projects/${encodeURIComponent(project)}/timeSeries:query`);
  const source = createHttpSource(settings, deps);

  async function send(query: string, signal: AbortSignal): Promise<HttpAnswer> {
    const token = await googleToken({ account, deps, signal });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await source.send({
      method: 'POST',
      url,
      headers,
      body: JSON.stringify({ query }),
      timeoutMs,
      signal,
    });
    if (answer.status === 401) deps.googleTokens.forget(googleTokenKey(account));
    return answer;
  }

  return {
    async query(query, signal) {
      const answer = await send(query, signal);
      if (answer.status !== 200) throw new MetricQueryError(`error requesting stackdriver: ${refusalText(answer)}`);
      const { timeSeriesData, partialErrors } = parseAnswer(answer.body, Answer);
      if (partialErrors[0] !== undefined)
        throw new MetricQueryError(`error requesting stackdriver: ${shownBody(partialErrors[0].message)}`);
      return timeSeriesData.map(({ pointData }) => columnNumber(pointData[0]?.values[0]));
    },
    async checkOnline(signal) {
      const answer = await send('', signal);
      // An empty query is refused for what it is, once the token and the project are accepted.
      if (answer.status === 200 || refusal(answer)?.status === 'INVALID_ARGUMENT') return;
      throw new MetricQueryError(`unexpected status code: ${refusalText(answer)}`);
    },
  };
}

/** NaN for what is no number, such as a distribution. */
function columnNumber(value: z.infer<typeof Value> | undefined): number {
  const { doubleValue, int64Value, boolValue } = value ?? {};
  return Number(doubleValue ?? int64Value ?? boolValue ?? Number.NaN);
}

function refusal({ body }: HttpAnswer): z.infer<typeof Refusal>['error'] | undefined {
  try {
    return parseAnswer(body, Refusal).error;
  } catch {
    return undefined;
  }
}

function refusalText(answer: HttpAnswer): string {
  const said = refusal(answer);
  return said === undefined ? errorResponse(answer).message : `${said.status}: ${shownBody(said.message)}`;
}
