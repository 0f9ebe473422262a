// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

import { malformedAnswer } from './http-source.js';
import { MetricQueryError } from './provider.js';

/** A row of a result: numbers under the names of the functions that gave them. */
export const NrqlRow = z.record(z.string(), z.unknown());
export type NrqlRow = z.infer<typeof NrqlRow>;

/** What a row says besides its numbers. */
const labels: ReadonlySet<string> = new Set(['facet', 'beginTimeSeconds', 'endTimeSeconds']);

const quoted = /'(?:[^'\\]|\\[^])*'|`[^`]*`/g;

/** A query with the range that it lacks. */
export function withSince(query: string, intervalMs: number): string {
  const nrql = query.trim();
  if (/\bsince\b/i.test(nrql.replace(quoted, ''))) return nrql;
  return `${nrql} SINCE ${Math.max(1, Math.round(intervalMs / 1_000))} seconds ago`;
}

/**
 * The one number of a row, whatever its name; NaN when it is null, as an average of nothing is.
 * @throws MetricQueryError when there is none, or several
 */
export function rowNumber(row: NrqlRow, body: string): number {
  if ('result' in row) return typeof row.result === 'number' ? row.result : Number.NaN;
  const named = Object.entries(row).filter(([name]) => !labels.has(name));
  const numbers = named.flatMap(([, value]) => numbersIn(value));
  if (numbers.length > 1) throw new MetricQueryError('query returned multiple values');
  if (numbers[0] === undefined) throw malformedAnswer('a result without a number', body);
  return numbers[0];
}

/** Percentiles come as an object with one number per percentile. */
function numbersIn(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value];
  if (value === null) return [Number.NaN];
  return typeof value === 'object' ? Object.values(value).flatMap(numbersIn) : [];
}
