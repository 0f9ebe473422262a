// SPDX-License-Identifier: Apache-2.0
import { equalsAny, isLess, pairOf } from './comparison.js';
import { escapeHtml, escapeJs, escapeQuery } from './escape.js';
import { printf } from './printf.js';
import { sliceOf, indexInto, lengthOf } from './sequence.js';
import { FunctionError, type TemplateFunction } from './template-function.js';
import { actionText, boolValue, isTrue, nil, plainText, stringValue, typeName, type Value } from './value.js';

/** Go's predefined functions. */
export const builtins: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['and', { arity: 1, isVariadic: true, stopsAt: false, call: lastOf }],
  ['or', { arity: 1, isVariadic: true, stopsAt: true, call: lastOf }],
  ['not', { arity: 1, isVariadic: false, call: ([value = nil]) => boolValue(!isTrue(value)) }],
  ['eq', { arity: 1, isVariadic: true, call: ([first = nil, ...rest]) => boolValue(equalsAny(first, rest)) }],
  ['ne', comparison((left, right) => !equalsAny(left, [right]))],
  ['lt', comparison(isLess)],
  ['le', comparison((left, right) => isLess(left, right) || equalsAny(left, [right]))],
  ['gt', comparison((left, right) => !isLess(left, right) && !equalsAny(left, [right]))],
  ['ge', comparison((left, right) => !isLess(left, right))],
  ['len', { arity: 1, isVariadic: false, call: ([value = nil]) => lengthOf(value) }],
  ['index', { arity: 1, isVariadic: true, call: ([item = nil, ...keys]) => indexInto(item, keys) }],
  ['slice', { arity: 1, isVariadic: true, call: ([item = nil, ...bounds]) => sliceOf(item, bounds) }],
  ['call', { arity: 1, isVariadic: true, call: refuseCall }],
  ['print', textFunction(print)],
  ['println', textFunction((args) => `${args.map(plainText).join(' ')}\n`)],
  ['printf', { arity: 1, isVariadic: true, takesFormat: true, call: formatted }],
  ['html', textFunction((args) => escapeHtml(joined(args)))],
  ['js', textFunction((args) => escapeJs(joined(args)))],
  ['urlquery', textFunction((args) => escapeQuery(joined(args)))],
]);

function comparison(test: (left: Value, right: Value) => boolean): TemplateFunction {
  return { arity: 2, isVariadic: false, call: (args) => boolValue(test(...pairOf(args))) };
}

function textFunction(format: (args: readonly Value[]) => string): TemplateFunction {
  return { arity: 0, isVariadic: true, call: (args) => stringValue(format(args)) };
}

function lastOf(args: readonly Value[]): Value {
  return args.at(-1) ?? nil;
}

/** Arguments side by side, with a blank between two that are no strings. */
function print(args: readonly Value[]): string {
  return args
    .map((value, index) => {
      const previous = args[index - 1];
      const isApart = previous !== undefined && previous.kind !== 'string' && value.kind !== 'string';
      return (isApart ? ' ' : '') + plainText(value);
    })
    .join('');
}

/** What the escaping functions escape: as `print`, but an absent value reads as an action prints it. */
function joined(args: readonly Value[]): string {
  return print(args.map((value) => (value.kind === 'nil' ? stringValue(actionText(value)) : value)));
}

function formatted([format = nil, ...args]: readonly Value[]): Value {
  return stringValue(printf(plainText(format), args));
}

/** No value of a metric template is a function. */
function refuseCall([callee = nil]: readonly Value[]): Value {
  if (callee.kind === 'nil') throw new FunctionError('call of nil');
  throw new FunctionError(`non-function ${plainText(callee)} of type ${typeName(callee)}`);
}
