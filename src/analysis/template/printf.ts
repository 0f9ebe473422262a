// SPDX-License-Identifier: Apache-2.0
import { formatVerb, type Layout } from './format-verb.js';
import { FunctionError } from './template-function.js';
import { plainText, typeName, type Value } from './value.js';

/** Go allows 1,000,000; a query needs far less, and a template must not cost much memory. */
const maxWidth = 10_000;
/** So much text is handled in one call, an argument that is used again counting again: it costs some milliseconds. */
const maxCharacters = 512 * 1024;

interface Flags {
  readonly minus: boolean;
  readonly plus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
}

/**
 * Formats as Go's fmt.Sprintf does, mistakes in the format included ("%!d(string=x)", "%!s(MISSING)").
 * @throws FunctionError when that is more than a template may cost
 */
export function printf(format: string, args: readonly Value[]): string {
  return new Printer(format, args).run();
}

class Printer {
  private at = 0;
  private nextArg = 0;
  /** The argument index that was just read applies to what follows it. */
  private isIndexed = false;
  private isGoodIndex = true;
  private wasReordered = false;
  private output = '';
  private handled = 0;

  constructor(
    private readonly format: string,
    private readonly args: readonly Value[],
  ) {}

  run(): string {
    while (this.at < this.format.length) {
      const percent = this.format.indexOf('%', this.at);
      const end = percent < 0 ? this.format.length : percent;
      this.output += this.format.slice(this.at, end);
      this.at = end + 1;
      if (percent >= 0) this.printDirective();
    }
    if (!this.wasReordered && this.nextArg < this.args.length) this.printExtra();
    return this.output;
  }

  private printDirective(): void {
    this.isGoodIndex = true;
    const flags = this.readFlags();
    this.readIndex();
    const { width, isLeft } = this.readWidth();
    const precision = this.readPrecision();
    if (!this.isIndexed) this.readIndex();
    const verb = this.readVerb();
    const minus = flags.minus || isLeft;
    const layout: Layout = {
      ...flags,
      minus,
      zero: flags.zero && !minus,
      ...(width === undefined ? {} : { width }),
      ...(precision === undefined ? {} : { precision }),
    };
    this.printVerb(verb, layout);
  }

  private printVerb(verb: string, layout: Layout): void {
    if (verb === '') {
      this.output += '%!(NOVERB)';
      return;
    }
    if (verb === '%') {
      this.output += '%';
      return;
    }
    const value = this.args[this.nextArg];
    if (!this.isGoodIndex) this.output += `%!${verb}(BADINDEX)`;
    else if (value === undefined) this.output += `%!${verb}(MISSING)`;
    else {
      this.handle(value, layout);
      this.output += formatVerb(verb, value, layout);
      this.nextArg += 1;
    }
  }

  private handle(value: Value, { width = 0, precision = 0 }: Layout): void {
    this.handled += 1 + width + precision + lengthOf(value);
    if (this.handled > maxCharacters) throw new FunctionError(`more than ${maxCharacters} characters`);
  }

  private readFlags(): Flags {
    const [text] = this.match(/[-+# 0]*/y);
    this.at += text.length;
    const has = (flag: string): boolean => text.includes(flag);
    return { minus: has('-'), plus: has('+'), sharp: has('#'), space: has(' '), zero: has('0') };
  }

  private match(pattern: RegExp): readonly [string, string | undefined] {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.format);
    return [found?.[0] ?? '', found?.[1]];
  }

  /** An explicit argument index such as "[2]". */
  private readIndex(): void {
    this.isIndexed = false;
    if (this.format[this.at] !== '[') return;
    this.wasReordered = true;
    const [text, digits] = this.match(/\[(\d{1,9})\]/y);
    const index = Number(digits) - 1;
    if (text !== '' && index >= 0 && index < this.args.length) {
      this.nextArg = index;
      this.isIndexed = true;
    } else {
      this.isGoodIndex = false;
    }
    const close = this.format.indexOf(']', this.at);
    this.at = close < 0 ? this.at + 1 : close + 1;
  }

  private readWidth(): { readonly width?: number; readonly isLeft: boolean } {
    if (this.format[this.at] === '*') {
      this.at += 1;
      const width = this.takeInteger();
      if (width === undefined) this.output += '%!(BADWIDTH)';
      return width === undefined ? { isLeft: false } : { width: Math.abs(width), isLeft: width < 0 };
    }
    const width = this.readNumber();
    if (this.isIndexed && width !== undefined) this.isGoodIndex = false;
    return width === undefined ? { isLeft: false } : { width, isLeft: false };
  }

  private readPrecision(): number | undefined {
    if (this.format[this.at] !== '.' || this.at + 1 >= this.format.length) return undefined;
    this.at += 1;
    if (this.isIndexed) this.isGoodIndex = false;
    this.readIndex();
    if (this.format[this.at] !== '*') return this.readNumber() ?? 0;
    this.at += 1;
    const precision = this.takeInteger();
    if (precision === undefined || precision < 0) this.output += '%!(BADPREC)';
    return precision === undefined || precision < 0 ? undefined : precision;
  }

  /** Digits of the format; undefined when there are none or they make too large a number. */
  private readNumber(): number | undefined {
    const [digits] = this.match(/\d*/y);
    this.at += digits.length;
    return digits === '' || Number(digits) > maxWidth ? undefined : Number(digits);
  }

  /** The next argument as a width or precision. */
  private takeInteger(): number | undefined {
    const value = this.args[this.nextArg];
    if (value !== undefined) this.nextArg += 1;
    this.isIndexed = false;
    const number = value?.kind === 'int' ? Number(value.value) : Number.NaN;
    return Math.abs(number) <= maxWidth ? number : undefined;
  }

  private readVerb(): string {
    const code = this.format.codePointAt(this.at);
    const verb = code === undefined ? '' : String.fromCodePoint(code);
    this.at += verb.length;
    return verb;
  }

  private printExtra(): void {
    const extra = this.args.slice(this.nextArg);
    const parts = extra.map((value) => (value.kind === 'nil' ? '<nil>' : `${typeName(value)}=${plainText(value)}`));
    this.output += `%!(EXTRA ${parts.join(', ')})`;
  }
}

function lengthOf(value: Value): number {
  if (value.kind === 'string') return value.value.length;
  if (value.kind !== 'map') return 0;
  return [...value.value].reduce((sum, [key, text]) => sum + key.length + text.length, 0);
}
