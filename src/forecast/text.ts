// SPDX-License-Identifier: Apache-2.0
import { durationText, stopwatch } from './duration-text.js';
import type { Forecast, Outcome, Refusal, Trouble } from './report.js';
import { placeText, rowsOf, type Row } from './text-rows.js';

const width = 120;
const indent = '  ';

/** A forecast for people: header, timeline, end. Ends with a line break. */
export function forecastText(forecast: Forecast): string {
  const sections = [header(forecast), remarks(forecast), timeline(rowsOf(forecast)), ending(forecast)];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** What stands in the way, one thing a line. */
export function refusalText({ canary, problems }: Refusal): string {
  return `Canary ${canary.name}.${canary.namespace} starts no rollout:\n${problems.map((text) => `  ${text}\n`).join('')}`;
}

function header(forecast: Forecast): readonly string[] {
  const { canary, target, intervalSeconds, threshold, strategy } = forecast;
  const pace = [
    `a check every ${durationText(intervalSeconds * 1_000)}`,
    `rolled back after ${count(threshold, 'failed check')}`,
  ];
  const facts = [`${target.kind} ${target.name}`, strategyText(forecast), ...(strategy === 'none' ? [] : pace)];
  return [`Canary ${canary.name}.${canary.namespace}`, facts.join(' · '), `New revision: ${revisionText(forecast)}`];
}

const strategyNames = {
  canary: 'canary',
  'a/b': 'A/B test',
  'blue/green': 'blue/green',
  none: 'no analysis',
} as const satisfies Record<Forecast['strategy'], string>;

function strategyText({ strategy, provider, steps }: Forecast): string {
  const mirrored = steps.some(({ seenBy }) => seenBy.kind === 'copies') ? ' with mirroring' : '';
  const affinity = steps.some(({ seenBy }) => seenBy.kind === 'share' && seenBy.sticky) ? ' with session affinity' : '';
  return `${strategyNames[strategy]}${mirrored}${affinity}${provider === 'kubernetes' ? ' without routes' : ''}`;
}

function revisionText({ revision }: Forecast): string {
  const { errorPercent, latencyMs, noTraffic, notReady, failingHook, values } = revision;
  const faults = [
    ...(errorPercent > 0 ? [`${errorPercent} % of its requests fail`] : []),
    ...(latencyMs === undefined ? [] : [`every request takes ${durationText(latencyMs)}`]),
    ...(noTraffic ? ['nobody asks for anything'] : []),
    ...(notReady ? ['its pods never become ready'] : []),
    ...(failingHook === undefined ? [] : [`webhook ${failingHook} refuses it`]),
    ...Object.entries(values).map(([name, value]) => `${name} is ${value}`),
  ];
  return faults.length === 0 ? 'good' : faults.join(', ');
}

function remarks({ assumptions, warnings, steps }: Forecast): readonly string[] {
  const conditions = steps.flatMap(({ seenBy }) => (seenBy.kind === 'matching' ? [seenBy.conditions] : []))[0] ?? [];
  return [
    ...labelled(
      'assumed',
      assumptions.map(({ about, text }) => `${about}: ${text}`),
    ),
    ...labelled('match', conditions),
    ...labelled('warning', warnings),
  ];
}

const labelWidth = 9;

function labelled(label: string, texts: readonly string[]): readonly string[] {
  return texts.flatMap((text, index) => hang(`${indent}${(index === 0 ? label : '').padEnd(labelWidth)}`, text));
}

function timeline(rows: readonly Row[]): readonly string[] {
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.flatMap((row) => {
    const what = row[5];
    const cells = row.slice(0, 5).map((cell, column) => {
      const size = widths[column] ?? 0;
      return column === 0 ? cell.padStart(size) : cell.padEnd(size);
    });
    return hang(`${indent}${cells.join('  ')}  `, what);
  });
}

/** The text behind the head, broken at spaces, all of it to the right of the head. */
function hang(head: string, text: string): readonly string[] {
  const lines: string[] = [];
  let line = head;
  for (const word of text.split(' ')) {
    const isFull = line.length + word.length > width && line.trimEnd().length > head.length;
    if (isFull) {
      lines.push(line.trimEnd());
      line = ' '.repeat(head.length);
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

function ending(forecast: Forecast): readonly string[] {
  const { outcome, wouldRollBack } = forecast;
  return [
    resultText(outcome, forecast),
    ...wouldRollBack.flatMap((trouble) => hang('', troubleText(trouble, forecast))),
  ];
}

function resultText(outcome: Outcome, forecast: Forecast): string {
  const at = stopwatch(outcome.atSeconds);
  const exposure = exposureText(outcome, forecast);
  switch (outcome.result) {
    case 'promoted':
      return `Promoted after ${at}. Before that, ${exposure}.`;
    case 'rolledBack':
      return `Rolled back after ${at}${reasonText(outcome)}: ${exposure}.`;
    case 'unfinished':
      return `Neither promoted nor rolled back after ${at}${reasonText(outcome)}: ${exposure}.`;
  }
}

function reasonText({ reason }: Outcome): string {
  if (reason === undefined) return '';
  const checks = /^failed checks threshold reached (\d+)$/.exec(reason)?.[1];
  return ` (${checks === undefined ? reason : count(Number(checks), 'failed check')})`;
}

function exposureText({ mostPercent, exposedSeconds }: Outcome, { strategy }: Forecast): string {
  const time = stopwatch(exposedSeconds);
  if (mostPercent === 100) return `everybody saw it, for ${time} in all`;
  if (mostPercent > 0) return `at most ${mostPercent} % of users saw it, for ${time} in all`;
  if (strategy === 'a/b' && exposedSeconds > 0) return `only users who match saw it, for ${time}`;
  return 'no user saw it';
}

function troubleText({ fromSeconds, weight, iteration, outcome }: Trouble, forecast: Forecast): string {
  const place = placeText({ weight, iteration, phase: 'Progressing' });
  const at = stopwatch(outcome.atSeconds);
  const beginning = `If its checks fail from ${place} on (${stopwatch(fromSeconds)}), it is`;
  if (outcome.result !== 'rolledBack') return `${beginning} not rolled back.`;
  return `${beginning} rolled back at ${at}, after ${reasonText(outcome).slice(2, -1)}: ${exposureText(outcome, forecast)}.`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
