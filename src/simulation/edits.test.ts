// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { canaryName, primaryName, skipperFilterAnnotation, skipperWeightsAnnotation } from '../api/names.js';
import { resources, type ResourceKind } from '../kube/index.js';
import { createMetrics } from '../observability/index.js';
import { analysis, appName, configName, versionOfDeployment, type AppShape } from './app.js';
import { namespace } from './cluster.js';
import { Dice } from './dice.js';
import { World } from './world.js';

/*
 * What becomes of an app when somebody edits something in the midst of it: every edit in every phase, without any fault.
 * S1 to S8 are checked after every write. A cell says how it ends: phase, version of the primary. By then the primary has
 * all traffic, the target is at zero, every generated object exists, and the operator has made no write for minutes.
 */

const metrics = createMetrics(new Registry());
const minuteMs = 60_000;
/** Minutes without a write after which nothing is expected any more. */
const quietEnough = 3;
const noFaults = { call: 0, crash: 0, watch: 0, watchLagMs: 0, staleList: 0, check: 0 };

const shape: AppShape = {
  replicas: 2,
  strategy: 'RollingUpdate',
  readsConfig: true,
  hasOwnService: false,
  intervalSeconds: 10,
  threshold: 2,
  stepWeight: 20,
  maxWeight: 60,
  hooks: [],
  skipAnalysis: false,
  revertOnDeletion: false,
};

const phases = {
  Initializing: (world: World) => world.status?.phase === 'Initializing',
  Initialized: (world: World) => world.status?.phase === 'Initialized' && world.target?.spec.replicas === 0,
  'Progressing, 0 %': (world: World) => isProgressing(world, 0),
  '20 %': (world: World) => isProgressing(world, 20),
  '60 %': (world: World) => isProgressing(world, 60),
  // The copy is under way; a moment earlier a new version would simply take the place of this one.
  Promoting: (world: World) => world.status?.phase === 'Promoting' && versionOfDeployment(world.primary) === 'v2',
  Finalising: (world: World) => world.status?.phase === 'Finalising',
  Succeeded: (world: World) => world.status?.phase === 'Succeeded' && world.target?.spec.replicas === 0,
  Failed: (world: World) => world.status?.phase === 'Failed' && world.target?.spec.replicas === 0,
} as const;

type PhaseName = keyof typeof phases;

function isProgressing({ status }: World, weight: number): boolean {
  return status?.phase === 'Progressing' && status.canaryWeight === weight;
}

/** The app in a phase: v1 is its first version, v2 the one that is rolled out; in Failed v2 was bad. */
async function worldIn(phase: PhaseName): Promise<World> {
  const world = new World({ dice: new Dice(1), shape, rates: noFaults, metrics });
  const first = world.versions.add('good');
  const second = world.versions.add(phase === 'Failed' ? 'bad metrics' : 'good');
  world.install(first);
  if (phase === 'Initializing' || phase === 'Initialized') {
    await reach(world, phase);
    return world;
  }
  await reach(world, 'Initialized');
  await world.pass(minuteMs);
  world.setVersion(second);
  await reach(world, phase);
  return world;
}

async function reach(world: World, phase: PhaseName): Promise<void> {
  const isThere = await world.pass(20 * minuteMs, () => phases[phase](world));
  if (!isThere || world.hasFailed) throw new Error(`${phase} was not reached: ${JSON.stringify(world.violations)}`);
}

function deletion(kind: ResourceKind, name: string): (world: World) => void {
  return (world) =>
    world.user('delete', kind, { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name, namespace } });
}

function canaryEdit(change: Partial<AppShape>): (world: World) => void {
  return (world) => {
    const edited = { ...shape, ...change };
    world.setLadder(edited);
    world.edit(resources.canaries, appName, { spec: { analysis: analysis(edited) } });
  };
}

const edits: Readonly<Record<string, (world: World) => void>> = {
  nothing: () => undefined,
  'a good version': (world) => world.setVersion(world.versions.add('good')),
  'a bad version': (world) => world.setVersion(world.versions.add('bad metrics')),
  'a version that does not start': (world) => world.setVersion(world.versions.add('never ready')),
  'the first version again': (world) => world.setVersion('v1'),
  'another config': (world) => world.setConfig('red'),
  'larger steps': canaryEdit({ stepWeight: 50, maxWeight: 50 }),
  'a lower threshold': canaryEdit({ threshold: 1 }),
  'no analysis': (world) => world.edit(resources.canaries, appName, { spec: { skipAnalysis: true } }),
  'a filter on the apex': (world) => {
    const annotations = { [skipperFilterAnnotation]: 'ratelimit(10, "1m")' };
    world.edit(resources.ingresses, appName, { metadata: { annotations } });
  },
  'weights by hand': (world) => {
    const weights = JSON.stringify({ [canaryName(appName)]: 0, [primaryName(appName)]: 100 });
    world.edit(resources.ingresses, canaryName(appName), {
      metadata: { annotations: { [skipperWeightsAnnotation]: weights } },
    });
  },
  'the primary scaled': (world) => world.edit(resources.deployments, primaryName(appName), { spec: { replicas: 3 } }),
  'the target scaled': (world) => world.edit(resources.deployments, appName, { spec: { replicas: 3 } }),
  'the canary Ingress deleted': deletion(resources.ingresses, canaryName(appName)),
  'the canary Service deleted': deletion(resources.services, canaryName(appName)),
  'the primary Service deleted': deletion(resources.services, primaryName(appName)),
  'the apex Service deleted': deletion(resources.services, appName),
  'the primary deleted': deletion(resources.deployments, primaryName(appName)),
  "the primary's config deleted": deletion(resources.configMaps, primaryName(configName)),
  'the operator restarted': (world) => world.restart(),
};

