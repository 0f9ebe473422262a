// SPDX-License-Identifier: Apache-2.0
import { CsvError, parseAnnotatedCsv, type CsvRow } from './annotated-csv.js';
import { malformedAnswer } from './http-source.js';
import { MetricQueryError, shownBody } from './provider.js';

const numberTypes: ReadonlySet<string> = new Set(['double', 'long', 'unsignedLong', '']);

/** The rows of a Flux result. @throws MetricQueryError when it is an error or no CSV */
export function fluxRows(body: string): readonly CsvRow[] {
  const rows = parse(body);
  const error = rows.find(({ cells }) => cells.has('error') && cells.has('reference'))?.cells.get('error');
  if (error !== undefined) throw new MetricQueryError(`error response: ${shownBody(error)}`);
  return rows;
}

/**
 * The `_value` of the first row of each table of a Flux result, NaN where it is null.
 * @throws MetricQueryError as `fluxRows`, and when a value is no number
 */
export function fluxNumbers(body: string): readonly number[] {
  const tables = new Map<string, CsvRow>();
  for (const row of fluxRows(body)) {
    const table = `${row.block} ${row.cells.get('result') ?? ''} ${row.cells.get('table') ?? ''}`;
    if (!tables.has(table)) tables.set(table, row);
  }
  return [...tables.values()].map((row) => rowNumber(row, body));
}

function parse(body: string): readonly CsvRow[] {
  try {
    return parseAnnotatedCsv(body);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw malformedAnswer(error.message, body);
  }
}

function rowNumber({ cells, types }: CsvRow, body: string): number {
  const value = cells.get('_value');
  if (value === undefined) throw malformedAnswer('no column _value', body);
  const type = types.get('_value') ?? '';
  if (value === '') return Number.NaN;
  const number = Number(value);
  // Flux writes NaN and infinities as texts, which are no values here.
  const isNumber = numberTypes.has(type) && (!Number.isNaN(number) || /^[+-]?(?:nan|inf)/i.test(value));
  if (!isNumber) throw malformedAnswer(`a value of type ${type === '' ? 'text' : type}`, body);
  return number;
}
