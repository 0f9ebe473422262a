// SPDX-License-Identifier: Apache-2.0
import yargs, { type Argv } from 'yargs';
import {
  ignoredFlags,
  InvalidSettings,
  loadSettings,
  namedSettings,
  revision,
  type Settings,
  settingGroups,
  version,
} from '../config/index.js';
import { type FlagForm, normalizeGoArguments } from './go-arguments.js';

/** What the command line asks the process to do. */
export type Invocation =
  | { readonly kind: 'run'; readonly settings: Settings }
  | {
      readonly kind: 'print';
      readonly text: string;
      readonly stream: 'stdout' | 'stderr';
      readonly exitCode: 0 | 1 | 2;
    };

const helpWidth = 120;

const ownSwitches = [
  { flag: 'help', help: 'Print this text and exit.' },
  { flag: 'h', help: undefined },
  { flag: 'version', help: 'Print the version and exit.' },
] as const;

const flagForms: readonly FlagForm[] = [
  ...namedSettings.map(({ flag, type }) => ({ flag, boolean: type === 'boolean' })),
  ...ignoredFlags,
  ...ownSwitches.map(({ flag }) => ({ flag, boolean: true })),
];

/**
 * Reads a command line (without node and script) and the environment. Never throws for what a user wrote: mistakes
 * become one line and the usage on stderr with exit code 2, contradictory settings one line with exit code 1.
 */
export async function parseCommandLine(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Invocation> {
  const parser = createParser();
  try {
    const flags = readFlags(await parser.parseAsync([...normalizeGoArguments(argv, flagForms)]));
    if (isSet(flags, 'help') || isSet(flags, 'h')) return printed(`${await parser.getHelp()}\n`);
    if (isSet(flags, 'version')) return printed(`Flagger version ${version} revision  ${revision}\n`);
    return { kind: 'run', settings: loadSettings(flags, environment) };
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error;
    const usage = error.exitCode === 2 ? `\n${await createParser().getHelp()}\n` : '';
    return { kind: 'print', text: `flagger: ${error.message}\n${usage}`, stream: 'stderr', exitCode: error.exitCode };
  }
}

function printed(text: string): Invocation {
  return { kind: 'print', text, stream: 'stdout', exitCode: 0 };
}

/** Every value stays the text that the user wrote: the settings schema alone gives it a meaning. */
function createParser(): Argv {
  const parser = yargs()
    .scriptName('flagger')
    .usage('$0 [run] [flags]')
    .usage('Progressive delivery for workloads behind Skipper. Runs the operator.')
    .command(['run', '$0'], false)
    .strict()
    .exitProcess(false)
    .detectLocale(false)
    .help(false)
    .version(false)
    .wrap(helpWidth)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': false,
      'parse-numbers': false,
    })
    .fail((message: string, error: Error | undefined) => {
      throw error ?? new InvalidSettings(message, 2);
    });
  for (const group of settingGroups) {
    parser.options(
      Object.fromEntries(
        namedSettings
          .filter((setting) => setting.group === group)
          .map(({ flag, help, fallback, env }) => [
            flag,
            {
              group: `${group}:`,
              describe: env === undefined ? help : `${help} Variable ${env} wins.`,
              defaultDescription: fallback === '' ? undefined : fallback,
            } as const,
          ]),
      ),
    );
  }
  for (const { flag } of ignoredFlags) parser.option(flag, { hidden: true });
  for (const { flag, help } of ownSwitches)
    parser.option(flag, { group: 'Other:', describe: help, hidden: help === undefined });
  return parser;
}

function readFlags(parsed: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  return new Map(
    flagForms.flatMap(({ flag }) => {
      const value = parsed[flag];
      // yargs turns a lone "true" or "false" into a boolean.
      return typeof value === 'string' || typeof value === 'boolean' ? [[flag, String(value)] as const] : [];
    }),
  );
}

function isSet(flags: ReadonlyMap<string, string>, flag: string): boolean {
  return flags.get(flag) === 'true';
}
