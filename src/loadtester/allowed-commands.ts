// SPDX-License-Identifier: Apache-2.0
import { readShellWords, type ShellToken } from './shell-words.js';

export type CommandLineCheck =
  { readonly kind: 'allowed'; readonly line: string } | { readonly kind: 'refused'; readonly reason: string };

/**
 * Checks that a line for the shell starts nothing but the allowed programs. Pipelines and lists (`|`, `&&`, `||`, `;`) of
 * simple commands are possible; substitution, redirection, background jobs and assignments are not.
 * The line that comes back has every word quoted: whatever the shell reads differently than we do, it finds in it only
 * the words and operators that were checked here.
 */
export function restrictToCommands(line: string, allowed: ReadonlySet<string>): CommandLineCheck {
  const reading = readShellWords(line, { forShell: true });
  if (reading.kind === 'refused') return refused(reading.reason);
  const commands = splitCommands(reading.tokens);
  for (const { words, before } of commands) {
    const [program] = words;
    if (program === undefined) return refused(before === '' ? 'no command' : `no command beside ${before}`);
    if (!allowed.has(program)) return refused(`${program} is not among the allowed commands`);
  }
  const text = commands.map(({ words, before }) => [before, ...words.map(quote)].join(' ').trim());
  return text.length === 0 ? refused('no command') : { kind: 'allowed', line: text.join(' ') };
}

interface SimpleCommand {
  /** The operator between the command before and this one; empty for the first. */
  readonly before: string;
  readonly words: readonly string[];
}

function splitCommands(tokens: readonly ShellToken[]): readonly SimpleCommand[] {
  const commands: SimpleCommand[] = [];
  let before = '';
  let words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'word') {
      words.push(token.text);
      continue;
    }
    const isEmptyLine = token.text === ';' && words.length === 0 && (before === '' || before === ';');
    if (isEmptyLine) continue;
    commands.push({ before, words });
    before = token.text;
    words = [];
  }
  const endsWithSeparator = words.length === 0 && (before === '' || before === ';');
  return endsWithSeparator ? commands : [...commands, { before, words }];
}

function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function refused(reason: string): CommandLineCheck {
  return { kind: 'refused', reason };
}
