// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import { canaryName, primaryName } from '../api/names.js';
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

/** Runs a scenario to its end; with a crash point the process dies there once and is started again. */
export async function runWithCrash(scenario: CrashScenario, metrics: Metrics, crashAt?: CrashPoint): Promise<CrashRun> {
  const world = new World({
    dice: new Dice(1),
    shape: { ...shape, skipAnalysis: scenario === 'skipAnalysis' },
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
    hasCanaryIngress: cluster.find(resources.ingresses, canaryName(appName)) !== undefined,
    services,
    finalizers,
  });
}

function sizeOf(rolledOut: RolledOut | undefined): readonly unknown[] {
  return [rolledOut?.version, rolledOut?.size];
}
