// SPDX-License-Identifier: Apache-2.0
import type { MatchCondition, StringMatch } from '../api/rollout-spec.js';
import { callText } from './eskip-text.js';
import { goRegexpProblem } from './go-regexp-syntax.js';

/** An entry of `spec.analysis.match` as Skipper's predicates, all of which must hold. */
export interface MatchReading {
  readonly predicates: readonly string[];
  /** Why Skipper cannot express it: sentences that name the field. */
  readonly problems: readonly string[];
}

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const controlCharacter = /\p{Cc}/u;

/** Reads the conditions of an A/B test; the entries are alternatives. */
export function readMatch(match: readonly MatchCondition[]): readonly MatchReading[] {
  return match.map((condition, index) => readCondition(condition, `spec.analysis.match[${index}]`));
}

function readCondition({ headers, queryParams, sourceLabels }: MatchCondition, field: string): MatchReading {
  const parts = [
    ...sorted(headers).map(([name, value]) => readHeader(name, value, `${field}.headers.${name}`)),
    ...sorted(queryParams).map(([name, value]) => readQueryParam(name, value, `${field}.queryParams.${name}`)),
  ];
  return {
    predicates: parts.flatMap(({ predicates }) => predicates),
    problems: [
      ...(Object.keys(sourceLabels).length > 0
        ? [
            `${field}.sourceLabels cannot be expressed in Skipper, which does not know the caller; match headers instead`,
          ]
        : []),
      ...(parts.length === 0 && Object.keys(sourceLabels).length === 0
        ? [`${field} has no condition on headers or queryParams, so it would match everybody; add one`]
        : []),
      ...parts.flatMap(({ problems }) => problems),
    ],
  };
}

function sorted(record: Readonly<Record<string, StringMatch>>): readonly (readonly [string, StringMatch])[] {
  return Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1));
}

function readHeader(name: string, value: StringMatch, field: string): MatchReading {
  if (!headerName.test(name)) return refused(`${field} is no header name; correct it`);
  if (name.toLowerCase() === 'host') {
    return refused(`${field} cannot be matched as a header; name the host in a rule of the Ingress`);
  }
  const expressions = expressionsOf(value);
  return {
    predicates: [
      ...(value.exact === undefined ? [] : [callText('Header', name, value.exact)]),
      ...expressions.map((expression) => callText('HeaderRegexp', name, expression)),
      // Without any condition the header must only be there.
      ...(value.exact === undefined && expressions.length === 0 ? [callText('HeaderRegexp', name, '')] : []),
    ],
    problems: valueProblems(value, field),
  };
}

function readQueryParam(name: string, value: StringMatch, field: string): MatchReading {
  const expressions = [
    ...(value.exact === undefined ? [] : [`^${quoteExpression(value.exact)}$`]),
    ...expressionsOf(value),
  ];
  return {
    predicates:
      expressions.length === 0
        ? [callText('QueryParam', name)]
        : expressions.map((expression) => callText('QueryParam', name, expression)),
    problems: valueProblems(value, field),
  };
}

function refused(problem: string): MatchReading {
  return { predicates: [], problems: [problem] };
}

function expressionsOf({ prefix, suffix, regex }: StringMatch): readonly string[] {
  return [
    ...(prefix === undefined ? [] : [`^${quoteExpression(prefix)}`]),
    ...(suffix === undefined ? [] : [`${quoteExpression(suffix)}$`]),
    ...(regex === undefined ? [] : [wholeValue(regex)]),
  ];
}

/** Skipper searches, users of Flagger expect the whole value to match. Flags stay in front, where everybody looks for them. */
function wholeValue(regex: string): string {
  const [flags = ''] = /^\(\?[is]+\)/.exec(regex) ?? [];
  return `${flags}^(?:${regex.slice(flags.length)})$`;
}

/** An expression that matches exactly this text. */
export function quoteExpression(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

function valueProblems(value: StringMatch, field: string): readonly string[] {
  const texts = Object.entries(value).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const regexProblem = value.regex === undefined ? undefined : goRegexpProblem(value.regex);
  return [
    ...texts
      .filter(([, text]) => controlCharacter.test(text))
      .map(([kind]) => `${field}.${kind} holds a control character, which no request carries; remove it`),
    ...(regexProblem === undefined ? [] : [`${field}.regex ${regexProblem}; rewrite it in RE2 syntax`]),
  ];
}
