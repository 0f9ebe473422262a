// SPDX-License-Identifier: Apache-2.0

/*
 * Syntax of Go's regular expressions (RE2) with which Skipper compiles its predicates. A route with an expression that Go
 * refuses is dropped, so the users whom it is for would quietly never be matched.
 */

/** Go's limit for repetitions, also for the product of nested ones. */
const maxRepeat = 1000;
const posixClasses = /^(alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit)$/;
const lookAround = /^\(\?<?[=!]/;
const groupStart = /^\((?:\?(?:P?<([A-Za-z0-9_]+)>|([imsU]*(?:-[imsU]+)?):))?/;
const flagGroup = /^\(\?[imsU]*(?:-[imsU]+)?\)/;
const counted = /^\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\}\??/;
const literalRun = /^\\Q([^]*?)(?:\\E|$)/;
const hexEscape = /^\\x(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]{1,6}\})/;
/** Letters with a meaning, octal, and every ASCII character that is neither letter nor digit. */
const simpleEscape = /^\\(?:[dDsSwWafnrtv]|0[0-7]{0,2}|[^0-9A-Za-z\u0080-\u{10ffff}])/u;
const unicodeClass = /^\\[pP](?:([A-Z])|\{\^?(\w+)\})/;

/** Why Go refuses an expression, as the end of a sentence about it; undefined when it takes it. */
export function goRegexpProblem(text: string): string | undefined {
  return new SyntaxScanner(text).problem();
}

interface Group {
  /** Largest product of the repetitions within. */
  repeats: number;
}

/** What may be repeated: how often it already is within itself. */
interface Atom {
  readonly repeats: number;
  readonly isRepeated: boolean;
}

class SyntaxScanner {
  private position = 0;
  private atom: Atom | undefined;
  private readonly groups: Group[] = [{ repeats: 1 }];
  private readonly names = new Set<string>();

  constructor(private readonly text: string) {}

  problem(): string | undefined {
    while (this.position < this.text.length) {
      const problem = this.next();
      if (problem !== undefined) return problem;
    }
    return this.groups.length > 1 ? 'has a "(" that is not closed' : undefined;
  }

  private next(): string | undefined {
    switch (this.text[this.position]) {
      case '(':
        return this.open();
      case ')':
        return this.close();
      case '|':
        this.atom = undefined;
        this.position += 1;
        return undefined;
      case '*':
      case '+':
      case '?':
        return this.repeat(1, this.rest().charAt(1) === '?' ? 2 : 1);
      case '{':
        return this.count();
      case '[':
        return this.bracket();
      case '\\':
        return this.escape();
      default:
        return this.take(1);
    }
  }

  private rest(): string {
    return this.text.slice(this.position);
  }

  private take(length: number, repeats = 1): string | undefined {
    this.position += length;
    this.atom = { repeats, isRepeated: false };
    this.noteRepeats(repeats);
    return undefined;
  }

  private noteRepeats(repeats: number): void {
    const group = this.groups.at(-1);
    if (group !== undefined) group.repeats = Math.max(group.repeats, repeats);
  }

  private open(): string | undefined {
    const rest = this.rest();
    const flags = flagGroup.exec(rest)?.[0];
    if (flags !== undefined) {
      this.position += flags.length;
      return undefined;
    }
    const [start = '', name = ''] = groupStart.exec(rest) ?? [];
    const problem = this.groupProblem(rest, start, name);
    if (problem !== undefined) return problem;
    this.names.add(name);
    this.groups.push({ repeats: 1 });
    this.atom = undefined;
    this.position += start.length;
    return undefined;
  }

  private groupProblem(rest: string, start: string, name: string): string | undefined {
    if (lookAround.test(rest)) return 'uses look-around, which RE2 does not have';
    if (start === '(' && rest.startsWith('(?')) return `has "${rest.slice(0, 3)}", which RE2 does not know`;
    return name !== '' && this.names.has(name) ? `names two groups ${name}` : undefined;
  }

