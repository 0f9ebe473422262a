// SPDX-License-Identifier: Apache-2.0

/** A part of a command line: a word with its quotes resolved, or an operator between commands. */
export type ShellToken =
  { readonly kind: 'word'; readonly text: string } | { readonly kind: 'operator'; readonly text: string };

export type ShellReading =
  | { readonly kind: 'tokens'; readonly tokens: readonly ShellToken[] }
  | { readonly kind: 'refused'; readonly reason: string };

export interface ShellReadingOptions {
  /**
   * Whether unquoted characters that a shell gives a meaning to (`$`, backtick, `>`, `;` ...) are refused or cut the
   * text into commands. Otherwise they are ordinary characters, because no shell will see them.
   */
  readonly forShell: boolean;
}

const separator = /[ \t\r\n]+/y;
const plainCharacters = /[^ \t\r\n'"\\]+/y;
const plainShellCharacters = /[^ \t\r\n'"\\$`<>|&;()#]+/y;
const operator = /\|\||&&|\||;/y;

/**
 * Cuts a command line into words as a POSIX shell does: blanks separate, single and double quotes and backslashes keep
 * them. Nothing is expanded. Never throws.
 */
export function readShellWords(line: string, { forShell }: ShellReadingOptions): ShellReading {
  const reader = new ShellReader(line, forShell);
  try {
    return { kind: 'tokens', tokens: reader.read() };
  } catch (error) {
    if (error instanceof Unreadable) return { kind: 'refused', reason: error.message };
    throw error;
  }
}

/** Leaves the reader at the first character that it cannot take. */
class Unreadable extends Error {}

class ShellReader {
  private readonly tokens: ShellToken[] = [];
  /** Undefined between words: an empty word is one that was quoted. */
  private word: string | undefined;
  private position = 0;

  constructor(
    private readonly line: string,
    private readonly forShell: boolean,
  ) {}

  read(): readonly ShellToken[] {
    while (this.position < this.line.length) this.readPart();
    this.endWord();
    return this.tokens;
  }

  private readPart(): void {
    const blanks = this.match(separator);
    if (blanks !== '') {
      this.endWord();
      // A newline ends a command; the shell would see one more command after it.
      if (this.forShell && blanks.includes('\n')) this.tokens.push({ kind: 'operator', text: ';' });
      return;
    }
    const plain = this.match(this.forShell ? plainShellCharacters : plainCharacters);
    if (plain !== '') this.append(plain);
    else this.readSpecial();
  }

  private readSpecial(): void {
    const character = this.line.charAt(this.position);
    switch (character) {
      case "'":
        this.readSingleQuoted();
        return;
      case '"':
        this.readDoubleQuoted();
        return;
      case '\\':
        this.readEscaped();
        return;
      case '#':
        if (this.word === undefined) throw new Unreadable('a comment is not possible here');
        this.append('#');
        this.position += 1;
        return;
      default:
        this.readOperator(character);
    }
  }

  private readSingleQuoted(): void {
    const end = this.line.indexOf("'", this.position + 1);
    if (end === -1) throw new Unreadable("a ' is not closed");
    this.append(this.line.slice(this.position + 1, end));
    this.position = end + 1;
  }

  private readDoubleQuoted(): void {
    this.append('');
    for (this.position += 1; this.position < this.line.length; this.position += 1) {
      const character = this.line.charAt(this.position);
      if (character === '"') {
        this.position += 1;
        return;
      }
      if (this.forShell && /[$`]/.test(character)) throw new Unreadable(`${character} is not possible here`);
      this.append(character === '\\' ? this.escapedInQuotes() : character);
    }
    throw new Unreadable('a " is not closed');
  }

  /** Inside double quotes a backslash is special only before the characters that are special there. */
  private escapedInQuotes(): string {
    const next = this.line.charAt(this.position + 1);
    if (next === '' || !'"\\$`\n'.includes(next)) return '\\';
    this.position += 1;
    return next === '\n' ? '' : next;
  }

  private readEscaped(): void {
    const next = this.line.charAt(this.position + 1);
    if (next === '') throw new Unreadable('a \\ at the end escapes nothing');
    if (next !== '\n') this.append(next);
    this.position += 2;
  }

  private readOperator(character: string): void {
    const text = this.match(operator);
    if (text === '') throw new Unreadable(`${character} is not possible here`);
    this.endWord();
    this.tokens.push({ kind: 'operator', text });
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const [text] = pattern.exec(this.line) ?? [''];
    this.position += text.length;
    return text;
  }

  private append(text: string): void {
    this.word = (this.word ?? '') + text;
  }

  private endWord(): void {
    if (this.word !== undefined) this.tokens.push({ kind: 'word', text: this.word });
    this.word = undefined;
  }
}
