// SPDX-License-Identifier: Apache-2.0
import { sameJson } from '../lib/hash.js';
import { stopwatch } from './duration-text.js';
import type { Audience, Check, Forecast, Question, Step } from './report.js';

/** A line of the timeline: columns, of which the last may be long. */
export type Row = readonly [time: string, phase: string, place: string, bar: string, who: string, what: string];

/** The steps of a rollout, with the checks that did not pass below the step that they judge. */
export function rowsOf({ steps, threshold }: Pick<Forecast, 'steps' | 'threshold'>): readonly Row[] {
  let asked: readonly Question[] = [];
  return steps.flatMap((step, index) => {
    const isRepeated = step.asks.length > 0 && sameJson(step.asks, asked);
    if (step.asks.length > 0) asked = step.asks;
    const asks = isRepeated ? 'the same' : questionsText(step.asks);
    const texts = [happening(step, steps[index - 1]), asks === '' ? '' : `asks ${asks}`];
    const row: Row = [
      stopwatch(step.atSeconds),
      step.phase,
      placeText(step),
      bar(step.seenBy),
      whoText(step.seenBy),
      texts.filter((text) => text !== '').join('; '),
    ];
    return [row, ...checkRows(step.checks, threshold)];
  });
}

/** "weight 10" or "iteration 2"; nothing where neither means anything. */
export function placeText({ weight, iteration, phase }: Pick<Step, 'weight' | 'iteration' | 'phase'>): string {
  if (iteration > 0) return `iteration ${iteration}`;
  return phase === 'Progressing' || phase === 'WaitingPromotion' || phase === 'Promoting' ? `weight ${weight}` : '';
}

function happening({ phase, weight, iteration, seenBy }: Step, before: Step | undefined): string {
  const isAtStart = weight === 0 && iteration === 0 && seenBy.kind === 'nobody';
  switch (phase) {
    case 'Progressing':
      if (!isAtStart) return '';
      return isAnalysis(before) ? 'back to the primary; the pods wait for Skipper' : 'its pods start';
    case 'Promoting':
      return 'the primary takes it over';
    case 'Finalising':
      return 'back to the primary; the pods wait for Skipper';
    case 'Succeeded':
      return 'promoted';
    case 'Failed':
      return 'rolled back';
    default:
      return '';
  }
}

function isAnalysis(step: Step | undefined): boolean {
  return step?.phase === 'Progressing' || step?.phase === 'WaitingPromotion';
}

const barWidth = 10;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

function bar(audience: Audience): string {
  switch (audience.kind) {
    case 'nobody':
    case 'copies':
      return '░'.repeat(barWidth);
    case 'matching':
      return '▒'.repeat(barWidth);
    case 'share':
      return filled(audience.percent);
    case 'everybody':
      return filled(100);
  }
}

function filled(percent: number): string {
  // The least share is seen, too.
  const cells = Math.max(percent > 0 ? 1 : 0, Math.round((percent / 100) * barWidth * 8));
  return `${'█'.repeat(Math.floor(cells / 8))}${eighths[cells % 8] ?? ''}`.padEnd(barWidth, '░');
}

function whoText(audience: Audience): string {
  switch (audience.kind) {
    case 'nobody':
      return 'no user';
    case 'copies':
      return 'no user, copies only';
    case 'share':
      return `${audience.percent} % of ${audience.sticky ? 'new users' : 'users'}`;
    case 'matching':
      return 'users who match';
    case 'everybody':
      return 'everybody';
  }
}

/** Metrics with their ranges, then webhooks. */
export function questionsText(questions: readonly Question[]): string {
  const metrics = questions.flatMap((question) =>
    question.kind === 'metric' ? [`${question.name} ${boundText(question.bound)}`] : [],
  );
  const hooks = questions.flatMap((question) => (question.kind === 'webhook' ? [hookText(question)] : []));
  return [metrics.join(', '), hooks.join(', ')].filter((text) => text !== '').join('; ');
}

function boundText(bound: string): string {
  return bound.replaceAll('>=', '≥').replaceAll('<=', '≤');
}

function hookText({ name, type }: Extract<Question, { readonly kind: 'webhook' }>): string {
  if (type.startsWith('confirm-')) return `gate ${name} (${type})`;
  return type === 'rollout' ? `hook ${name}` : `${type} hook ${name}`;
}

/** Checks that did not pass; those that say the same one after the other are one line. */
function checkRows(checks: readonly Check[], threshold: number): readonly Row[] {
  const groups: Check[][] = [];
  for (const check of checks.filter(({ result }) => result !== 'passed')) {
    const group = groups.at(-1);
    if (group?.[0]?.result === check.result && group[0].message === check.message) group.push(check);
    else groups.push([check]);
  }
  return groups.flatMap((group) => groupRows(group, threshold));
}

function groupRows(group: readonly Check[], threshold: number): readonly Row[] {
  const [first, ...others] = group;
  const last = others.at(-1);
  if (first === undefined) return [];
  const row: Row = [
    stopwatch(first.atSeconds),
    '',
    '',
    '',
    '',
    `${verdictText(first, threshold)}${messageText(first)}`,
  ];
  if (last === undefined) return [row];
  const again = others.length === 1 ? 'the same again' : `the same ${others.length} times more`;
  return [row, [stopwatch(last.atSeconds), '', '', '', '', `${again}${countText(last, threshold)}`]];
}

function verdictText(check: Check, threshold: number): string {
  switch (check.result) {
    case 'failed':
      return `check fails${countText(check, threshold)}: `;
    case 'closed':
      return 'waits: ';
    default:
      return '';
  }
}

function countText({ result, failedChecks }: Check, threshold: number): string {
  return result === 'failed' ? ` (${failedChecks} of ${threshold})` : '';
}

/** Without what stands in the header already. */
function messageText({ message = '' }: Check): string {
  return message.replace(/^Halt (?:\S+ )?advancement /, '');
}
