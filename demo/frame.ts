// SPDX-License-Identifier: Apache-2.0
import type { VariantRate } from './route-counters.js';

/*
 * What the demo shows at one moment, as text. Pure.
 */

export interface VariantView {
  readonly name: 'primary' | 'canary';
  readonly version: string;
  readonly weight: number;
  readonly rate: VariantRate | undefined;
}

export interface SaidLine {
  readonly atMs: number;
  readonly type: string;
  readonly message: string;
}

export interface DemoView {
  readonly elapsedMs: number;
  /** What happens now. */
  readonly act: string;
  readonly phase: string;
  readonly failedChecks: number;
  readonly threshold: number;
  readonly variants: readonly VariantView[];
  readonly said: readonly SaidLine[];
  readonly visits: number;
  readonly failedVisits: number;
}

const barCells = 30;
/** Events below the bars. */
const shownEvents = 12;

/** The whole screen, line by line. */
export function renderFrame(view: DemoView): readonly string[] {
  const { elapsedMs, act, phase, failedChecks, threshold } = view;
  const checks = failedChecks === 0 ? '' : `, ${failedChecks} of ${threshold} failed checks`;
  return [
    `${bold('flagger-skipper')}  a canary release in a sandbox on this machine${pad(timeText(elapsedMs), 12, 'left')}`,
    '',
    ` ${act}`,
    '',
    ` Canary podinfo.test  ${bold(phase === '' ? '-' : phase)}${checks}`,
    '',
    ...view.variants.map(variantLine),
    '',
    dim(` visitors of app.example.com: ${view.visits} requests, ${view.failedVisits} failed`),
    '',
    ...view.said.slice(-shownEvents).map(saidLine),
  ];
}

function variantLine({ name, version, weight, rate }: VariantView): string {
  const filled = Math.round((weight / 100) * barCells);
  const bar = colour(name === 'primary' ? 32 : 33, '█'.repeat(filled)) + dim('░'.repeat(barCells - filled));
  return `   ${pad(name, 8)} ${pad(version, 7)} ${bar} ${pad(String(weight), 3, 'left')} %   ${rateText(rate)}`;
}

function rateText(rate: VariantRate | undefined): string {
  if (rate === undefined) return dim('no requests');
  const success = `${rate.successPercent.toFixed(2).padStart(6)} % ok`;
  const text = `${rate.meanMs.toFixed(1).padStart(6)} ms  ${rate.perSecond.toFixed(0).padStart(3)} req/s`;
  return `${rate.successPercent < 99 ? colour(31, success) : success}  ${text}`;
}

/** One line for output that is no terminal. */
export function plainStatus({ phase, variants, failedChecks }: DemoView): string {
  const parts = variants.map(({ name, version, weight, rate }) => {
    const served =
      rate === undefined ? 'no requests' : `${rate.successPercent.toFixed(2)} % ok, ${rate.meanMs.toFixed(1)} ms`;
    return `${name} ${version} ${weight} % (${served})`;
  });
  return `${phase === '' ? '-' : phase}: ${parts.join(', ')}${failedChecks === 0 ? '' : `, failed checks ${failedChecks}`}`;
}

function saidLine({ atMs, type, message }: SaidLine): string {
  const text = ` ${timeText(atMs)}  ${pad(type, 8)} ${message}`;
  return type === 'Warning' ? colour(33, text) : text;
}

/** "1:05". */
export function timeText(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function pad(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  return side === 'left' ? text.padStart(width) : text.padEnd(width);
}

function colour(code: number, text: string): string {
  return text === '' ? '' : `\u001b[${code}m${text}\u001b[0m`;
}

function bold(text: string): string {
  return colour(1, text);
}

function dim(text: string): string {
  return colour(2, text);
}
