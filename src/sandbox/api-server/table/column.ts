// SPDX-License-Identifier: Apache-2.0
import type { ServedObject } from '../served-object.js';

/** A cell of a table as JSON. */
export type Cell = string | number | boolean | null;

/** A column that `kubectl get` shows. */
export interface TableColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format: '' | 'name';
  /** Greater than zero: only with -o wide. */
  readonly priority: number;
  readonly description: string;
  /** @param nowMs the server's time, for ages */
  readonly cell: (object: ServedObject, nowMs: number) => Cell;
}

export function column(name: string, cell: TableColumn['cell'], options: Partial<TableColumn> = {}): TableColumn {
  return { name, type: 'string', format: '', priority: 0, description: '', cell, ...options };
}

export const nameColumn = column('Name', ({ metadata }) => metadata.name, { format: 'name' });
export const ageColumn = column('Age', ({ metadata }, nowMs) => ageText(metadata.creationTimestamp, nowMs));

/** Only with -o wide. */
export const wide = { priority: 1 } as const;
export const integer = { type: 'integer' } as const;

/** How long ago something was, in the coarse form that kubectl shows: 45s, 3m20s, 5h12m, 2d3h, 40d. */
export function ageText(time: unknown, nowMs: number): string {
  const since = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(since)) return '<unknown>';
  return durationText(Math.floor((nowMs - since) / 1_000));
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

type Unit = readonly [seconds: number, symbol: string];

/** Up to how many seconds a duration is told in which units. */
const scales: readonly (readonly [limit: number, large: Unit, small?: Unit])[] = [
  [2 * minute, [1, 's']],
  [10 * minute, [minute, 'm'], [1, 's']],
  [3 * hour, [minute, 'm']],
  [8 * hour, [hour, 'h'], [minute, 'm']],
  [2 * day, [hour, 'h']],
  [8 * day, [day, 'd'], [hour, 'h']],
  [2 * year, [day, 'd']],
  [8 * year, [year, 'y'], [day, 'd']],
  [Infinity, [year, 'y']],
];

function durationText(seconds: number): string {
  if (seconds < 0) return seconds < -1 ? '<invalid>' : '0s';
  const [, large, small] = scales.find(([limit]) => seconds < limit) ?? [Infinity, [1, 's'] as const];
  const rest = small === undefined ? 0 : Math.floor((seconds % large[0]) / small[0]);
  return `${Math.floor(seconds / large[0])}${large[1]}${rest === 0 ? '' : `${rest}${small?.[1] ?? ''}`}`;
}
