// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

import { createMetricChecker, createSkipperCounters, type MetricRequest } from '../src/analysis/index.js';
import type { StringMap } from '../src/api/kubernetes.js';
import { metricProviderTypes, readMetricTemplate, type MetricTemplate } from '../src/api/metric-template.js';
import { silentLogger } from '../src/lib/logger.js';
import {
  metricServices,
  ProviderBench,
  serviceAccountKey,
  type MetricService,
} from './support/metric-services/index.js';

const page = readFileSync(join(import.meta.dirname, '../docs/metrics.md'), 'utf8');

const Named = z.looseObject({ kind: z.string(), metadata: z.object({ name: z.string(), namespace: z.string() }) });
const SecretObject = z.object({ stringData: z.record(z.string(), z.string()) });

interface Example {
  readonly template: MetricTemplate;
  readonly secret: StringMap;
}

/** The MetricTemplates of the page, each with the Secret that stands beside it. */
const examples: readonly Example[] = [...page.matchAll(/```yaml\n([^]*?)```/g)].flatMap(([, text = '']) => {
  const objects = parseAllDocuments(text).map((document) => document.toJS() as unknown);
  const named = objects.flatMap((object) => Named.safeParse(object).data ?? []);
  const secrets = named.filter(({ kind }) => kind === 'Secret');
  return named
    .filter(({ kind }) => kind === 'MetricTemplate')
    .map((object) => {
      const read = readMetricTemplate({ ...object, apiVersion: 'flagger.app/v1beta1' });
      if (read.kind === 'invalid') throw new Error(read.problems.join('; '));
      const own = secrets.find(({ metadata }) => metadata.name === read.template.provider.secretName);
      return { template: read.template, secret: own === undefined ? {} : SecretObject.parse(own).stringData };
    });
});

/** The service that takes exactly the credentials of an example. */
function serviceOf({ template, secret }: Example): MetricService {
  const keys = (values: StringMap) =>
    Object.keys(values)
      .filter((key) => key !== 'serviceAccountKey')
      .sort()
      .join();
  const ofKind = metricServices.filter(({ type }) => type === template.provider.type);
  const found = ofKind.find((service) => keys(service.secret ?? {}) === keys(secret)) ?? ofKind[0];
  if (found === undefined) throw new Error(`no service for ${template.key.name}`);
  return found;
}

let bench: ProviderBench;

beforeEach(() => {
  bench = new ProviderBench();
});

afterEach(() => {
  bench.close();
});

/** The same, for an example that needs no credentials. */
function withoutCredential({ credential: _credential, ...open }: MetricService): MetricService {
  return open;
}

/** Runs the metric of the guide's Canary with the example's template against its kind of server. */
async function checkWith({ template, secret }: Example, service: MetricService) {
  const hasSecret = Object.keys(secret).length > 0;
  const fake = await bench.start(hasSecret ? service : withoutCredential(service));
  const tokens = await bench.start(service);
  const credentials = { ...service.secret, serviceAccountKey: serviceAccountKey(`${tokens.url}/token`) };
  const known = Object.entries(credentials).filter(([key]) => key in secret);
  const asked: string[] = [];
  const common = {
    clock: bench.clock,
    log: silentLogger,
    http: bench.rerouted({ '*': fake.url, [tokens.url]: tokens.url }),
  };
  const replicas = { place: 'nowhere', list: () => Promise.resolve([]) };
  const checker = createMetricChecker({
    ...common,
    counters: createSkipperCounters({ ...common, replicas }),
    kubernetes: ({ path, query }) => {
      asked.push(`${path} ${query.labelSelector ?? ''}`);
      return Promise.resolve({ status: 200, body: service.good.reply.body });
    },
    environment: service.environment ?? {},
    metricsServer: '',
    templates: {
      template: () => ({ kind: 'ok', template }),
      secret: () => Promise.resolve(Object.fromEntries(known)),
    },
  });
  const verdict = await checker.run(request(template.key));
  return { verdict, fake, asked };
}

function request(templateRef: { readonly name: string; readonly namespace: string }): MetricRequest {
  return {
    canary: { namespace: 'test', name: 'podinfo' },
    targetName: 'podinfo',
    serviceName: 'podinfo',
    ingressName: 'podinfo',
    provider: 'skipper',
    mirrored: false,
    metrics: [
      {
        name: templateRef.name,
        interval: '1m',
        intervalMs: 60_000,
        threshold: 0,
        thresholdRange: { max: 2 },
        templateRef,
        templateVariables: { service: 'SERVICE-1' },
      },
    ],
    dataSinceMs: 600_000,
    analysisIntervalMs: 10_000,
    signal: new AbortController().signal,
  };
}

describe('docs/metrics.md', () => {
  it('has a section for each kind of metrics server, and an example for all that can be asked', () => {
    for (const type of metricProviderTypes) expect(page).toContain(`\n## ${type}\n`);
    const shown = new Set(examples.map(({ template }) => template.provider.type));
    expect([...metricProviderTypes].filter((type) => !shown.has(type))).toEqual(['keptn']);
    for (const service of metricServices) expect(examples.map((example) => serviceOf(example))).toContain(service);
  });

  it.each(examples.map((example) => [example.template.key.name, example.template.provider.type, example] as const))(
    'the example %s asks its %s and takes the answer',
    async (_name, _type, example) => {
      const service = serviceOf(example);
      const { verdict, fake, asked } = await checkWith(example, service);
      expect(verdict).toMatchObject({ kind: 'passed', values: [{ value: 1.5 }] });
      const paths = fake.seen.map(({ path }) => path);
      expect(paths.length + asked.length).toBe(1);
      expect(JSON.stringify(verdict)).not.toMatch(/hidden|\{\{/);
    },
  );

  it("the guide's latency asks for all buckets of the canary's route", async () => {
    const latency = examples.find(({ template }) => template.key.name === 'latency');
    if (latency === undefined) throw new Error('no example latency');
    const { fake } = await checkWith(latency, serviceOf(latency));
    expect(fake.seen[0]?.parameters.query).toBe(
      'histogram_quantile(0.99, sum( rate( skipper_serve_route_duration_seconds_bucket{ ' +
        'route=~"kube(ew)?_test__podinfo_canary__.*__podinfo_canary(_[0-9]+)?" }[1m] ) ) by (le) ) ',
    );
  });

  it('the example of externalmetrics asks the cluster for the labels of the target', async () => {
    const queue = examples.find(({ template }) => template.key.name === 'queue-length');
    if (queue === undefined) throw new Error('no example queue-length');
    const { asked } = await checkWith(queue, serviceOf(queue));
    expect(asked).toEqual(['/apis/external.metrics.k8s.io/v1beta1/namespaces/test/queue-length app=podinfo']);
  });
});
