// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

import type { HttpAnswer } from '../../lib/http-client.js';
import { awsCredentials, awsHost } from './aws-identity.js';
import { signedHeaders } from './aws-signature.js';
import { baseUrl, createHttpSource, parseAnswer, windowOf } from './http-source.js';
import {
  MetricQueryError,
  ProviderConfigError,
  shownBody,
  type MetricProvider,
  type ProviderDeps,
  type ProviderSettings,
} from './provider.js';

const timeoutMs = 10_000;
/** Enough for many series in one answer, which a check needs to see all of them. */
const maxDatapoints = 10_000;

/** Of each MetricDataQuery, what the choice of results depends on; all of it is sent as it is. */
const Queries = z.array(z.object({ Id: z.string(), ReturnData: z.boolean().optional() }));

const Message = z.object({ Code: z.string().optional(), Value: z.string().optional() });

const Answer = z.object({
  MetricDataResults: z
    .array(
      z.object({
        Id: z.string(),
        // A double that JSON has no number for comes as a text.
        Values: z.array(z.union([z.number(), z.string()])).nullish(),
        StatusCode: z.string().nullish(),
        Messages: z.array(Message).nullish(),
      }),
    )
    .nullish(),
  Messages: z.array(Message).nullish(),
  NextToken: z.string().nullish(),
});
type Answer = z.infer<typeof Answer>;

const Refusal = z.object({
  __type: z.string().default(''),
  message: z.string().optional(),
  Message: z.string().optional(),
});

/**
 * CloudWatch's GetMetricData with the identity of the operator's pod. The query is a JSON list of MetricDataQuery; the
 * number of a series is its newest within ten intervals.
 * @throws ProviderConfigError when the region is missing or no region, or the address is no http URL
 */
export function createCloudWatchProvider(settings: ProviderSettings, deps: ProviderDeps): MetricProvider {
  const { region = '' } = settings;
  if (region === '') throw new ProviderConfigError('region not specified');
  // The region becomes a part of the host's name.
  if (!/^[a-z0-9-]+$/.test(region)) throw new ProviderConfigError(`region ${region} is not a valid name`);
  const url = baseUrl('cloudwatch', settings.address ?? `https://${awsHost('monitoring', region)}`);
  const source = createHttpSource(settings, deps);

  async function send(input: object, signal: AbortSignal): Promise<HttpAnswer> {
    const body = JSON.stringify(input);
    const credentials = await awsCredentials({ region, deps, signal });
    const plain = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData',
    };
    const scope = { region, service: 'monitoring', nowMs: deps.clock.nowMs() };
    const headers = signedHeaders({ url, headers: plain, body }, credentials, scope);
    return await source.send({ method: 'POST', url, headers, body, timeoutMs, signal });
  }

  return {
    async query(query, signal) {
      const { queries, resultId } = parseQueries(query);
      const { fromMs, toMs } = windowOf(deps.clock, settings.intervalMs);
      const input = {
        MetricDataQueries: queries,
        StartTime: fromMs / 1_000,
        EndTime: toMs / 1_000,
        MaxDatapoints: maxDatapoints,
        ScanBy: 'TimestampDescending',
      };
      const answer = await send(input, signal);
      if (answer.status !== 200) {
        if (isCredentialRefusal(answer)) deps.awsCredentials.forget(region);
        throw new MetricQueryError(`error requesting cloudwatch: ${refusalText(answer)}`);
      }
      return newestNumbers(resultId, parseAnswer(answer.body, Answer));
    },
    async checkOnline(signal) {
      const answer = await send({ MetricDataQueries: [], StartTime: 0, EndTime: 0 }, signal);
      // It answers a request without queries with a complaint about that, once it has accepted the credentials.
      if (answer.status === 200 || (answer.status === 400 && isInputRefusal(answer))) return;
      throw new MetricQueryError(`unexpected status code: ${refusalText(answer)}`);
    },
  };
}

interface ParsedQueries {
  readonly queries: unknown;
  /** Of the first query that returns data: it is the metric; others feed it, or were meant to. */
  readonly resultId: string | undefined;
}

/** Keys in any case, as Go reads JSON. */
function parseQueries(query: string): ParsedQueries {
  let queries: unknown;
  try {
    queries = JSON.parse(query, withExactKeys);
  } catch {
    throw new MetricQueryError('error unmarshaling query: no JSON');
  }
  const parsed = Queries.safeParse(queries);
  if (!parsed.success) throw new MetricQueryError('error unmarshaling query: no list of queries with an Id each');
  return { queries, resultId: parsed.data.find(({ ReturnData }) => ReturnData !== false)?.Id };
}

const queryKeys: ReadonlyMap<string, string> = new Map(
  (
    'Id Expression Label MetricStat Metric Namespace MetricName Dimensions Name Value Period Stat Unit ReturnData ' +
    'AccountId'
  )
    .split(' ')
    .map((key) => [key.toLowerCase(), key]),
);

function withExactKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [queryKeys.get(key.toLowerCase()) ?? key, member]),
  );
}

/** A search gives several series under one Id. */
function newestNumbers(
  resultId: string | undefined,
  { MetricDataResults, NextToken, Messages }: Answer,
): readonly number[] {
  const results = (MetricDataResults ?? []).filter(({ Id }) => Id === resultId);
  for (const { StatusCode, Messages: own } of results) {
    if (StatusCode === 'InternalError' || StatusCode === 'Forbidden')
      throw new MetricQueryError(
        `error requesting cloudwatch: ${[StatusCode, ...texts(own), ...texts(Messages)].join(': ')}`,
      );
  }
  if (results.length > 1 && typeof NextToken === 'string' && NextToken !== '')
    throw new MetricQueryError('query returned more values than fit into one answer');
  return results.flatMap(({ Values }) => (Values ?? []).slice(0, 1).map(Number));
}

function texts(messages: readonly z.infer<typeof Message>[] | null | undefined): readonly string[] {
  return (messages ?? []).map(({ Code = '', Value = '' }) => shownBody(`${Code} ${Value}`));
}

function refusal({ body }: HttpAnswer): z.infer<typeof Refusal> | undefined {
  try {
    return parseAnswer(body, Refusal);
  } catch {
    return undefined;
  }
}

function refusalText(answer: HttpAnswer): string {
  const { __type: type = '', message, Message: text } = refusal(answer) ?? {};
  const said = shownBody(message ?? text ?? answer.body);
  const kind = type.slice(type.indexOf('#') + 1);
  return [`${answer.status} ${answer.statusText}`, kind, said].filter((part) => part !== '').join(': ');
}

function isInputRefusal(answer: HttpAnswer): boolean {
  return /InvalidParameter|MissingParameter|MissingRequiredParameter|Validation/.test(refusal(answer)?.__type ?? '');
}

function isCredentialRefusal(answer: HttpAnswer): boolean {
  return /ExpiredToken|UnrecognizedClient|InvalidClientTokenId/.test(refusal(answer)?.__type ?? '');
}
