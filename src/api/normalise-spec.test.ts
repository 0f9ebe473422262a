// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Canary } from './canary.js';
import type { NormalisedSpec } from './normalise-spec.js';
import { crossNamespaceRefs, normaliseSpec } from './normalise-spec.js';
import type { RolloutSpec } from './rollout-spec.js';

type Json = Readonly<Record<string, unknown>>;

const defaults = { provider: 'skipper', intervalFloorMs: 10_000 };

function aCanary(spec: unknown): Canary {
  return { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', metadata: { name: 'podinfo', namespace: 'test' }, spec };
}

function aSpec(changes: Json = {}): Json {
  return {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
    ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'podinfo' },
    service: { port: 80 },
    analysis: { interval: '30s', threshold: 3, stepWeight: 10 },
    ...changes,
  };
}

function anAnalysis(changes: Json): Json {
  return aSpec({ analysis: { interval: '30s', threshold: 3, stepWeight: 10, ...changes } });
}

function normalise(spec: unknown): NormalisedSpec {
  return normaliseSpec(aCanary(spec), defaults);
}

function accepted(spec: unknown): RolloutSpec {
  const result = normalise(spec);
  if (result.kind === 'invalid') throw new Error(result.problems.join('; '));
  return result.spec;
}

function problems(spec: unknown): readonly string[] {
  const result = normalise(spec);
  return result.kind === 'invalid' ? result.problems : [];
}

function warnings(spec: unknown): readonly string[] {
  const result = normalise(spec);
  return result.kind === 'ok' ? result.warnings : [];
}

