// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

import { malformedAnswer } from './http-source.js';
import { MetricQueryError, shownBody } from './provider.js';

/** The answer of /query. The first column of a series is its time. */
export const InfluxQlAnswer = z.object({
  results: z
    .array(
      z.object({
        error: z.string().optional(),
        series: z.array(z.object({ columns: z.array(z.string()), values: z.array(z.array(z.unknown())) })).optional(),
      }),
    )
    .default([]),
});
export type InfluxQlAnswer = z.infer<typeof InfluxQlAnswer>;

/**
 * The number in the first row of each series, NaN for null.
 * @throws MetricQueryError when a statement failed or a series has no number
 */
export function influxQlNumbers({ results }: InfluxQlAnswer, body: string): readonly number[] {
  return results.flatMap(({ error, series = [] }) => {
    if (error !== undefined) throw new MetricQueryError(`error response: ${shownBody(error)}`);
    return series.flatMap(({ columns, values }) => {
      if (columns.length > 2) throw new MetricQueryError('query returned multiple values');
      return values.slice(0, 1).map(([, value]) => numberOf(value, body));
    });
  });
}

function numberOf(value: unknown, body: string): number {
  if (value === null) return Number.NaN;
  if (typeof value !== 'number') throw malformedAnswer('a value that is no number', body);
  return value;
}
