// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from '@jest/globals';

import { FakeSkippers } from '../test/support/fake-skippers.js';
import { anAnalysis, aSpec } from '../test/support/rollout-observation.js';
import type { SkipperCounters } from './analysis/index.js';
import type { EndpointSlice } from './api/kubernetes.js';
import type { RolloutSpec } from './api/rollout-spec.js';
import { loadSettings } from './config/index.js';
import type { EventNotice } from './controller/index.js';
import type { ListOptions, Reader, ResourceKind } from './kube/index.js';
import { FakeClock } from './lib/fake-clock.js';
import { silentLogger } from './lib/logger.js';
import { recordFromEvents, skipperCounters } from './skipper-source.js';

const settings = (flags: Readonly<Record<string, string>> = {}) => loadSettings(new Map(Object.entries(flags)), {});

describe('skipperCounters', () => {
  const lists: (readonly [plural: string, namespace: string | undefined, selector: string | undefined])[] = [];
  const opened: SkipperCounters[] = [];

  afterEach(() => {
    lists.length = 0;
    for (const counters of opened.splice(0)) counters.close();
  });

  /** An API server with one EndpointSlice. */
  const reader: Pick<Reader, 'list'> = {
    list: <T>(kind: ResourceKind, namespace: string | undefined, options: ListOptions = {}) => {
      lists.push([kind.plural, namespace, options.labelSelector]);
      const slice: EndpointSlice = {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: 'skipper-ingress-1' },
        endpoints: [{ addresses: ['10.0.0.9'] }],
      };
      // The only kind that is listed here.
      return Promise.resolve([slice] as readonly unknown[] as readonly T[]);
    },
  };

  async function addressesRead(flags: Readonly<Record<string, string>>): Promise<readonly string[]> {
    const http = new FakeSkippers();
    const clock = new FakeClock();
    const counters = skipperCounters({ settings: settings(flags), reader, http, clock, log: silentLogger });
    opened.push(counters);
    const app = { namespace: 'test', ingressName: 'podinfo', serviceName: 'podinfo', mirrored: false };
    counters.record(app, { windowMs: 60_000, keepMs: 60_000 });
    await clock.advance(100);
    return http.requests.map(({ url }) => new URL(url).origin);
  }

  it('reads the replicas of the EndpointSlices that the flags name', async () => {
    expect(await addressesRead({})).toEqual(['http://10.0.0.9:9911']);
    expect(lists).toEqual([['endpointslices', 'kube-system', 'kubernetes.io/service-name=skipper-ingress']]);
  });

  it('reads another port, namespace and label', async () => {
    const flags = {
      'skipper-namespace': 'edge',
      'skipper-selector': 'application=skipper',
      'skipper-metrics-port': '9',
    };
    expect(await addressesRead(flags)).toEqual(['http://10.0.0.9:9']);
    expect(lists).toEqual([['endpointslices', 'edge', 'application=skipper']]);
  });

  it('asks the cluster nothing when addresses are given', async () => {
    const flags = { 'skipper-metrics-addresses': 'http://10.0.0.5:9911, http://10.0.0.6:9911' };
    expect(await addressesRead(flags)).toEqual(['http://10.0.0.5:9911', 'http://10.0.0.6:9911']);
    expect(lists).toEqual([]);
  });
});

describe('recordFromEvents', () => {
  function recorded(flags: Readonly<Record<string, string>>, notice: Partial<EventNotice>): readonly unknown[] {
    const calls: unknown[] = [];
    const counters: Pick<SkipperCounters, 'record'> = { record: (...call) => void calls.push(call) };
    recordFromEvents(
      counters,
      settings(flags),
    )({
      canary: {
        apiVersion: 'flagger.app/v1beta1',
        kind: 'Canary',
        metadata: { namespace: 'test', name: 'podinfo' },
        spec: {},
      },
      spec: aSpec({ ingressName: 'podinfo' }),
      type: 'Normal',
      message: 'Advance podinfo.test canary weight 10',
      phase: 'Progressing',
      revision: 'r',
      atMs: 0,
      ...notice,
    });
    return calls;
  }

  const skipper = { 'metrics-server': 'skipper' };
  const own = (overrides: Partial<RolloutSpec>): Partial<EventNotice> => ({ spec: aSpec(overrides) });
  const template = { name: 'latency', interval: '1m', intervalMs: 60_000, threshold: 0, templateVariables: {} };

  it('records the application of a Canary that progresses', () => {
    const app = { namespace: 'test', ingressName: 'podinfo', serviceName: 'podinfo', mirrored: false };
    expect(recorded(skipper, {})).toEqual([[app, { windowMs: 60_000, keepMs: 30_000 }]]);
  });

  it.each<
    readonly [name: string, flags: Readonly<Record<string, string>>, notice: Partial<EventNotice>, times: number]
  >([
    ['the Canary names skipper', {}, own({ metricsServer: 'skipper' }), 1],
    ['the Canary names a Prometheus', skipper, own({ metricsServer: 'http://prometheus:9090' }), 0],
    ['nobody names skipper', {}, {}, 0],
    ['another phase', skipper, { phase: 'Succeeded' }, 0],
    ['a Canary that cannot be read', skipper, { spec: undefined }, 0],
    ['no metrics', skipper, own({ analysis: anAnalysis({ metrics: [] }) }), 0],
    ['only metrics of templates', skipper, own({ analysis: anAnalysis({ metrics: [template] }) }), 0],
    ['provider kubernetes', skipper, own({ provider: 'kubernetes' }), 0],
  ])('%s', (_name, flags, notice, times) => {
    expect(recorded(flags, notice)).toHaveLength(times);
  });
});
