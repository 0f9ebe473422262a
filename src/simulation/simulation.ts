// SPDX-License-Identifier: Apache-2.0
import type { Ingress } from '../api/kubernetes.js';
import { canaryName, primaryName, skipperFilterAnnotation } from '../api/names.js';
import { resources } from '../kube/index.js';
import type { Metrics } from '../observability/index.js';
import { appName, drawShape, targetKindOf, type AppShape, type TargetKind } from './app.js';
import { Dice } from './dice.js';
import type { FaultCounts, FaultRates } from './faults.js';
import { happen, newVersion } from './happenings.js';
import type { Mutation } from './operator-process.js';
import type { StrategyName } from './strategy-shape.js';
import { describe } from './traffic.js';
import type { Violation } from './violation.js';
import { World } from './world.js';

export interface SimulationOptions {
  readonly seed: number;
  /** Shared by all runs, because making it costs more than a run. */
  readonly metrics: Metrics;
  readonly mutation?: Mutation;
  /** Told of everything that happens, with the virtual time since the start. */
  readonly note?: (atMs: number, text: string) => void;
}

export interface SimulationResult {
  readonly seed: number;
  /** Rollouts that came to an end by their strategy, initialisations among them. */
  readonly rollouts: ReadonlyMap<StrategyName, number>;
  readonly target: TargetKind;
  /** Writes of the operator, Events apart. */
  readonly writes: number;
  /** Virtual time that passed. */
  readonly durationMs: number;
  readonly faults: FaultCounts;
  /** Empty when all promises held. A run ends with the first one that did not. */
  readonly violations: readonly Violation[];
}

const minuteMs = 60_000;
/** After the last fault the operator has this long; its longest own waits are backoffs of 30 s and watches of 3 min. */
const convergenceMs = 20 * minuteMs;

/** Longer than any watch lasts. */
const hangingWatchMs = 4 * minuteMs;

/** One app through a few rollouts while things go wrong, and then in peace. Equal seeds give equal runs. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const dice = new Dice(options.seed);
  const shape = drawShape(dice);
  const world = new World({ ...options, dice: dice.fork(), shape, rates: drawRates(dice) });
  world.note(`shape: ${JSON.stringify(shape)}`);
  await live(world, dice, shape);
  if (!world.hasFailed) await converge(world, dice);
  return {
    seed: options.seed,
    rollouts: world.rollouts,
    target: targetKindOf(shape),
    writes: world.monitor.writes,
    durationMs: world.clock.monotonicMs(),
    faults: world.faults.counts,
    violations: world.violations,
  };
}

/** Some runs are calm, so that people's edits alone are tried too. */
function drawRates(dice: Dice): FaultRates {
  const scale = dice.pick([0, 0.5, 1, 1, 2]);
  return {
    call: 0.04 * scale,
    crash: 0.02 * scale,
    watch: 0.2 * scale,
    watchLagMs: dice.pick([0, 500, 5_000]),
    staleList: 0.2 * scale,
    check: 0.08 * scale,
  };
}

async function live(world: World, dice: Dice, { intervalSeconds }: AppShape): Promise<void> {
  world.install(world.versions.add('good'));
  await world.pass(dice.between(5, 60) * 1_000);
  for (let round = dice.between(2, 4); round > 0; round -= 1) {
    world.setVersion(newVersion(world, dice));
    for (let left = dice.between(0, 4); left > 0; left -= 1) {
      await world.pass(dice.between(1, intervalSeconds * 2_000));
      happen(world, dice);
    }
    await world.pass(dice.between(intervalSeconds, intervalSeconds * 8) * 1_000);
  }
}

/** Nothing goes wrong any more, and one last version is rolled out: there is one right end. */
async function converge(world: World, dice: Dice): Promise<void> {
  world.note('no more faults');
  world.faults.end();
  world.healAll();
  if (!(await isInstalledAgain(world))) return;
  // A watch that hangs is found out: what it then tells late would cost the last version a check.
  await world.pass(hangingWatchMs);
  const isGood = dice.chance(0.7);
  const version = world.versions.add(isGood ? 'good' : 'bad metrics');
  world.setVersion(version);
  const isThere = (): boolean => hasEnded(world, version, isGood);
  const hasConverged = await world.pass(convergenceMs, isThere);
  if (world.hasFailed) return;
  if (!hasConverged) {
    world.violate({ rule: 'converges', text: endOf(world), atMs: world.clock.monotonicMs() });
    return;
  }
  await beQuiet(world);
}

