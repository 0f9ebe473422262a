// SPDX-License-Identifier: Apache-2.0
import { readMetricTemplate, type MetricTemplateObject, type MetricTemplateResult } from '../api/metric-template.js';
import type { ObjectKey } from '../api/kubernetes.js';
import type { MetricCheck } from '../api/rollout-spec.js';
import {
  boundsOf,
  createMetricChecker,
  type MetricRequest,
  type MetricSubject,
  type MetricVerdict,
  type SkipperCounters,
} from '../analysis/index.js';
import type { CheckTools } from '../controller/index.js';
import type { Clock } from '../lib/clock.js';
import type { HttpAnswer, HttpRequest } from '../lib/http-client.js';
import { silentLogger } from '../lib/logger.js';
import type { Scenario } from './scenario.js';

export interface MeasurementsDeps {
  readonly clock: Clock;
  readonly scenario: Scenario;
  /** MetricTemplates as they are in the cluster. */
  readonly template: (key: ObjectKey) => MetricTemplateObject | undefined;
  /** Whether the new revision gets requests, or copies of them, at the moment. */
  readonly isAsked: () => boolean;
  /** Whether it fails whatever it is asked, from now on. */
  readonly isBad: () => boolean;
}

/** Requests that a check is about: so many that a share of them is exact. */
const requests = 1_000_000;
/** Of a good revision. */
const fastMs = 20;

type Counted = Extract<ReturnType<SkipperCounters['read']>, { readonly kind: 'measured' }>['canary'];

/**
 * The operator's own checks of metrics, on a metrics server that answers what the scenario says: a Prometheus, or
 * Skipper's counters, whichever the Canary asks. A metric that is not built in gets a value in its range, unless the scenario has one.
 */
export class Measurements implements Pick<CheckTools, 'checkMetrics' | 'checkAvailability'> {
  readonly #checker;
  /** The metric that is being asked about. */
  #metric: MetricCheck | undefined;
  #isMirrored = false;

  constructor(private readonly deps: MeasurementsDeps) {
    this.#checker = createMetricChecker({
      clock: deps.clock,
      log: silentLogger,
      http: { send: (request) => Promise.resolve(this.#answer(request)), close: () => undefined },
      templates: { template: (key) => this.#template(key), secret: () => Promise.resolve({}) },
      kubernetes: () => Promise.resolve({ status: 404, body: '' }),
      environment: {},
      metricsServer: 'http://prometheus:9090',
      counters: {
        record: () => undefined,
        read: (_app, { windowMs }) => this.#counters(windowMs),
        checkOnline: () => Promise.resolve(),
      },
    });
  }

  readonly checkAvailability = (subject: MetricSubject): ReturnType<CheckTools['checkAvailability']> =>
    this.#checker.checkAvailability(subject);

  /** One by one, in the order of the checker: so it is known which metric a query is about. */
  readonly checkMetrics = async (request: MetricRequest): Promise<MetricVerdict> => {
    this.#isMirrored = request.mirrored;
    let verdict: MetricVerdict = { kind: 'passed', values: [], notices: [] };
    for (const metric of inOrder(request.metrics)) {
      this.#metric = metric;
      const next = await this.#checker.run({ ...request, metrics: [metric] });
      verdict = {
        ...next,
        values: [...verdict.values, ...next.values],
        notices: [...verdict.notices, ...next.notices],
      };
      if (verdict.kind !== 'passed') break;
    }
    return verdict;
  };

  /** Read as the operator reads it; then any metrics server of theirs is played by the one here. */
  #template(key: ObjectKey): MetricTemplateResult | undefined {
    const object = this.deps.template(key);
    if (object === undefined) return undefined;
    const read = readMetricTemplate(object);
    if (read.kind === 'invalid' || read.template.provider.type === 'keptn') return read;
    const { address = 'http://metrics' } = read.template.provider;
    const provider = { type: 'prometheus', address, headers: {}, insecureSkipVerify: false } as const;
    return { kind: 'ok', template: { ...read.template, provider } };
  }