describe('normaliseSpec', () => {
  it('applies every default to a minimal Canary', () => {
    expect(accepted(aSpec())).toStrictEqual({
      provider: 'skipper',
      target: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
      ingressName: 'podinfo',
      service: {
        name: 'podinfo',
        port: 80,
        portName: 'http',
        targetPort: 80,
        targetPortSet: false,
        portDiscovery: false,
        headless: false,
        apex: { labels: {}, annotations: {} },
        primary: { labels: {}, annotations: {} },
        canary: { labels: {}, annotations: {} },
        unmanagedAnnotations: [],
        unmanagedLabels: [],
      },
      analysis: {
        intervalMs: 30_000,
        threshold: 3,
        maxWeight: 100,
        stepWeight: 10,
        stepWeights: [],
        stepWeightPromotion: 0,
        iterations: 0,
        mirror: false,
        mirrorWeight: 0,
        primaryReadyThreshold: 100,
        canaryReadyThreshold: 100,
        match: [],
        metrics: [],
        alerts: [],
        webhooks: [],
      },
      progressDeadlineMs: 600_000,
      skipAnalysis: false,
      revertOnDeletion: false,
      suspend: false,
    });
  });

  it('takes over everything that a full Canary says', () => {
    const analysis = {
      interval: '1m30s',
      threshold: 5,
      iterations: 10,
      match: [{ headers: { 'x-user': { suffix: 'beta' } }, queryParams: { q: { exact: '' } } }],
      metrics: [
        {
          name: 'latency',
          templateRef: { name: 'latency' },
          thresholdRange: { max: 0.5 },
          templateVariables: { a: '' },
        },
        { name: 'inline', interval: '30s', query: 'up', threshold: 2 },
      ],
      alerts: [{ name: 'team', severity: 'warn', providerRef: { name: 'chat', namespace: 'ops' } }],
      webhooks: [
        { name: 'gate', type: 'confirm-rollout', url: 'http://gate', timeout: '5s', retries: 2, muteAlert: true },
      ],
      sessionAffinity: { cookieName: 'c', maxAge: 60, sameSite: 'Lax', path: '' },
    };
    const spec = accepted(
      aSpec({
        metricsServer: 'http://prometheus:9090',
        autoscalerRef: {
          apiVersion: 'keda.sh/v1alpha1',
          kind: 'ScaledObject',
          name: 'so',
          primaryScalerQueries: { t: 'q' },
          primaryScalerReplicas: { minReplicas: 2 },
        },
        service: { name: 'web', port: 80, targetPort: 'http', appProtocol: 'h2c', apex: { labels: { a: 'b' } } },
        analysis,
      }),
    );
    expect(spec).toMatchObject({
      metricsServer: 'http://prometheus:9090',
      autoscaler: { kind: 'ScaledObject', name: 'so', primaryScalerQueries: { t: 'q' }, primaryMinReplicas: 2 },
      service: {
        name: 'web',
        targetPort: 'http',
        targetPortSet: true,
        appProtocol: 'h2c',
        apex: { labels: { a: 'b' } },
      },
    });
    expect(spec.analysis).toMatchObject({
      intervalMs: 90_000,
      iterations: 10,
      match: [{ headers: { 'x-user': { suffix: 'beta' } }, queryParams: { q: { exact: '' } }, sourceLabels: {} }],
      alerts: [{ name: 'team', severity: 'warn', providerRef: { name: 'chat', namespace: 'ops' } }],
      sessionAffinity: { cookieName: 'c', maxAge: 60, sameSite: 'Lax', httpOnly: false },
    });
    expect(spec.analysis.sessionAffinity).not.toHaveProperty('path');
    expect(spec.analysis.metrics).toStrictEqual([
      {
        name: 'latency',
        interval: '1m',
        intervalMs: 60_000,
        threshold: 0,
        thresholdRange: { max: 0.5 },
        templateRef: { name: 'latency', namespace: 'test' },
        templateVariables: { a: '' },
      },
      { name: 'inline', interval: '30s', intervalMs: 30_000, threshold: 2, query: 'up', templateVariables: {} },
    ]);
    expect(spec.analysis.webhooks).toStrictEqual([
      {
        name: 'gate',
        type: 'confirm-rollout',
        url: 'http://gate',
        timeout: '5s',
        retries: 2,
        disableTLS: false,
        muteAlert: true,
        metadata: {},
      },
    ]);
  });

  it.each`
    interval         | expectedMs | warned
    ${undefined}     | ${60_000}  | ${0}
    ${''}            | ${60_000}  | ${0}
    ${'15s'}         | ${15_000}  | ${0}
    ${'1m30s'}       | ${90_000}  | ${0}
    ${'5s'}          | ${10_000}  | ${1}
    ${'10ms'}        | ${10_000}  | ${1}
    ${'-5m'}         | ${10_000}  | ${1}
    ${'1min'}        | ${60_000}  | ${1}
    ${'soon'}        | ${60_000}  | ${1}
    ${'9999999999h'} | ${60_000}  | ${1}
  `('interval $interval means $expectedMs ms with $warned warnings', ({ interval, expectedMs, warned }) => {
    const spec = anAnalysis({ interval });
    expect(accepted(spec).analysis.intervalMs).toBe(expectedMs);
    expect(warnings(spec)).toHaveLength(Number(warned));
  });

  it('never goes below the floor, even with the default', () => {
    const result = normaliseSpec(aCanary(anAnalysis({ interval: '' })), { ...defaults, intervalFloorMs: 90_000 });
    expect(result).toMatchObject({ kind: 'ok', spec: { analysis: { intervalMs: 90_000 } } });
  });

  it.each`
    field                      | given    | expected
    ${'threshold'}             | ${0}     | ${1}
    ${'threshold'}             | ${-3}    | ${1}
    ${'threshold'}             | ${0.5}   | ${1}
    ${'threshold'}             | ${2.9}   | ${2}
    ${'threshold'}             | ${1e300} | ${Number.MAX_SAFE_INTEGER}
    ${'maxWeight'}             | ${0}     | ${100}
    ${'maxWeight'}             | ${-1}    | ${100}
    ${'maxWeight'}             | ${250}   | ${100}
    ${'maxWeight'}             | ${12.5}  | ${12.5}
    ${'stepWeight'}            | ${2.5}   | ${2.5}
    ${'stepWeight'}            | ${101}   | ${100}
    ${'stepWeightPromotion'}   | ${-20}   | ${0}
    ${'mirrorWeight'}          | ${1e9}   | ${100}
    ${'iterations'}            | ${3.7}   | ${3}
    ${'iterations'}            | ${-1}    | ${0}
    ${'primaryReadyThreshold'} | ${-1}    | ${100}
    ${'primaryReadyThreshold'} | ${0}     | ${0}
    ${'canaryReadyThreshold'}  | ${66.7}  | ${66}
    ${'canaryReadyThreshold'}  | ${101}   | ${100}
  `('D44: analysis.$field $given is read as $expected', ({ field, given, expected }) => {
    const analysis: Json = { ...accepted(anAnalysis({ [String(field)]: given })).analysis };
    expect(analysis[String(field)]).toBe(expected);
  });

  it.each`
    given  | expected
    ${60}  | ${60_000}
    ${0.5} | ${500}
    ${0}   | ${600_000}
    ${-1}  | ${600_000}
  `('progressDeadlineSeconds $given means $expected ms', ({ given, expected }) => {
    expect(accepted(aSpec({ progressDeadlineSeconds: given })).progressDeadlineMs).toBe(expected);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '10', true, {}, []])(
    'refuses %p as a number',
    (stepWeight) => {
      expect(problems(anAnalysis({ stepWeight }))).toStrictEqual([
        expect.stringMatching(/^spec\.analysis\.stepWeight is .+, make it a finite number$/),
      ]);
    },
  );

  it('reads targetPort 0 and "" as not set', () => {
    for (const targetPort of [0, '']) {
      expect(accepted(aSpec({ service: { port: 8080, targetPort } })).service).toMatchObject({
        targetPort: 8080,
        targetPortSet: false,
      });
    }
  });

  it('lets stepWeights decide maxWeight, and stepWeight win over stepWeights', () => {
    const both = anAnalysis({ stepWeights: [1, 5, 50], maxWeight: 30 });
    expect(accepted(both).analysis).toMatchObject({ stepWeight: 10, stepWeights: [], maxWeight: 30 });
    expect(warnings(both)).toHaveLength(1);
    expect(accepted(anAnalysis({ stepWeight: 0, stepWeights: [1, 5, 50], maxWeight: 30 })).analysis).toMatchObject({
      stepWeight: 0,
      stepWeights: [1, 5, 50],
      maxWeight: 50,
    });
  });

  it('D3: reads the old name canaryAnalysis when analysis is absent, and says so', () => {
    const spec = aSpec({ analysis: undefined, canaryAnalysis: { interval: '15s', stepWeight: 5 } });
    expect(accepted(spec).analysis).toMatchObject({ intervalMs: 15_000, stepWeight: 5 });
    expect(warnings(spec)).toStrictEqual([expect.stringContaining('spec.canaryAnalysis')]);
    expect(warnings({ ...spec, analysis: { stepWeight: 1 } })).toStrictEqual([]);
  });

  it.each([undefined, null])('D3: reports a Canary whose analysis is %p', (analysis) => {
    expect(problems(aSpec({ analysis }))).toStrictEqual(['spec.analysis is missing, add it']);
  });

  it('D14: gives a metric without interval the range 1m, also with a template', () => {
    const metrics = [
      { name: 'request-duration' },
      { name: 'x', templateRef: { name: 't' } },
      { name: 'y', interval: '' },
    ];
    expect(accepted(anAnalysis({ metrics })).analysis.metrics.map(({ interval }) => interval)).toEqual([
      '1m',
      '1m',
      '1m',
    ]);
  });

  it('keeps the range of a metric as it is written', () => {
    const metrics = [{ name: 'x', interval: '1min', templateRef: { name: 't' } }];
    expect(accepted(anAnalysis({ metrics })).analysis.metrics).toMatchObject([
      { interval: '1min', intervalMs: 60_000 },
    ]);
  });

  it('D15: sends an alert without severity as info', () => {
    const alerts = ['', undefined, 'error'].map((severity) => ({ name: 'a', severity, providerRef: { name: 'p' } }));
    expect(accepted(anAnalysis({ alerts })).analysis.alerts.map(({ severity }) => severity)).toEqual([
      'info',
      'info',
      'error',
    ]);
  });

  it('reads the headers of a webhook whose values are in Secrets, and the format of its events', () => {
    const secretKeyRef = { name: 'tester', key: 'token' };
    const headersFrom = [
      { header: 'Authorization', prefix: 'Bearer ', secretKeyRef },
      { header: 'X-Key', secretKeyRef },
    ];
    const webhooks = [{ name: 'x', url: 'http://x', type: 'event', headersFrom, format: 'cloudevents' }];
    expect(accepted(anAnalysis({ webhooks })).analysis.webhooks).toMatchObject([
      {
        headersFrom: [
          { header: 'Authorization', prefix: 'Bearer ', secret: secretKeyRef },
          { header: 'X-Key', prefix: '', secret: secretKeyRef },
        ],
        format: 'cloudevents',
      },
    ]);
  });

  it('gives a webhook without type, timeout and retries those of a rollout hook', () => {
    const webhooks = [
      { name: 'a', url: 'http://a' },
      { name: 'b', url: 'http://b', type: '', timeout: 's', retries: -1 },
      { name: 'c', url: 'http://c', type: 'event', timeout: 'soon', retries: 1.5 },
    ];
    expect(accepted(anAnalysis({ webhooks })).analysis.webhooks).toMatchObject([
      { type: 'rollout', timeout: '10s', retries: 0 },
      { type: 'rollout', timeout: '10s', retries: 0 },
      { type: 'event', timeout: 'soon', retries: 1 },
    ]);
  });

  it('reads null as not set and drops null entries of lists', () => {
    const { analysis, autoscaler } = accepted({
      ...anAnalysis({ metrics: [null, { name: 'm', query: null }], alerts: [null], webhooks: [null], maxWeight: null }),
      autoscalerRef: null,
    });
    expect(analysis).toMatchObject({ metrics: [{ name: 'm' }], alerts: [], webhooks: [], maxWeight: 100 });
    expect(autoscaler).toBeUndefined();
  });

  it('ignores fields of other meshes and unknown ones', () => {
    const service = {
      port: 80,
      match: [{ uri: { prefix: '/' } }],
      corsPolicy: { allowOrigins: [] },
      retries: { attempts: 3 },
    };
    expect(accepted(aSpec({ service, unknown: { deep: [] } })).service.port).toBe(80);
  });

  it('takes an unknown target kind for a Deployment, as Flagger, with its warning', () => {
    const spec = aSpec({ targetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db' } });
    expect(accepted(spec).target.kind).toBe('Deployment');
    expect(warnings(spec)).toStrictEqual(["unknown canary target 'StatefulSet', assuming deployment"]);
  });

  const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' };
  it.each([
    [
      'D24: equal neighbours',
      anAnalysis({ stepWeight: 0, stepWeights: [5, 5, 10] }),
      'spec.analysis.stepWeights has 5 after 5',
    ],
    [
      'D24: descending weights',
      anAnalysis({ stepWeight: 0, stepWeights: [5, 20, 10] }),
      'spec.analysis.stepWeights has 10 after 20',
    ],
    ['D24: weight 0', anAnalysis({ stepWeight: 0, stepWeights: [0, 10] }), 'spec.analysis.stepWeights holds 0'],
    [
      'D24: weight above 100',
      anAnalysis({ stepWeight: 0, stepWeights: [10, 101] }),
      'spec.analysis.stepWeights holds 101',
    ],
    [
      'D24: no pace at all',
      anAnalysis({ stepWeight: 0 }),
      'spec.analysis has no positive stepWeight, stepWeights or iterations',
    ],
    ['D24: a negative step', anAnalysis({ stepWeight: -5 }), 'spec.analysis has no positive stepWeight'],
    ['D3b: skipper without ingressRef', aSpec({ ingressRef: undefined }), 'spec.ingressRef.name is missing'],
    [
      'D3b: an empty ingress name',
      aSpec({ ingressRef: { apiVersion: 'v1', kind: 'Ingress', name: '' } }),
      'spec.ingressRef.name is missing',
    ],
    [
      'D29: equal cookie names',
      anAnalysis({ sessionAffinity: { cookieName: 'c', primaryCookieName: 'c' } }),
      "can't use the same cookie name for both primary and cookie name; please update them to be different",
    ],
    [
      'an unsupported provider',
      aSpec({ provider: 'istio' }),
      'provider istio is not supported, set spec.provider to skipper or kubernetes',
    ],
    [
      'a Knative target',
      aSpec({ targetRef: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'x' } }),
      "can't use skipper provider with Knative Service as target",
    ],
    ['no targetRef', aSpec({ targetRef: undefined }), 'spec.targetRef is missing, add it'],
    [
      'no target name',
      aSpec({ targetRef: { ...targetRef, name: undefined } }),
      'spec.targetRef.name is missing, add it',
    ],
    ['an empty target name', aSpec({ targetRef: { ...targetRef, name: '' } }), 'spec.targetRef.name is empty'],
    ['an empty target kind', aSpec({ targetRef: { ...targetRef, kind: '' } }), 'spec.targetRef.kind is empty'],
    [
      'an empty autoscaler name',
      aSpec({ autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: '' } }),
      'spec.autoscalerRef.name is empty',
    ],
    ['no service', aSpec({ service: undefined }), 'spec.service.port is missing, add it'],
    ['port 0', aSpec({ service: { port: 0 } }), 'spec.service.port is 0, set it to a whole number from 1 to 65535'],
    ['a fractional port', aSpec({ service: { port: 80.5 } }), 'spec.service.port is 80.5'],
    ['a port out of range', aSpec({ service: { port: 70_000 } }), 'spec.service.port is 70000'],
    ['a targetPort out of range', aSpec({ service: { port: 80, targetPort: -1 } }), 'spec.service.targetPort is -1'],
    [
      'an unknown webhook type',
      anAnalysis({ webhooks: [{ name: 'x', url: 'http://x', type: 'confirm' }] }),
      'spec.analysis.webhooks[0].type is "confirm", use one of "", "confirm-rollout"',
    ],
    [
      'a text that is a number',
      anAnalysis({ webhooks: [{ name: 'x', url: 'http://x', metadata: { cmd: 3 } }] }),
      'spec.analysis.webhooks[0].metadata.cmd is 3, make it a text',
    ],
    [
      'a quantile in percent',
      anAnalysis({ metrics: [{ name: 'request-duration', quantile: 99 }] }),
      'spec.analysis.metrics[0].quantile of request-duration is 99, set it to a number above 0 and below 1, such as 0.99',
    ],
    ['a quantile of 0', anAnalysis({ metrics: [{ name: 'm', quantile: 0 }] }), 'metrics[0].quantile of m is 0, set it'],
    ['a list that is an object', anAnalysis({ metrics: {} }), 'spec.analysis.metrics is an object, make it a list'],
    ['no spec', undefined, 'spec is missing or no object'],
    ['a spec that is a list', [], 'spec is missing or no object'],
  ])('reports %s', (_, spec, problem) => {
    expect(problems(spec)).toStrictEqual([expect.stringContaining(problem)]);
  });

  it('reads the quantile of a duration, and none where there is none', () => {
    const metrics = [{ name: 'request-duration', quantile: 0.99 }, { name: 'request-duration' }];
    const read = accepted(anAnalysis({ metrics })).analysis.metrics;
    expect(read[0]).toMatchObject({ quantile: 0.99 });
    expect(read[1]).not.toHaveProperty('quantile');
  });

  it('reports all problems at once', () => {
    expect(problems({ ...anAnalysis({ stepWeight: 0 }), ingressRef: null, service: { port: 0 } })).toHaveLength(3);
  });

  it('says only one thing about a Canary of another provider, whatever else it lacks', () => {
    expect(problems({ provider: 'knative', targetRef: {} })).toStrictEqual([
      'provider knative is not supported, set spec.provider to skipper or kubernetes',
    ]);
  });

  it('needs no pace with skipAnalysis or provider kubernetes, and no Ingress with the latter', () => {
    expect(problems({ ...anAnalysis({ stepWeight: 0 }), skipAnalysis: true })).toStrictEqual([]);
    expect(problems({ ...anAnalysis({ stepWeight: 0 }), provider: 'kubernetes', ingressRef: null })).toStrictEqual([]);
  });

  it('leaves out with provider kubernetes what needs routes, in the words of Flagger', () => {
    const asked = {
      ...anAnalysis({ match: [{ headers: {} }], mirror: true, sessionAffinity: { cookieName: 'c' } }),
      provider: 'kubernetes',
    };
    const { analysis } = accepted(asked);
    expect(analysis).toMatchObject({ iterations: 10, match: [], mirror: false });
    expect(analysis).not.toHaveProperty('sessionAffinity');
    expect(warnings(asked)).toEqual(
      expect.arrayContaining([
        'A/B testing is not supported when using the kubernetes provider',
        'Progressive traffic is not supported when using the kubernetes provider',
        'Setting canaryAnalysis.iterations: 10',
      ]),
    );
    const iterations = {
      ...anAnalysis({ stepWeight: 0, iterations: 3 }),
      provider: 'kubernetes',
      ingressRef: null,
    };
    expect(accepted(iterations).analysis.iterations).toBe(3);
    expect(warnings(iterations)).toStrictEqual([]);
  });

  it('keeps sentences short whatever a field holds', () => {
    const long = 'x'.repeat(10_000);
    const spec = { ...anAnalysis({ webhooks: [{ name: 'x', url: 'u', metadata: { [long]: 1 } }] }), provider: long };
    for (const problem of [...problems(spec), ...problems(aSpec({ provider: long }))]) {
      expect(problem.length).toBeLessThan(300);
    }
  });

  it('reads nesting that has no end', () => {
    const deep: unknown = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));
    expect(normalise(deep).kind).toBe('invalid');
    expect(accepted(aSpec({ service: { port: 80, match: [{ deep }] } })).service.port).toBe(80);
  });
});

