// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import type { Ingress } from '../api/kubernetes.js';
import { canaryName, primaryName, skipperFilterAnnotation, skipperPredicateAnnotation } from '../api/names.js';
import { resources } from '../kube/index.js';
import type { Metrics } from '../observability/index.js';
import { appName, type AppShape } from './app.js';
import { Dice } from './dice.js';
import { noFaults } from './faults.js';
import type { CrashPoint } from './direct-client.js';
import { canary } from './manifests.js';
import type { RolledOut } from './target.js';
import type { Violation } from './violation.js';
import { World } from './world.js';

/** What happens to an app; each is one path through the phases. */
export const crashScenarios = [
  'initialisation',
  'promotion',
  'rollback',
  'restart on a new revision',
  'skipAnalysis',
  'deletion',
  'mirrored canary',
  'A/B test',
  'blue/green with mirror',
  'rollout with session affinity',
  'DaemonSet',
  'Service',
  'autoscaled Deployment',
  'edit of the strategy',
] as const;

export type CrashScenario = (typeof crashScenarios)[number];

export interface CrashRun {
  /** Writes of the first process, Events among them. */
  readonly writes: number;
  readonly violations: readonly Violation[];
  /** The cluster when everything had come to rest, as one text. */
  readonly end: string;
}

const shape: AppShape = {
  replicas: 2,
  strategy: 'RollingUpdate',
  readsConfig: true,
  hasOwnService: true,
  intervalSeconds: 10,
  threshold: 2,
  stepWeight: 25,
  maxWeight: 50,
  hooks: [],
  skipAnalysis: false,
  revertOnDeletion: true,
  filter: 'ratelimit(20, "1m")',
};

const { stepWeight: _step, maxWeight: _most, ...noLadder } = shape;

/** In what the app of a scenario differs from the others. */
const shapes: Readonly<Partial<Record<CrashScenario, AppShape>>> = {
  skipAnalysis: { ...shape, skipAnalysis: true },
  'mirrored canary': { ...shape, mirrorWeight: 20, hooks: ['pre-rollout'] },
  'A/B test': { ...noLadder, iterations: 2, match: ['insiders', 'cookie holders', 'beta testers'] },
  'blue/green with mirror': { ...noLadder, iterations: 2, mirrorWeight: 100, stepWeightPromotion: 50 },
  'rollout with session affinity': { ...shape, affinity: 'both', stepWeightPromotion: 30 },
  DaemonSet: { ...shape, target: 'DaemonSet', readsSecret: true },
  Service: { ...shape, target: 'Service', readsConfig: false, affinity: 'canary' },
  'autoscaled Deployment': { ...shape, isAutoscaled: true, strategy: 'Recreate' },
  'edit of the strategy': { ...shape, mirrorWeight: 100 },
};

/** Runs a scenario to its end; with a crash point the process dies there once and is started again. */
export async function runWithCrash(scenario: CrashScenario, metrics: Metrics, crashAt?: CrashPoint): Promise<CrashRun> {
  const world = new World({
    dice: new Dice(1),
    shape: shapes[scenario] ?? shape,
    rates: noFaults,
    metrics,
    ...(crashAt !== undefined && { crashAt }),
  });
  await play(world, scenario);
  return { writes: world.requests, violations: world.violations, end: endOf(world) };
}

const minuteMs = 60_000;

async function play(world: World, scenario: CrashScenario): Promise<void> {
  world.install(world.versions.add('good'));
  await world.pass(2 * minuteMs);
  if (scenario === 'initialisation') return;
  if (scenario === 'deletion') {
    world.user('delete', resources.canaries, canary(shape));
    await world.pass(5 * minuteMs);
    return;
  }
  world.setVersion(world.versions.add(scenario === 'rollback' ? 'bad metrics' : 'good'));
  if (scenario === 'restart on a new revision') {
    await world.pass(25_000);
    world.setVersion(world.versions.add('good'));
  }
  if (scenario === 'edit of the strategy') {
    // While requests are copied.
    await world.pass(12_000);
    world.reshape({ ...noLadder, iterations: 2, match: ['insiders', 'beta testers'] });
  }
  await world.pass(6 * minuteMs);
}

/** Everything that a user would look at; names, times and versions of objects differ from run to run. */
function endOf({ cluster, status, rolledOut, rolledOutPrimary, monitor }: World): string {
  const services = [appName, primaryName(appName), canaryName(appName)].map(
    (name) => cluster.find(resources.services, name)?.spec.selector,
  );
  const finalizers = cluster.find<Canary>(resources.canaries, appName)?.metadata.finalizers;
  return JSON.stringify({
    phase: status?.phase,
    weight: status?.canaryWeight,
    failedChecks: status?.failedChecks,
    applied: status?.lastAppliedSpec,
    promoted: status?.lastPromotedSpec,
    target: sizeOf(rolledOut),
    primary: sizeOf(rolledOutPrimary),
    traffic: monitor.traffic.now,
    ingresses: cluster.list<Ingress>(resources.ingresses).map(wayOf),
    cookies: [status?.sessionAffinityCookie, status?.primarySessionAffinityCookie],
    autoscaler: cluster.find(resources.horizontalPodAutoscalers, primaryName(appName)) !== undefined,
    services,
    finalizers,
  });
}

/** Whom an Ingress takes and what it does to them. */
function wayOf({ metadata: { name, annotations = {} } }: Ingress): readonly (string | undefined)[] {
  return [name, annotations[skipperPredicateAnnotation], annotations[skipperFilterAnnotation]];
}

function sizeOf(rolledOut: RolledOut | undefined): readonly unknown[] {
  return [rolledOut?.version, rolledOut?.size];
}
