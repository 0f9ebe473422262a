// SPDX-License-Identifier: Apache-2.0
import { isObject, listAt, objectAt, objectsAt, textAt, type JsonObject } from '../json.js';
import { badRequest } from '../status-error.js';
import { labelValueProblems, qualifiedNameProblems } from '../validation/names.js';

export type Labels = Readonly<Record<string, unknown>>;
export type LabelMatch = (labels: Labels) => boolean;

interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent' | 'greater' | 'less';
  readonly values: readonly string[];
}

/**
 * The selector of a request's `labelSelector`: `app=podinfo,tier in (a, b),!legacy`.
 * @throws StatusError 400
 */
export function parseLabelSelector(text: string): LabelMatch {
  const requirements = new SelectorParser(text).parse();
  return (labels) => requirements.every((requirement) => holds(requirement, labels));
}

/** The selector of a workload's spec. An absent or empty one matches everything. */
export function labelSelectorOf(selector: JsonObject): LabelMatch {
  const equal = Object.entries(objectAt(selector, 'matchLabels'));
  const requirements = objectsAt(selector, 'matchExpressions').map(requirementOf);
  return (labels) =>
    equal.every(([key, value]) => labels[key] === value) &&
    requirements.every((requirement) => holds(requirement, labels));
}

/** The selector of a workload's spec as text, as the scale subresource tells it: keys in order. */
export function labelSelectorText(selector: JsonObject): string {
  const equal = Object.entries(objectAt(selector, 'matchLabels')).map(([key, value]) => [
    key,
    `${key}=${String(value)}`,
  ]);
  const expressions = objectsAt(selector, 'matchExpressions')
    .map(requirementOf)
    .map((requirement) => [requirement.key, requirementText(requirement)]);
  return [...equal, ...expressions]
    .sort(([left = ''], [right = '']) => (left < right ? -1 : left > right ? 1 : 0))
    .map(([, text]) => text)
    .join(',');
}

const expressionOperators = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: 'absent' } as const;

function requirementOf(expression: JsonObject): Requirement {
  const name = textAt(expression, 'operator');
  const operator = Object.hasOwn(expressionOperators, name)
    ? expressionOperators[name as keyof typeof expressionOperators] // checked on the line before
    : 'absent';
  return { key: textAt(expression, 'key'), operator, values: listAt(expression, 'values').map(String) };
}

function requirementText({ key, operator, values }: Requirement): string {
  if (operator === 'exists') return key;
  if (operator === 'absent') return `!${key}`;
  return `${key} ${operator} (${values.toSorted().join(',')})`;
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = labels[key];
  if (typeof value !== 'string') return operator === 'absent' || operator === 'notin';
  switch (operator) {
    case 'in':
      return values.includes(value);
    case 'notin':
      return !values.includes(value);
    case 'exists':
      return true;
    case 'absent':
      return false;
    case 'greater':
      return Number(value) > Number(values[0]);
    case 'less':
      return Number(value) < Number(values[0]);
  }
}

/** Labels of an object's metadata. */
export function labelsOf(object: JsonObject): Labels {
  const metadata = object.metadata;
  return isObject(metadata) ? objectAt(metadata, 'labels') : {};
}

const symbols = ['!=', '==', '=', '!', '(', ')', ',', '<', '>'];

/** Recursive descent over the tokens of a selector. The empty token is its end. */
class SelectorParser {
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(text: string) {
    this.#tokens = text.match(/!=|==|[=!(),<>]|[^\s=!(),<>]+/g) ?? [];
  }

  parse(): readonly Requirement[] {
    const requirements: Requirement[] = [];
    if (this.#peek() === '') return requirements;
    for (;;) {
      const first = this.#peek();
      if (first !== '!' && !isWord(first))
        throw badRequest(`found '${first}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.#requirement());
      const separator = this.#take();
      if (separator === '') return requirements;
      if (separator !== ',') throw badRequest(`found '${separator}', expected: ',' or 'end of string'`);
      const following = this.#peek();
      if (following !== '!' && !isWord(following))
        throw badRequest(`found '${following}', expected: identifier after ','`);
    }
  }

  #requirement(): Requirement {
    const isAbsent = this.#peek() === '!';
    if (isAbsent) this.#take();
    const key = this.#take();
    if (!isWord(key)) throw unparsable(`found '${key}', expected: identifier`);
    for (const fact of qualifiedNameProblems(key)) throw unparsable(`<nil>: Invalid value: "${key}": ${fact}`);
    if (isAbsent) return { key, operator: 'absent', values: [] };
    if (['', ','].includes(this.#peek())) return { key, operator: 'exists', values: [] };
    return this.#comparison(key);
  }

  #comparison(key: string): Requirement {
    const operator = this.#take();
    switch (operator) {
      case 'in':
      case 'notin':
        return { key, operator, values: this.#set().map((value) => checkedValue(key, value)) };
      case '=':
      case '==':
        return { key, operator: 'in', values: [checkedValue(key, this.#exactValue())] };
      case '!=':
        return { key, operator: 'notin', values: [checkedValue(key, this.#exactValue())] };
      case '>':
        return { key, operator: 'greater', values: [integerValue(this.#exactValue())] };
      case '<':
        return { key, operator: 'less', values: [integerValue(this.#exactValue())] };
      default:
        throw unparsable(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
    }
  }

  #exactValue(): string {
    if (['', ','].includes(this.#peek())) return '';
    const value = this.#take();
    if (!isWord(value)) throw unparsable(`found '${value}', expected: identifier`);
    return value;
  }

  #set(): readonly string[] {
    const opening = this.#take();
    if (opening !== '(') throw unparsable(`found '${opening}' expected: '('`);
    const values: string[] = [];
    let expectsValue = true;
    for (;;) {
      const token = this.#take();
      if (token === ')') return expectsValue ? [...values, ''] : values;
      if (token === ',') {
        if (expectsValue) values.push('');
        expectsValue = true;
      } else if (isWord(token) && expectsValue) {
        values.push(token);
        expectsValue = false;
      } else throw unparsable(`found '${token}', expected: ',' or ')'`);
    }
  }

  #peek(): string {
    return this.#tokens[this.#next] ?? '';
  }

  #take(): string {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }
}

function isWord(token: string): boolean {
  return token !== '' && !symbols.includes(token);
}

function checkedValue(key: string, value: string): string {
  for (const fact of labelValueProblems(value))
    throw unparsable(`values[0][${key}]: Invalid value: "${value}": ${fact}`);
  return value;
}

function integerValue(value: string): string {
  if (/^-?\d+$/.test(value)) return value;
  throw unparsable(`values[0]: Invalid value: "${value}": for 'Gt', 'Lt' operators, the value must be an integer`);
}

function unparsable(fact: string): Error {
  return badRequest(`unable to parse requirement: ${fact}`);
}
