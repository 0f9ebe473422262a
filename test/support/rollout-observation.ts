// SPDX-License-Identifier: Apache-2.0
import type { CanaryStatus } from '../../src/api/canary-status.js';
import type { AnalysisSpec, RolloutSpec, Webhook, WebhookType } from '../../src/api/rollout-spec.js';
import type { CheckOutcome, Observation, PrimaryState, RouteState, TargetState } from '../../src/rollout/index.js';
import { plan } from '../../src/rollout/index.js';
import { analysisRequest } from '../../src/rollout/analysis-check.js';

/* Builders of observations for tests of the decision core. Defaults: a healthy Canary at rest, nothing to do. */

export const startMs = Date.UTC(2026, 0, 1);

export function anAnalysis(overrides: Partial<AnalysisSpec> = {}): AnalysisSpec {
  return {
    intervalMs: 10_000,
    threshold: 3,
    maxWeight: 50,
    stepWeight: 10,
    stepWeights: [],
    stepWeightPromotion: 0,
    iterations: 0,
    mirror: false,
    mirrorWeight: 0,
    primaryReadyThreshold: 100,
    canaryReadyThreshold: 100,
    match: [],
    metrics: [
      {
        name: 'request-success-rate',
        interval: '1m',
        intervalMs: 60_000,
        threshold: 0,
        thresholdRange: { min: 99 },
        templateVariables: {},
      },
    ],
    alerts: [],
    webhooks: [],
    ...overrides,
  };
}

export function aHook(type: WebhookType, name: string = type): Webhook {
  return {
    name,
    type,
    url: 'http://hooks/',
    timeout: '10s',
    retries: 0,
    disableTLS: false,
    muteAlert: false,
    metadata: {},
  };
}

const noMetadata = { labels: {}, annotations: {} };

export function aSpec(overrides: Partial<RolloutSpec> = {}): RolloutSpec {
  return {
    provider: 'skipper',
    target: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
    ingressName: 'podinfo',
    service: {
      name: 'podinfo',
      port: 80,
      portName: 'http',
      targetPort: 9898,
      targetPortSet: true,
      portDiscovery: false,
      headless: false,
      apex: noMetadata,
      primary: noMetadata,
      canary: noMetadata,
      unmanagedAnnotations: [],
      unmanagedLabels: [],
    },
    analysis: anAnalysis(),
    progressDeadlineMs: 600_000,
    skipAnalysis: false,
    revertOnDeletion: false,
    suspend: false,
    ...overrides,
  };
}

export function aStatus(overrides: Partial<CanaryStatus> = {}): CanaryStatus {
  return {
    phase: 'Succeeded',
    canaryWeight: 0,
    failedChecks: 0,
    iterations: 0,
    lastAppliedSpec: 'A',
    lastPromotedSpec: 'A',
    trackedConfigs: {},
    lastTransitionTime: new Date(startMs - 60_000).toISOString(),
    ...overrides,
  };
}

export function aTarget(overrides: Partial<TargetState> = {}): TargetState {
  return {
    revision: 'A',
    configProblem: undefined,
    trackedConfigs: {},
    replicas: 0,
    readiness: { kind: 'waiting', cause: 'scaled-to-zero', message: 'scaled to zero' },
    readyEndpoints: 0,
    templateChangedAtMs: undefined,
    scaler: 'none',
    ...overrides,
  };
}

/** A target whose pods serve. */
export function aServingTarget(revision: string, overrides: Partial<TargetState> = {}): TargetState {
  return aTarget({ revision, replicas: 2, readiness: { kind: 'ready' }, readyEndpoints: 2, ...overrides });
}

export function aPrimary(overrides: Partial<PrimaryState> = {}): PrimaryState {
  return {
    replicas: 2,
    revision: 'A',
    annotated: true,
    copies: 'asPromoted',
    readiness: { kind: 'ready' },
    readyEndpoints: 2,
    canReachZeroAvailable: false,
    ...overrides,
  };
}

export function someRoutes(overrides: Partial<RouteState> = {}): RouteState {
  return {
    present: true,
    canaryWeight: 0,
    enabled: true,
    mirror: 'off',
    everybody: true,
    drifted: false,
    changedAtMs: startMs - 60_000,
    weightedSinceMs: undefined,
    verdict: undefined,
    stale: 'none',
    stalePrimaryServes: true,
    retargeted: false,
    stableMs: 3_600_000,
    ...overrides,
  };
}

export function anObservation(overrides: Partial<Observation> = {}): Observation {
  return {
    nowMs: startMs,
    namespace: 'test',
    name: 'podinfo',
    uid: 'uid-1',
    deleting: false,
    finalizer: false,
    apexServesPrimary: true,
    apexReverted: false,
    spec: aSpec(),
    status: aStatus(),
    foreignStatus: false,
    obstacles: [],
    target: aTarget(),
    primary: aPrimary(),
    objects: {
      canaryService: 'asWanted',
      primaryService: 'asWanted',
      apexService: 'asWanted',
      primaryAutoscaler: 'notWanted',
    },
    routes: someRoutes(),
    check: { kind: 'none' },
    settleMs: 5_000,
    ...overrides,
  };
}

/** Revision B is analysed at this weight; its pods serve and the check of the weight is due. */
export function anAnalysisAt(weight: number, overrides: Partial<Observation> = {}): Observation {
  const seen = anObservation({
    status: aStatus({ phase: 'Progressing', canaryWeight: weight, lastAppliedSpec: 'B' }),
    target: aServingTarget('B'),
    routes: someRoutes({
      canaryWeight: weight,
      weightedSinceMs: weight > 0 ? startMs - 60_000 : undefined,
    }),
  });
  return { ...seen, ...overrides };
}

/** The same observation with the answer of the check that it asks for. */
export function answered(seen: Observation, outcome: CheckOutcome, attempt = 0): Observation {
  const { subject } = analysisRequest(seen);
  return {
    ...seen,
    check: {
      kind: 'done',
      subject,
      attempt,
      outcome,
      announcements: [],
      measured: [],
      finishedAtMs: seen.nowMs,
      fresh: true,
    },
  };
}

export const failedCheck: CheckOutcome = {
  kind: 'failed',
  event: {
    kind: 'event',
    type: 'Warning',
    level: 'info',
    message: 'Halt podinfo.test advancement success rate 50.00% < 99%',
  },
};

/** The answer to whatever check the observation asks for. */
export function answeredAsAsked(seen: Observation, outcome: CheckOutcome): Observation {
  const { check } = plan(seen);
  if (check === undefined) throw new Error('The observation asks for no check');
  const { subject, attempt } = check;
  return {
    ...seen,
    check: {
      kind: 'done',
      subject,
      attempt,
      outcome,
      announcements: [],
      measured: [],
      finishedAtMs: seen.nowMs,
      fresh: true,
    },
  };
}

/** Texts of the events of a decision. */
export function eventsOf(seen: Observation): readonly string[] {
  return plan(seen).announcements.flatMap((each) => (each.kind === 'event' ? [each.message] : []));
}

/** Kinds of the actions of a decision. */
export function actionsOf(seen: Observation): readonly string[] {
  return plan(seen).actions.map(({ kind }) => kind);
}
