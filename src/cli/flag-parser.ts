// SPDX-License-Identifier: Apache-2.0
import yargs, { type Argv } from 'yargs';
import { type IgnoredFlag, InvalidSettings, type NamedSetting, revision, version } from '../config/index.js';
import { type FlagForm, normalizeGoArguments } from './go-arguments.js';

/** A command of this program and the flags that it takes. */
export interface CommandDescription {
  /** How the command is called, with what may follow. */
  readonly usage: string;
  readonly summary: string;
  /** Its name where it may be written or left out. */
  readonly optionalName?: string;
  readonly groups: readonly string[];
  readonly settings: readonly NamedSetting[];
  readonly ignoredFlags: readonly IgnoredFlag[];
}

/** A text to print instead of running. */
export interface Printed {
  readonly kind: 'print';
  readonly text: string;
  readonly stream: 'stdout' | 'stderr';
  readonly exitCode: 0 | 1 | 2;
}

const helpWidth = 120;

const ownSwitches = [
  { flag: 'help', help: 'Print this text and exit.' },
  { flag: 'h', help: undefined },
  { flag: 'version', help: 'Print the version and exit.' },
] as const;

/**
 * Reads a command line (without node, script and the name of the command), answers questions for help and version, and
 * gives the rest to `use`. Never throws for what a user wrote: mistakes become one line and the usage on stderr with
 * exit code 2, contradictory settings one line with exit code 1.
 */
export async function readCommandLine<T>(
  argv: readonly string[],
  command: CommandDescription,
  use: (flags: ReadonlyMap<string, string>) => T,
): Promise<T | Printed> {
  const parser = createParser(command);
  const forms = flagForms(command);
  try {
    const flags = readFlags(await parser.parseAsync([...normalizeGoArguments(argv, forms)]), forms);
    if (isSet(flags, 'help') || isSet(flags, 'h')) return printed(`${await parser.getHelp()}\n`);
    if (isSet(flags, 'version')) return printed(`Flagger version ${version} revision  ${revision}\n`);
    return use(flags);
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error;
    const usage = error.exitCode === 2 ? `\n${await createParser(command).getHelp()}\n` : '';
    return { kind: 'print', text: `flagger: ${error.message}\n${usage}`, stream: 'stderr', exitCode: error.exitCode };
  }
}

function flagForms({ settings, ignoredFlags }: CommandDescription): readonly FlagForm[] {
  return [
    ...settings.map(({ flag, type }) => ({ flag, boolean: type === 'boolean' })),
    ...ignoredFlags,
    ...ownSwitches.map(({ flag }) => ({ flag, boolean: true })),
  ];
}

function printed(text: string): Printed {
  return { kind: 'print', text, stream: 'stdout', exitCode: 0 };
}

/** Every value stays the text that the user wrote: the settings schema alone gives it a meaning. */
function createParser(command: CommandDescription): Argv {
  const parser = yargs()
    .scriptName('flagger')
    .usage(command.usage)
    .usage(command.summary)
    .command(command.optionalName === undefined ? '$0' : [command.optionalName, '$0'], false)
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
  addOptions(parser, command);
  return parser;
}

function addOptions(parser: Argv, { groups, settings, ignoredFlags }: CommandDescription): void {
  for (const group of groups) {
    const options = settings
      .filter((setting) => setting.group === group)
      .map(({ flag, help, fallback, env }) => [
        flag,
        {
          group: `${group}:`,
          describe: env === undefined ? help : `${help} Variable ${env} wins.`,
          defaultDescription: fallback === '' ? undefined : fallback,
        } as const,
      ]);
    parser.options(Object.fromEntries(options));
  }
  for (const { flag } of ignoredFlags) parser.option(flag, { hidden: true });
  for (const { flag, help } of ownSwitches)
    parser.option(flag, { group: 'Other:', describe: help, hidden: help === undefined });
}

function readFlags(parsed: Readonly<Record<string, unknown>>, forms: readonly FlagForm[]): ReadonlyMap<string, string> {
  return new Map(
    forms.flatMap(({ flag }) => {
      const value = parsed[flag];
      // yargs turns a lone "true" or "false" into a boolean.
      return typeof value === 'string' || typeof value === 'boolean' ? [[flag, String(value)] as const] : [];
    }),
  );
}

function isSet(flags: ReadonlyMap<string, string>, flag: string): boolean {
  return flags.get(flag) === 'true';
}
