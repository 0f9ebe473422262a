// SPDX-License-Identifier: Apache-2.0
import {
  ignoredFlags,
  loadLoadTesterSettings,
  loadSettings,
  loadSimulationSettings,
  loadTesterGroups,
  loadTesterIgnoredFlags,
  type LoadTesterSettings,
  namedLoadTesterSettings,
  namedSettings,
  namedSimulationSettings,
  type Settings,
  settingGroups,
  simulationGroups,
  type SimulationSettings,
} from '../config/index.js';
import { type CommandDescription, type Printed, readCommandLine } from './flag-parser.js';

/** What the command line asks the process to do. */
export type Invocation =
  | { readonly kind: 'run'; readonly settings: Settings }
  | { readonly kind: 'loadTester'; readonly settings: LoadTesterSettings }
  | { readonly kind: 'simulate'; readonly settings: SimulationSettings }
  | Printed;

const operatorCommand: CommandDescription = {
  usage: '$0 [run] [flags]',
  summary:
    'Progressive delivery for workloads behind Skipper. Runs the operator; flagger loadtester runs the load tester, flagger simulate -f canary.yaml shows the rollout of a Canary.',
  optionalName: 'run',
  groups: settingGroups,
  settings: namedSettings,
  ignoredFlags,
};

const loadTesterCommand: CommandDescription = {
  usage: '$0 loadtester [flags]',
  summary: 'Runs the tests, the load and the gates that webhooks of Canaries ask for.',
  groups: loadTesterGroups,
  settings: namedLoadTesterSettings,
  ignoredFlags: loadTesterIgnoredFlags,
};

const simulateCommand: CommandDescription = {
  usage: '$0 simulate -f canary.yaml [flags]',
  summary:
    'Shows how a new revision would be rolled out by a Canary, without a cluster. Exit code 0: promoted, 1: the input cannot be used, 2: a flag cannot be read, 3: rolled back, 4: neither.',
  groups: simulationGroups,
  settings: namedSimulationSettings,
  ignoredFlags: [],
};

/**
 * Reads a command line (without node and script) and the environment. Never throws for what a user wrote: mistakes
 * become one line and the usage on stderr with exit code 2, contradictory settings one line with exit code 1.
 */
export async function parseCommandLine(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Invocation> {
  const [first, ...rest] = argv;
  if (first === 'loadtester') {
    return readCommandLine(rest, loadTesterCommand, (flags): Invocation => {
      return { kind: 'loadTester', settings: loadLoadTesterSettings(flags) };
    });
  }
  if (first === 'simulate') {
    return readCommandLine(rest, simulateCommand, (flags): Invocation => {
      return { kind: 'simulate', settings: loadSimulationSettings(flags) };
    });
  }
  return readCommandLine(argv, operatorCommand, (flags): Invocation => {
    return { kind: 'run', settings: loadSettings(flags, environment) };
  });
}