  #answer({ url }: HttpRequest): HttpAnswer {
    const query = new URL(url).searchParams.get('query') ?? '';
    const result = this.#numbersOf(query).map((number) => ({ metric: {}, value: [0, String(number)] }));
    const body = JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
    return { status: 200, statusText: 'OK', headers: {}, body, isTruncated: false };
  }

  #numbersOf(query: string): readonly number[] {
    if (query === 'vector(1)') return [1];
    // Skipper's series are there, and are scraped; those of the canary have data if it has requests.
    if (query.startsWith('count(skipper_') || query.startsWith('max(count_over_time(')) return [10];
    if (!this.#hasData) return [];
    if (query.includes('increase(')) return [requests];
    return this.#metric === undefined ? [] : this.#valueOf(this.#metric);
  }

  get #hasData(): boolean {
    const { scenario, isAsked } = this.deps;
    if (scenario.noTraffic) return false;
    return isAsked() || !isBuiltIn(this.#metric);
  }

  #valueOf(metric: MetricCheck): readonly number[] {
    const { scenario, isBad } = this.deps;
    const bounds = boundsOf(metric, metric.name === 'request-success-rate' ? 'min' : 'max');
    if (isBad()) return outside(bounds);
    switch (metric.name) {
      case 'request-success-rate':
        // Of copies nobody knows the status.
        return [this.#isMirrored ? 100 : 100 - scenario.errorPercent];
      case 'request-duration':
        return [scenario.latencyMs ?? Math.min(fastMs, inside(bounds))];
      default:
        return [scenario.values[metric.name] ?? inside(bounds)];
    }
  }

  #counters(windowMs: number): ReturnType<SkipperCounters['read']> {
    const { scenario, isBad } = this.deps;
    const failing = isBad() ? 100 : this.#isMirrored ? 0 : scenario.errorPercent;
    const [milliseconds = fastMs] = this.#metric?.name === 'request-duration' ? this.#valueOf(this.#metric) : [];
    const canary = this.#hasData ? counted((requests * failing) / 100, milliseconds) : none;
    const primary = scenario.noTraffic ? none : counted(0, fastMs);
    return { kind: 'measured', canary, primary, windowMs, isWhole: true, answeringReplicas: 1, knownReplicas: 1 };
  }
}

function isBuiltIn(metric: MetricCheck | undefined): boolean {
  return metric?.name === 'request-success-rate' || metric?.name === 'request-duration';
}

function inOrder(metrics: readonly MetricCheck[]): readonly MetricCheck[] {
  const hasTemplate = ({ templateRef }: MetricCheck): boolean => templateRef !== undefined;
  return [...metrics.filter((metric) => !hasTemplate(metric)), ...metrics.filter(hasTemplate)];
}

type Bounds = ReturnType<typeof boundsOf>;

function inside({ min, max }: Bounds): number {
  if (min !== undefined && max !== undefined) return (min + max) / 2;
  if (max !== undefined) return max > 0 ? max / 2 : max;
  return min ?? 0;
}

/** Nothing where every number would do. */
function outside({ min, max }: Bounds): readonly number[] {
  if (max !== undefined) return [max + Math.max(1, Math.abs(max))];
  return min === undefined ? [] : [min - Math.max(1, Math.abs(min) / 2)];
}

const none: Counted = { requests: 0, failures: 0, uncoded: 0, timed: 0, seconds: 0, buckets: new Map() };

function counted(failures: number, milliseconds: number): Counted {
  const seconds = milliseconds / 1_000;
  const buckets = new Map([
    [seconds, 0],
    // So narrow that every quantile is this number, and never less.
    [seconds * (1 + 1e-9), requests],
    [Number.POSITIVE_INFINITY, requests],
  ]);
  return { requests, failures, uncoded: 0, timed: requests, seconds: seconds * requests, buckets };
}
