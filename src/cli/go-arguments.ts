// SPDX-License-Identifier: Apache-2.0
import { InvalidSettings } from '../config/index.js';

/** What the reader of a command line must know about a flag. */
export interface FlagForm {
  readonly flag: string;
  /** A boolean flag takes its value only after "=", as in Go. */
  readonly boolean: boolean;
}

/**
 * Rewrites a command line as Go's flag package reads it into one form: `--flag=value` for flags, the rest untouched.
 * `-flag value`, `-flag=value` and `--flag value` mean the same, a boolean flag alone is true, and `--` ends the flags.
 * Unknown flags are passed on as `--flag`, so that whoever knows the commands refuses them by name.
 * @throws InvalidSettings when a flag lacks its value, or a boolean flag is followed by a loose true or false
 */
export function normalizeGoArguments(argv: readonly string[], forms: readonly FlagForm[]): readonly string[] {
  const booleanByFlag = new Map(forms.map(({ flag, boolean }) => [flag, boolean]));
  const normalized: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    if (argument === '--') return [...normalized, ...argv.slice(index)];
    const [, flag, assigned] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
    if (flag === undefined) {
      normalized.push(argument);
      continue;
    }
    const takesNext = assigned === undefined && booleanByFlag.get(flag) === false;
    normalized.push(`--${flag}${valuePart(flag, assigned, booleanByFlag.get(flag), argv[index + 1])}`);
    if (takesNext) index++;
  }
  return normalized;
}

function valuePart(
  flag: string,
  assigned: string | undefined,
  boolean: boolean | undefined,
  next: string | undefined,
): string {
  if (assigned !== undefined) return `=${assigned}`;
  if (boolean === undefined) return '';
  if (boolean) {
    if (next !== 'true' && next !== 'false') return '=true';
    throw new InvalidSettings(`Flag -${flag} takes its value after "=": write -${flag}=${next}`, 2);
  }
  if (next === undefined) throw new InvalidSettings(`Flag needs an argument: -${flag}`, 2);
  return `=${next}`;
}
