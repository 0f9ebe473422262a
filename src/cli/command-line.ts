// SPDX-License-Identifier: Apache-2.0
import {
  ignoredFlags,
  loadLoadTesterSettings,
  loadSettings,
  loadTesterGroups,
  loadTesterIgnoredFlags,
  type LoadTesterSettings,
  namedLoadTesterSettings,
  namedSettings,
  type Settings,
  settingGroups,
} from '../config/index.js';
import { type CommandDescription, type Printed, readCommandLine } from './flag-parser.js';

/** What the command line asks the process to do. */
export type Invocation =
  | { readonly kind: 'run'; readonly settings: Settings }
  | { readonly kind: 'loadTester'; readonly settings: LoadTesterSettings }
  | Printed;

const operatorCommand: CommandDescription = {
  usage: '$0 [run] [flags]',
  summary:
    'Progressive delivery for workloads behind Skipper. Runs the operator; flagger loadtester runs the load tester.',
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
  return readCommandLine(argv, operatorCommand, (flags): Invocation => {
    return { kind: 'run', settings: loadSettings(flags, environment) };
  });
}