describe('normaliseSpec on anything', () => {
  const junk = fc.oneof(
    fc.jsonValue(),
    fc.double(),
    fc.constantFrom(undefined, null, Number.NaN, 1e308, -1, '', [], {}, [null]),
  );
  const analysisFields = fc.dictionary(
    fc.constantFrom(
      'interval',
      'threshold',
      'stepWeight',
      'stepWeights',
      'maxWeight',
      'iterations',
      'metrics',
      'webhooks',
    ),
    junk,
  );
  const specFields = fc.dictionary(
    fc.constantFrom(
      'provider',
      'targetRef',
      'service',
      'ingressRef',
      'autoscalerRef',
      'analysis',
      'progressDeadlineSeconds',
    ),
    junk,
  );

  it('never throws, and explains itself when it refuses', () => {
    fc.assert(
      fc.property(junk, specFields, analysisFields, (value, spec, analysis) => {
        for (const candidate of [value, { ...aSpec(), ...spec }, anAnalysis(analysis)]) {
          const result = normalise(candidate);
          if (result.kind === 'invalid') expect(result.problems.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('D44: accepts only numbers that are safe to compute with', () => {
    const anyNumber = fc.oneof(fc.double(), fc.integer(), fc.constant(undefined));
    const numbers = fc.record({
      threshold: anyNumber,
      stepWeight: anyNumber,
      maxWeight: anyNumber,
      iterations: anyNumber,
    });
    fc.assert(
      fc.property(numbers, fc.array(fc.double({ min: 0, max: 100 })), (fields, stepWeights) => {
        const result = normalise(anAnalysis({ ...fields, stepWeights }));
        if (result.kind === 'invalid') return;
        const { threshold, stepWeight, maxWeight, iterations, stepWeights: steps } = result.spec.analysis;
        expect(Number.isSafeInteger(threshold) && threshold >= 1).toBe(true);
        expect(Number.isSafeInteger(iterations) && iterations >= 0).toBe(true);
        expect(stepWeight >= 0 && stepWeight <= 100 && maxWeight > 0 && maxWeight <= 100).toBe(true);
        expect(steps.every((weight, index) => weight > (steps[index - 1] ?? 0) && weight <= 100)).toBe(true);
        expect(stepWeight > 0 || steps.length > 0 || iterations > 0).toBe(true);
      }),
    );
  });
});

describe('crossNamespaceRefs', () => {
  const spec = accepted({
    ...anAnalysis({
      metrics: [
        { name: 'a', templateRef: { name: 'here' } },
        { name: 'b', templateRef: { name: 'there', namespace: 'ops' } },
      ],
      alerts: [{ name: 'c', providerRef: { name: 'chat', namespace: 'ops' } }],
    }),
    upstreamRef: { apiVersion: 'gloo.solo.io/v1', kind: 'Upstream', name: 'up', namespace: 'gloo' },
  });

  it('D29: names every reference to another namespace', () => {
    expect(crossNamespaceRefs(spec, 'test')).toStrictEqual([
      "can't access metric template there.ops, cross-namespace references are blocked",
      "can't access alert provider chat.ops, cross-namespace references are blocked",
      "can't access gloo upstream up.gloo, cross-namespace references are blocked",
    ]);
  });

  it('finds nothing in a Canary that stays in its namespace', () => {
    expect(crossNamespaceRefs(accepted(aSpec()), 'test')).toStrictEqual([]);
  });
});
