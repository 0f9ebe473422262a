// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

import { malformedAnswer, parseAnswer } from './http-source.js';
import { MetricQueryError, shownBody } from './provider.js';

const Series = z.object({ columns: z.array(z.string()), values: z.array(z.array(z.unknown())) });

/** The answer of /query, one result per statement. */
const Answer = z.object({
  results: z.array(z.object({ error: z.string().optional(), series: z.array(Series).default([]) })),
});

/** The series of an answer. @throws MetricQueryError when it is no such answer or a statement failed */
export function influxQlSeries(body: string): readonly z.infer<typeof Series>[] {
  return parseAnswer(body, Answer).results.flatMap(({ error, series }) => {
    if (error !== undefined) throw new MetricQueryError(`error response: ${shownBody(error)}`);
    return series;
  });
}

/**
 * The number in the first row of each series, NaN for null. The first column is the time.
 * @throws MetricQueryError as `influxQlSeries`, and when a series has several columns or no number
 */
export function influxQlNumbers(body: string): readonly number[] {
  return influxQlSeries(body).flatMap(({ columns, values }) => {
    if (columns.length > 2) throw new MetricQueryError('query returned multiple values');
    return values.slice(0, 1).map(([, value]) => numberOf(value, body));
  });
}

function numberOf(value: unknown, body: string): number {
  if (value === null) return Number.NaN;
  if (typeof value !== 'number') throw malformedAnswer('a value that is no number', body);
  return value;
}