/** How it ended: the first letter of the phase, the version of the primary, and what is not as it should be. */
async function endAfter(world: World): Promise<string> {
  let quietMinutes = 0;
  for (let minutes = 0; minutes < 60 && quietMinutes < quietEnough; minutes += 1) {
    const { writes } = world.monitor;
    await world.pass(minuteMs);
    if (world.hasFailed) return JSON.stringify(world.violations[0]);
    quietMinutes = world.monitor.writes === writes ? quietMinutes + 1 : 0;
  }
  const { status, target, primary, cluster, monitor } = world;
  const isWhole = [
    cluster.find(resources.ingresses, canaryName(appName)),
    ...[appName, canaryName(appName), primaryName(appName)].map((name) => cluster.find(resources.services, name)),
    cluster.find(resources.configMaps, primaryName(configName)),
  ].every((object) => object !== undefined);
  const remarks = [
    quietMinutes < quietEnough && 'not quiet',
    !isWhole && 'not whole',
    monitor.traffic.now.primary !== 100 && `primary has ${monitor.traffic.now.primary} %`,
    target?.spec.replicas !== 0 && `+${target?.spec.replicas ?? 0}`,
  ].filter((remark) => remark !== false);
  const phase = status?.phase.charAt(0) ?? '-';
  return `${phase}${versionOfDeployment(primary).slice(1)}${remarks.join(', ')}`;
}

/** The phases of worldIn, in the order of the columns. */
const columns = Object.keys(phases) as readonly PhaseName[]; // the object has no other keys

/*
 * S2: Succeeded, and the primary runs v2. F: Failed. I: Initialized. +3: the target keeps the three pods that somebody asked
 * for while nothing was rolled out (it has no traffic, and a Warning tells of it). Columns:
 * Initializing, Initialized, Progressing at 0 %, at 20 %, at 60 %, Promoting, Finalising, Succeeded, Failed
 */
const ends: Readonly<Record<string, string>> = {
  'nothing                      ': 'I1 I1   S2 S2 S2 S2 S2 S2   F1  ',
  'a good version               ': 'S3 S3   S3 S3 S3 S3 S3 S3   S3  ',
  'a bad version                ': 'F1 F1   F1 F1 F1 F2 F2 F2   F1  ',
  'a version that does not start': 'F1 F1   F1 F1 F1 F2 F2 F2   F1  ',
  'the first version again      ': 'I1 I1   S1 S1 S1 S1 S1 S1   F1  ',
  'another config               ': 'I1 S1   S2 S2 S2 S2 S2 S2   F1  ',
  'larger steps                 ': 'I1 I1   S2 S2 S2 S2 S2 S2   F1  ',
  'a lower threshold            ': 'I1 I1   S2 S2 S2 S2 S2 S2   F1  ',
  'no analysis                  ': 'I1 I1   S2 S2 S2 S2 S2 S2   F1  ',
  'a filter on the apex         ': 'I1 I1   S2 S2 S2 S2 S2 S2   F1  ',
  'weights by hand              ': 'I1 I1   S2 S2 S2 S2 S2 S2   F1  ',
  'the primary scaled           ': 'I1 I1   S2 S2 S2 S2 S2 S2   F1  ',
  'the target scaled            ': 'I1 I1+3 S2 S2 S2 S2 S2 S2+3 F1+3',
  'the canary Ingress deleted   ': 'I1 I1   S2 S2 S2 S2 S2 S2   F1  ',
  'the canary Service deleted   ': 'I1 I1   S2 S2 S2 S2 S2 S2   F1  ',
  'the primary Service deleted  ': 'I1 I1   S2 S2 S2 S2 S2 S2   F1  ',
  'the apex Service deleted     ': 'I1 I1   S2 S2 S2 S2 S2 S2   F1  ',
  'the primary deleted          ': 'I1 I1   S2 S2 S2 S2 S2 S2   F1  ',
  "the primary's config deleted ": 'I1 I1   S2 S2 S2 S2 S2 S2   F1  ',
  'the operator restarted       ': 'I1 I1   S2 S2 S2 S2 S2 S2   F1  ',
};

describe('an edit in any phase', () => {
  it.each(Object.entries(ends))(
    '%s ends as %s',
    async (row, cells) => {
      const edit = edits[row.trim()];
      if (edit === undefined) throw new Error(`There is no edit ${row}`);
      const seen: string[] = [];
      for (const phase of columns) {
        const world = await worldIn(phase);
        edit(world);
        seen.push(await endAfter(world));
      }
      expect(seen).toEqual(cells.trim().split(/ +/));
    },
    180_000,
  );

  it('is tried for every edit', () => {
    expect(Object.keys(ends).map((row) => row.trim())).toEqual(Object.keys(edits));
  });
});
