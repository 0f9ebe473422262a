// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aHook, anAnalysis, aSpec } from '../../test/support/rollout-observation.js';
import type { AnalysisSpec, RolloutSpec } from '../api/rollout-spec.js';
import { RolloutWorld } from '../../test/support/rollout-world.js';

/** Things that happen to a Canary while it is rolled out. */
type Happening = (world: RolloutWorld) => void;

/** With its name for the report of a failure. */
interface Named<T> {
  readonly value: T;
  readonly [fc.toStringMethod]: () => string;
}

function named<T>(name: string, value: T): Named<T> {
  return { value, [fc.toStringMethod]: () => name };
}

const outcomes = ['passed', 'failed', 'rollback', 'gateClosed', 'tooEarly'] as const;

const happening: fc.Arbitrary<Named<Happening>> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 15 }).map((s) => named(`${s} s pass`, passing(s))) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('A', 'B', 'C')
      .map((revision) => named<Happening>(`target becomes ${revision}`, (world) => world.changeTarget(revision))),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...outcomes)
      .map((kind) => named<Happening>(`checks say ${kind}`, (world) => void (world.verdicts = [kind]))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('target' as const, 'primary' as const), fc.boolean())
      .map(([which, broken]) =>
        named<Happening>(`${which} ${broken ? 'breaks' : 'heals'}`, (world) => world.breakPods(which, broken)),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .integer({ min: 0, max: 3 })
      .map((n) => named<Happening>(`crash after ${n} writes`, (world) => void world.reconcile(n))),
  },
  {
    weight: 1,
    arbitrary: fc
      .boolean()
      .map((skip) => named<Happening>(`skipAnalysis is ${skip}`, (world) => world.edit({ skipAnalysis: skip }))),
  },
  { weight: 1, arbitrary: fc.constant(named<Happening>('restart', (world) => world.restart())) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(0, 30, 100)
      .map((weight) => named<Happening>(`somebody sets weight ${weight}`, (world) => editWeight(world, weight))),
  },
  {
    weight: 1,
    arbitrary: fc.constant(named<Happening>('canary Ingress deleted', (world) => world.deleteIngress())),
  },
  {
    weight: 1,
    arbitrary: fc.constant(named<Happening>('primary deleted', (world) => void (world.primary = undefined))),
  },
);

/** What a person would do: a share for a canary that can answer, or none. */
function editWeight(world: RolloutWorld, weight: number): void {
  if (world.ingress === undefined) return;
  if (weight > 0 && world.observation().target?.readyEndpoints === 0) return;
  world.ingress.weight = weight;
  world.wasEdited = true;
}

function passing(seconds: number): Happening {
  return (world) => {
    for (let second = 0; second < seconds; second += 1) {
      world.reconcile();
      world.pass(1_000);
    }
  };
}

const gated = anAnalysis({ webhooks: [aHook('pre-rollout'), aHook('confirm-promotion'), aHook('rollback')] });

/** What a history is about. */
interface Subject {
  readonly spec: RolloutSpec;
  /** A rolling update leaves the primary without pods for a while. */
  readonly recreates?: boolean;
}

function analysed(name: string, analysis: Partial<AnalysisSpec>, more: Partial<Subject> = {}): Named<Subject> {
  return named(name, { spec: aSpec({ analysis: anAnalysis(analysis) }), ...more });
}

const blueGreen = { stepWeight: 0, iterations: 2 };
const abTesting = { ...blueGreen, match: [{ headers: {}, queryParams: {}, sourceLabels: {} }] };

const subject = fc.constantFrom(
  analysed('stepWeight', {}),
  analysed('stepWeight, Recreate', {}, { recreates: true }),
  analysed('stepWeights', { stepWeight: 0, stepWeights: [0.1, 5, 80], maxWeight: 80 }),
  analysed('stepWeightPromotion', { stepWeightPromotion: 20, threshold: 1 }),
  analysed('hooks', gated),
  analysed('mirror', { mirror: true, maxWeight: 20 }),
  analysed('mirror, hooks', { ...gated, mirror: true, maxWeight: 20 }),
  analysed('blue/green', blueGreen),
  analysed('blue/green, stepWeightPromotion', { ...blueGreen, stepWeightPromotion: 40 }),
  analysed('blue/green, mirror', { ...blueGreen, mirror: true }),
  analysed('blue/green, mirror, hooks', { ...gated, ...blueGreen, mirror: true }),
  analysed('A/B', abTesting),
  analysed('A/B, hooks, Recreate', { ...gated, ...abTesting }, { recreates: true }),
  named<Subject>('provider kubernetes', { spec: aSpec({ provider: 'kubernetes', analysis: anAnalysis(blueGreen) }) }),
  named<Subject>('skipAnalysis', { spec: aSpec({ skipAnalysis: true }) }),
);

describe('random histories of a Canary', () => {
  it('keep S2, S3, S4 and S5 after every write, and a quiet end converges (S8), also with mirroring (D5)', () => {
    fc.assert(
      fc.property(subject, fc.array(happening, { maxLength: 40 }), (chosen, history) => {
        const world = new RolloutWorld(chosen.value.spec);
        world.recreates = chosen.value.recreates ?? false;
        world.settle();
        for (const { value: happen } of history) happen(world);

        world.verdicts = ['passed'];
        world.breakPods('target', false);
        world.breakPods('primary', false);
        world.settle();
        expect(['Succeeded', 'Initialized', 'Failed']).toContain(world.status.phase);
        expect([world.canaryWeight(), world.mirror]).toEqual([0, 'off']);
        expect(world.target?.replicas).toBe(0);
        const { target, primary, status } = world;
        expect([primary?.revision, status.lastAppliedSpec]).toContain(target?.revision);

        const { writes } = world;
        world.settle(60_000);
        expect(world.writes).toBe(writes);
      }),
      { numRuns: 1_500 },
    );
  });
});