/** A Canary that was deleted is given back and applied again before anything else happens. */
async function isInstalledAgain(world: World): Promise<boolean> {
  if (world.isInstalled && hasBegun(world)) return true;
  // A target that never gets ready would hold the deletion.
  world.setVersion(world.versions.add('good'));
  const isThere = await world.pass(convergenceMs, () => world.isInstalled && hasBegun(world));
  if (!isThere && !world.hasFailed) {
    world.violate({ rule: 'converges', text: endOf(world), atMs: world.clock.monotonicMs() });
  }
  return isThere && !world.hasFailed;
}

function hasBegun({ status }: World): boolean {
  return status !== undefined && status.phase !== '' && status.phase !== 'Initializing';
}

/** S8: a converged system makes no write. */
async function beQuiet(world: World): Promise<void> {
  await world.pass(minuteMs);
  const { writes } = world.monitor;
  await world.pass(5 * minuteMs);
  const more = world.monitor.writes - writes;
  if (more > 0) world.violate({ rule: 'S8', text: `${more} writes in peace`, atMs: world.clock.monotonicMs() });
}

function hasEnded(world: World, version: string, isGood: boolean): boolean {
  const { status, rolledOut } = world;
  const isAtRest = rolledOut?.size === 0 || world.shape.target === 'Service';
  return status?.canaryWeight === 0 && isAtRest && isJudged(world, version, isGood) && isTidy(world);
}

/** The version was promoted, or refused and left out. */
function isJudged({ status, versions, rolledOutPrimary, shape }: World, version: string, isGood: boolean): boolean {
  const shallBePromoted = isGood || shape.skipAnalysis;
  const isPromoted = rolledOutPrimary?.version === version;
  const isKnown = versions.revisionsOf(version).includes(status?.lastAppliedSpec ?? '');
  return isKnown && isPromoted === shallBePromoted && status?.phase === (shallBePromoted ? 'Succeeded' : 'Failed');
}

/** Every generated object is there, all users are on the primary, and nothing is left of the way there. */
function isTidy(world: World): boolean {
  const { cluster, monitor, shape } = world;
  const services = [appName, primaryName(appName), canaryName(appName)];
  const { fates, takesCopies } = monitor.traffic.current;
  return (
    world.readyPods(primaryName(appName)) > 0 &&
    [...fates.values()].every(({ shares, copied }) => shares.primary > 99.9 && copied === 0) &&
    !takesCopies &&
    services.every((name) => cluster.find(resources.services, name) !== undefined) &&
    helpersAreTidy(cluster.list<Ingress>(resources.ingresses), shape) &&
    (shape.isAutoscaled !== true ||
      cluster.find(resources.horizontalPodAutoscalers, primaryName(appName)) !== undefined)
  );
}

/** Of the Ingresses beside the user's only those are left that the strategy keeps, and they give no cookies. */
function helpersAreTidy(ingresses: readonly Ingress[], shape: AppShape): boolean {
  const { target, provider, match = [], mirrorWeight, affinity } = shape;
  const names = ingresses.map(({ metadata }) => metadata.name).filter((name) => name !== appName);
  const kept = match.map((_audience, index) => `${canaryName(appName)}${index === 0 ? '' : `-${index}`}`);
  // What a division leaves out must not go to a Service that is the target.
  const hasFloor = target === 'Service' && (match.length > 0 || mirrorWeight !== undefined || affinity !== undefined);
  const floor = hasFloor ? [`${canaryName(appName)}-primary`] : [];
  const wanted = provider === 'kubernetes' ? [] : [canaryName(appName), ...kept.slice(1), ...floor];
  const filters = ingresses.map(({ metadata }) => metadata.annotations?.[skipperFilterAnnotation] ?? '');
  return (
    names.length === wanted.length &&
    wanted.every((name) => names.includes(name)) &&
    filters.every((text) => !text.includes('Set-Cookie') && !text.includes('teeLoopback'))
  );
}

function endOf(world: World): string {
  const { status, rolledOut, rolledOutPrimary, lastDecision, monitor, cluster } = world;
  const facts = {
    phase: status?.phase,
    weight: status?.canaryWeight,
    target: [rolledOut?.version, rolledOut?.size],
    primary: [rolledOutPrimary?.version, rolledOutPrimary?.size],
    traffic: describe(monitor.traffic.current),
    ingresses: cluster.list<Ingress>(resources.ingresses).map(({ metadata }) => metadata.name),
    lastDecision: lastDecision?.reason,
  };
  return `not converged: ${JSON.stringify(facts)}`;
}
