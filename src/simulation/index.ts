// SPDX-License-Identifier: Apache-2.0
/*
 * The shipped operator in a small cluster in memory, in virtual time, with everything going wrong that a seed asks for:
 * thousands of rollouts a minute, each checked after every write against the promises of docs/reliability.md.
 * Must not read real time or chance: a seed says everything. It wires all other folders as main.ts does, and nothing but
 * forecast/, hack/ and tests import it.
 * Main types: simulate (one run), World (cluster, app and operator), Faults, SafetyMonitor, Mutation.
 */
export { targetKinds } from './app.js';
export type { TargetKind } from './app.js';
export { Cluster } from './cluster.js';
export { crashScenarios, runWithCrash } from './crash-points.js';
export type { CrashRun, CrashScenario } from './crash-points.js';
export { Dice } from './dice.js';
export { DirectClient } from './direct-client.js';
export { faultClasses, Faults, noFaults } from './faults.js';
export type { CallFate, FaultClass, FaultCounts } from './faults.js';
export type { Mutation } from './operator-process.js';
export { ProcessClock } from './process-clock.js';
export { simulate } from './simulation.js';
export type { SimulationOptions, SimulationResult } from './simulation.js';
export { strategyNames } from './strategy-shape.js';
export type { StrategyName } from './strategy-shape.js';
export type { Violation } from './violation.js';
export { VirtualClock } from './virtual-clock.js';
