// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

import { HttpFailure } from '../../lib/http-failure.js';
import { parseQuantity } from '../../lib/quantity.js';
import { parseMetricPath } from './external-metric-path.js';
import { baseUrl, createHttpSource, malformedAnswer, parseAnswer, urlOf } from './http-source.js';
import {
  answerLimitBytes,
  MetricQueryError,
  ProviderConfigError,
  shownBody,
  type MetricProvider,
  type ProviderDeps,
  type ProviderSettings,
} from './provider.js';

const apiPath = '/apis/external.metrics.k8s.io/v1beta1/namespaces';
/** When the API server shall stop waiting for whoever knows the metric. */
const serverTimeout = '5s';

const MetricList = z.object({ items: z.array(z.object({ value: z.string() })) });
const Status = z.object({ kind: z.literal('Status'), message: z.string().default('') });

interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

type ApiGet = (path: string, query: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<ApiAnswer>;

/**
 * The External Metrics API of Kubernetes. Without an address that of the cluster, as the operator; with one that of this
 * server, with the Secret's token and nothing that belongs to the cluster. The query is
 * "[namespace/]metric[?labelSelector=…]".
 * @throws ProviderConfigError when the address is no http URL, or there is a token but no address
 */
export function createExternalMetricsProvider(settings: ProviderSettings, deps: ProviderDeps): MetricProvider {
  const get = settings.address === undefined ? clusterGet(settings, deps) : serverGet(settings.address, settings, deps);
  return {
    async query(query, signal) {
      const { namespace, metric, labelSelector } = parseMetricPath(query);
      const parameters = { ...(labelSelector === undefined ? {} : { labelSelector }), timeout: serverTimeout };
      const answer = await get(`${apiPath}/${namespace}/${metric}`, parameters, signal);
      if (answer.status !== 200)
        throw new MetricQueryError(`error querying external metrics API: ${refusalText(answer)}`);
      return parseAnswer(answer.body, MetricList).items.map(({ value }) => {
        const number = parseQuantity(value);
        if (number === undefined) throw malformedAnswer(`${value} is no quantity`, answer.body);
        return number;
      });
    },
    async checkOnline(signal) {
      const answer = await get(`${apiPath}/kube-system/dummy-metric`, { timeout: serverTimeout }, signal);
      // Who serves the API says in its words that it does not know this metric; who does not serve it says just "404".
      const isUnknownMetric = answer.status === 404 && statusMessage(answer) !== undefined;
      if (answer.status !== 200 && !isUnknownMetric)
        throw new MetricQueryError(`external metrics service unavailable: ${refusalText(answer)}`);
    },
  };
}

function clusterGet({ secret }: ProviderSettings, { kubernetes }: ProviderDeps): ApiGet {
  if ((secret?.token ?? '') !== '')
    throw new ProviderConfigError('externalmetrics with a token needs the address of the server that it is for');
  return async (path, query, signal) => {
    const answer = await kubernetes({ path, query, signal }).catch((error: unknown) => {
      if (!(error instanceof HttpFailure)) throw error;
      throw new MetricQueryError(`request failed: GET ${path}: ${error.message}`);
    });
    if (answer.body.length > answerLimitBytes) throw new MetricQueryError(`answer exceeds ${answerLimitBytes} bytes`);
    return answer;
  };
}

function serverGet(address: string, settings: ProviderSettings, deps: ProviderDeps): ApiGet {
  const base = baseUrl('externalmetrics', address);
  const token = settings.secret?.token?.trim() ?? '';
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
  const source = createHttpSource(settings, deps);
  return (path, query, signal) => source.send({ url: urlOf(base, path, query), headers, signal });
}

/** The message of the API's own way to say no. */
function statusMessage({ body }: ApiAnswer): string | undefined {
  try {
    return parseAnswer(body, Status).message;
  } catch {
    return undefined;
  }
}

function refusalText(answer: ApiAnswer): string {
  return `${answer.status}: ${shownBody(statusMessage(answer) ?? answer.body)}`;
}