  private close(): string | undefined {
    const group = this.groups.length > 1 ? this.groups.pop() : undefined;
    return group === undefined ? 'has a ")" without a "("' : this.take(1, group.repeats);
  }

  private count(): string | undefined {
    const [whole, least = '', comma, most] = counted.exec(this.rest()) ?? [];
    // Anything else is an ordinary brace.
    if (whole === undefined) return this.take(1);
    const largest = Number(comma === undefined ? least : (most ?? least));
    if (largest > maxRepeat || largest < Number(least)) return `has the repetition ${whole}, which RE2 refuses`;
    return this.repeat(Math.max(1, largest), whole.length);
  }

  private repeat(times: number, length: number): string | undefined {
    if (this.atom === undefined) return `has nothing before "${this.rest().slice(0, length)}" to repeat`;
    if (this.atom.isRepeated) return `repeats a repetition with "${this.rest().slice(0, length)}"`;
    const repeats = this.atom.repeats * times;
    if (repeats > maxRepeat) return `repeats more than ${maxRepeat} times`;
    this.position += length;
    this.atom = { repeats, isRepeated: true };
    this.noteRepeats(repeats);
    return undefined;
  }

  private escape(): string | undefined {
    const run = literalRun.exec(this.rest());
    if (run !== null) {
      if ((run[1] ?? '') === '') this.position += run[0].length;
      else this.take(run[0].length);
      return undefined;
    }
    if (/^\\[AbBz]/.test(this.rest())) return this.take(2);
    return this.escapeLength((length) => this.take(length));
  }

  /** Escapes that are the same within and outside brackets. */
  private escapeLength(take: (length: number) => string | undefined): string | undefined {
    const rest = this.rest();
    if (/^\\(?:[1-9]|k)/.test(rest)) return `uses the backreference ${rest.slice(0, 2)}, which RE2 does not have`;
    const unicode = unicodeClass.exec(rest);
    if (unicode !== null) {
      const [whole, short = '', long = ''] = unicode;
      return isUnicodeClass(short + long) ? take(whole.length) : `has ${whole}, which RE2 does not know`;
    }
    const known = (hexEscape.exec(rest) ?? simpleEscape.exec(rest))?.[0];
    return known === undefined ? `has the escape ${rest.slice(0, 2)}, which RE2 does not know` : take(known.length);
  }

  private bracket(): string | undefined {
    this.position += this.rest().startsWith('[^') ? 2 : 1;
    let isFirst = true;
    while (this.position < this.text.length) {
      if (this.text[this.position] === ']' && !isFirst) return this.take(1);
      isFirst = false;
      const problem = this.classItem();
      if (problem !== undefined) return problem;
    }
    return 'has a "[" that is not closed';
  }

  private classItem(): string | undefined {
    const [whole, negated = '', name = ''] = /^\[:(\^?)(\w+):\]/.exec(this.rest()) ?? [];
    if (whole !== undefined) {
      if (!posixClasses.test(name)) return `has [:${negated}${name}:], which RE2 does not know`;
      this.position += whole.length;
      return undefined;
    }
    const range = /^([^\\\]])-([^\\\]])/u.exec(this.rest());
    if (range !== null) return this.range(range[0], range[1] ?? '', range[2] ?? '');
    if (this.text[this.position] !== '\\') {
      this.position += 1;
      return undefined;
    }
    return this.escapeLength((length) => {
      this.position += length;
      return undefined;
    });
  }

  private range(whole: string, from: string, to: string): string | undefined {
    if ((from.codePointAt(0) ?? 0) > (to.codePointAt(0) ?? 0)) return `has the range ${whole}, which is empty`;
    this.position += whole.length;
    return undefined;
  }
}

function isUnicodeClass(name: string): boolean {
  return ['gc', 'sc'].some((property) => {
    try {
      return new RegExp(`\\p{${property}=${name}}`, 'u').source !== '';
    } catch {
      return false;
    }
  });
}
