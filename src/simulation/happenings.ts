// SPDX-License-Identifier: Apache-2.0
import type { Ingress } from '../api/kubernetes.js';
import { canaryName, primaryName, skipperFilterAnnotation, skipperWeightsAnnotation } from '../api/names.js';
import { resources, type ResourceKind } from '../kube/index.js';
import { appName, configName, secretName, targetKindOf, type Quality } from './app.js';
import { namespace } from './cluster.js';
import type { Dice } from './dice.js';
import type { FaultClass } from './faults.js';
import { drawStrategy, withStrategy } from './strategy-shape.js';
import { resourceOf } from './target.js';
import type { World } from './world.js';

/** Something that people do to an app, or that befalls its pods. */
interface Happening {
  readonly fault: FaultClass;
  readonly weight: number;
  readonly happen: (world: World, dice: Dice) => void;
}

const qualities: readonly [Quality, ...Quality[]] = ['good', 'good', 'good', 'bad metrics', 'no data', 'never ready'];

/** A version that nobody has seen yet, good or not. */
export function newVersion(world: World, dice: Dice): string {
  return world.versions.add(dice.pick(qualities));
}

const happenings: readonly Happening[] = [
  { fault: 'edit: new revision', weight: 4, happen: (world, dice) => world.setVersion(newVersion(world, dice)) },
  { fault: 'edit: earlier revision', weight: 2, happen: earlierVersion },
  { fault: 'edit: config', weight: 1, happen: editConfig },
  { fault: 'edit: Canary', weight: 2, happen: editCanary },
  { fault: 'edit: strategy', weight: 2, happen: editStrategy },
  { fault: 'edit: apex Ingress', weight: 1, happen: editApex },
  { fault: 'edit: weights', weight: 1, happen: editWeights },
  { fault: 'edit: object deleted', weight: 1, happen: deleteObject },
  {
    fault: 'edit: Canary deleted',
    weight: 1,
    happen: (world, dice) => world.deleteCanary(dice.between(2_000, 90_000)),
  },
  { fault: 'edit: scale', weight: 1, happen: scalePrimary },
  { fault: 'load', weight: 1, happen: (world, dice) => world.changeLoad(dice.pick([5, 60, 150, 400])) },
  { fault: 'edit: metadata', weight: 1, happen: touch },
  { fault: 'pod crashed', weight: 2, happen: (world, dice) => disturbPod(world, dice, 'crash') },
  { fault: 'pod unready', weight: 2, happen: (world, dice) => disturbPod(world, dice, 'unready') },
  { fault: 'restart', weight: 2, happen: (world) => world.restart() },
];

const totalWeight = happenings.reduce((sum, { weight }) => sum + weight, 0);

/** Lets one thing happen. */
export function happen(world: World, dice: Dice): void {
  let left = dice.between(0, totalWeight - 1);
  for (const each of happenings) {
    left -= each.weight;
    if (left >= 0) continue;
    world.faults.count(each.fault);
    each.happen(world, dice);
    return;
  }
}

function earlierVersion(world: World, dice: Dice): void {
  const [first = '', ...rest] = world.versions.all;
  world.setVersion(dice.pick([first, ...rest]));
}

function editConfig(world: World, dice: Dice): void {
  if (dice.chance(0.5)) world.setConfig(dice.pick(['red', 'green', 'blue']));
  else world.setSecret(dice.pick(['opensesame', 'swordfish']));
}

function editCanary(world: World, dice: Dice): void {
  const { shape } = world;
  world.reshape({
    ...shape,
    threshold: dice.between(1, 3),
    intervalSeconds: dice.pick([10, 20]),
    ...(shape.stepWeight !== undefined && { stepWeight: dice.pick([10, 20, 50]) }),
  });
}

/** Another way to divide the requests. A Service's is left as it is in a rollout, as docs/targets.md says. */
function editStrategy(world: World, dice: Dice): void {
  const { shape } = world;
  if (shape.target === 'Service') editCanary(world, dice);
  else world.reshape(withStrategy(shape, drawStrategy(dice, true)));
}

function editApex(world: World, dice: Dice): void {
  const annotations = { [skipperFilterAnnotation]: `ratelimit(${dice.between(10, 99)}, "1m")` };
  world.edit(resources.ingresses, appName, { metadata: { annotations } });
}

/** A person gives the canary another share, though never one that nobody could answer. */
function editWeights(world: World, dice: Dice): void {
  const name = canaryName(appName);
  if (world.cluster.find<Ingress>(resources.ingresses, name) === undefined) return;
  const canary = world.readyPods(name) > 0 ? dice.pick([0, 10, 30, 100]) : 0;
  const weights = JSON.stringify({ [name]: canary, [primaryName(appName)]: 100 - canary });
  world.edit(resources.ingresses, name, { metadata: { annotations: { [skipperWeightsAnnotation]: weights } } });
}

function deleteObject(world: World, dice: Dice): void {
  const { target } = world.shape;
  // A primary that is a Service has no history to be made from again, as docs/targets.md says.
  const primary = target === 'Service' ? canaryName(appName) : primaryName(appName);
  const [kind, name] = dice.pick<readonly [ResourceKind, string]>([
    [resources.ingresses, dice.pick(generatedIngresses(world))],
    [resources.services, canaryName(appName)],
    [resources.services, primary],
    [resourceOf(targetKindOf(world.shape)), primary],
    [resources.configMaps, primaryName(configName)],
    [resources.secrets, primaryName(secretName)],
    [resources.horizontalPodAutoscalers, primaryName(appName)],
  ]);
  world.user('delete', kind, { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name, namespace } });
}

/** The canary Ingress, and those beside it. */
function generatedIngresses({ cluster }: World): readonly [string, ...string[]] {
  const names = cluster.list<Ingress>(resources.ingresses).map(({ metadata }) => metadata.name);
  return [canaryName(appName), ...names.filter((name) => name.startsWith(`${canaryName(appName)}-`))];
}

function scalePrimary(world: World, dice: Dice): void {
  world.edit(resources.deployments, primaryName(appName), { spec: { replicas: dice.between(1, 4) } });
}

/** Bookkeeping of somebody else, which must stay and disturb nothing. */
function touch(world: World, dice: Dice): void {
  const annotations = { 'example.com/note': String(dice.between(1, 1_000)) };
  const [kind, name] = dice.pick<readonly [ResourceKind, string]>([
    [resourceOf(targetKindOf(world.shape)), appName],
    [resourceOf(targetKindOf(world.shape)), primaryName(appName)],
    [resources.ingresses, dice.pick(generatedIngresses(world))],
    [resources.services, appName],
    [resources.canaries, appName],
  ]);
  world.edit(kind, name, { metadata: { annotations } });
}

function disturbPod(world: World, dice: Dice, trouble: 'crash' | 'unready'): void {
  const pods = world.runningPods();
  const [first, ...rest] = pods;
  if (first === undefined) return;
  const pod = dice.pick([first, ...rest]);
  world.disturb(pod, trouble, dice.between(2_000, 40_000));
}
