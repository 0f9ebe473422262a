// SPDX-License-Identifier: Apache-2.0
import { OperatorError } from '../../lib/operator-error.js';

/** A command line that does not fit the flags. The message says which argument and why. */
export class FlagError extends OperatorError {
  readonly code = 'BAD_FLAG';
  readonly retry = 'never';
}

export interface FlagSpec {
  /** A boolean flag may stand alone; every other one needs a value. */
  readonly kind: 'boolean' | 'text';
  readonly fallback: string;
  readonly help: string;
}

/**
 * Reads a command line as Go's flag package does: `-name=value`, `--name=value`, `-name value`, and `-name` for booleans.
 * @returns the text of every flag, the fallback where it is not given; the last one wins
 * @throws FlagError for unknown flags, missing values and anything that is no flag
 */
export function parseGoFlags<Name extends string>(
  args: readonly string[],
  specs: Readonly<Record<Name, FlagSpec>>,
): Readonly<Record<Name, string>> {
  const known = new Map<string, FlagSpec>(Object.entries<FlagSpec>(specs));
  const values = new Map([...known].map(([name, { fallback }]) => [name, fallback]));
  const rest = [...args];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [, name = '', inline] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
    const spec = known.get(name);
    if (spec === undefined) throw new FlagError(`Argument ${argument} is no flag of this program`);
    const value = inline ?? (spec.kind === 'boolean' ? 'true' : rest.shift());
    if (value === undefined) throw new FlagError(`Flag -${name} needs a value`);
    values.set(name, value);
  }
  // Every name of `specs` was given its fallback above.
  return Object.fromEntries(values) as Readonly<Record<Name, string>>;
}

/** One line per flag, for the help text. */
export function describeFlags(specs: Readonly<Record<string, FlagSpec>>): string {
  return Object.entries(specs)
    .map(([name, { fallback, help }]) => `  -${name} (default ${JSON.stringify(fallback)})\n      ${help}`)
    .join('\n');
}
