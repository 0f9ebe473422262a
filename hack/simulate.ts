// SPDX-License-Identifier: Apache-2.0
/*
 * Runs simulated rollouts: `npm run simulate -- --runs 20000` for a summary, `npm run simulate -- --seed 7` to see
 * everything that happens in one of them, `npm run simulate -- --crash-points` to end the process once at each of its writes.
 */
import { parseArgs } from 'node:util';
import { Registry } from 'prom-client';
import { createMetrics } from '../src/observability/index.js';
import {
  crashScenarios,
  faultClasses,
  runWithCrash,
  simulate,
  strategyNames,
  targetKinds,
  type SimulationResult,
} from '../src/simulation/index.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string', default: '1000' },
    first: { type: 'string', default: '1' },
    'crash-points': { type: 'boolean', default: false },
  },
});
const metrics = createMetrics(new Registry());

function printLine(atMs: number, text: string): void {
  console.log(`${(atMs / 1_000).toFixed(3).padStart(9)}s  ${text}`);
}

async function trace(seed: number): Promise<void> {
  const { violations, rollouts, writes } = await simulate({ seed, metrics, note: printLine });
  console.log(`seed ${seed}: ${countOf(rollouts)} rollouts, ${writes} writes, ${violations.length} violations`);
  if (violations.length > 0) process.exitCode = 1;
}

function countOf(rollouts: SimulationResult['rollouts']): number {
  return [...rollouts.values()].reduce((total, count) => total + count, 0);
}

async function summarise(first: number, runs: number): Promise<void> {
  const results: SimulationResult[] = [];
  const startedMs = performance.now();
  for (let seed = first; seed < first + runs; seed += 1) {
    const result = await simulate({ seed, metrics });
    for (const { rule, text } of result.violations) console.log(`seed ${seed}: ${rule}: ${text}`);
    results.push(result);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const sum = (valueOf: (result: SimulationResult) => number): number =>
    results.reduce((total, result) => total + valueOf(result), 0);
  const rollouts = sum((result) => countOf(result.rollouts));
  console.log(`${runs} runs (seeds ${first} to ${first + runs - 1}), ${rollouts} rollouts in ${seconds.toFixed(1)} s`);
  console.log(`${(rollouts / seconds).toFixed(0)} rollouts per second, ${(runs / seconds).toFixed(0)} runs per second`);
  console.log(
    `${(sum((result) => result.durationMs) / 3_600_000).toFixed(0)} virtual hours, ${sum((r) => r.writes)} writes`,
  );
  const printCount = (name: string, count: number): void => console.log(`  ${name.padEnd(28)} ${count}`);
  console.log('rollouts by strategy and by target:');
  for (const strategy of strategyNames)
    printCount(
      strategy,
      sum((result) => result.rollouts.get(strategy) ?? 0),
    );
  for (const kind of targetKinds) {
    printCount(
      kind,
      sum(({ target, rollouts: each }) => (target === kind ? countOf(each) : 0)),
    );
  }
  console.log('faults:');
  for (const fault of faultClasses) {
    printCount(
      fault,
      sum((result) => result.faults.get(fault) ?? 0),
    );
  }
  const violated = results.filter(({ violations }) => violations.length > 0);
  const unconverged = violated.filter(({ violations }) => violations.some(({ rule }) => rule === 'converges'));
  console.log(`violations: ${violated.length - unconverged.length}, not converged: ${unconverged.length}`);
  if (violated.length > 0) process.exitCode = 1;
}

/** Ends the process before and after each write of a rollout without faults; each time the end must be the same. */
async function crashEverywhere(): Promise<void> {
  let points = 0;
  let failures = 0;
  for (const scenario of crashScenarios) {
    const reference = await runWithCrash(scenario, metrics);
    for (let point = 0; point < 2 * reference.writes; point += 1) {
      const crashAt = { write: 1 + Math.floor(point / 2), isCarriedOut: point % 2 === 1 };
      const { violations, end } = await runWithCrash(scenario, metrics, crashAt);
      points += 1;
      if (violations.length === 0 && end === reference.end) continue;
      failures += 1;
      console.log(JSON.stringify({ scenario, ...crashAt, violations, end, insteadOf: reference.end }));
    }
    console.log(`${scenario}: ${reference.writes} writes`);
  }
  console.log(`${points} crash points, ${failures} with another end`);
  if (failures > 0) process.exitCode = 1;
}

if (values['crash-points']) await crashEverywhere();
else if (values.seed === undefined) await summarise(Number(values.first), Number(values.runs));
else await trace(Number(values.seed));
