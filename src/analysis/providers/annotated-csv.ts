// SPDX-License-Identifier: Apache-2.0

/** A row of a table, its cells by column name. An empty cell holds the column's default. */
export interface CsvRow {
  /** Number of the block of tables with equal columns, from 0. */
  readonly block: number;
  readonly cells: ReadonlyMap<string, string>;
  /** Flux type of each column, such as "double". */
  readonly types: ReadonlyMap<string, string>;
}

/** A text that is no CSV. */
export class CsvError extends Error {}

/** A field with what ends it: a comma, a line break or the end of the text. */
const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/**
 * Reads InfluxDB's annotated CSV: blocks of annotation lines ("#datatype,…"), a header line and rows.
 * @throws CsvError
 */
export function parseAnnotatedCsv(text: string): readonly CsvRow[] {
  const rows: CsvRow[] = [];
  let block = -1;
  let annotations = new Map<string, readonly string[]>();
  let columns: readonly string[] | undefined;
  for (const line of parseLines(text)) {
    const [first = ''] = line;
    // An empty line ends a block whose successor may have no annotations.
    if (line.length === 1 && first === '') columns = undefined;
    else if (first.startsWith('#')) {
      if (columns !== undefined) annotations = new Map();
      columns = undefined;
      annotations.set(first, line);
    } else if (columns === undefined) {
      // The first column is that of the annotations: nothing else looks like this.
      if (first !== '' || line.length < 2) throw new CsvError('no header line');
      columns = line;
      block += 1;
    } else rows.push(rowOf(block, columns, line, annotations));
  }
  return rows;
}

function rowOf(
  block: number,
  columns: readonly string[],
  line: readonly string[],
  annotations: ReadonlyMap<string, readonly string[]>,
): CsvRow {
  if (line.length !== columns.length)
    throw new CsvError(`a row of ${line.length} fields below ${columns.length} columns`);
  const datatypes = annotations.get('#datatype') ?? [];
  const defaults = annotations.get('#default') ?? [];
  const cell = (index: number): string => (index > 0 && line[index] === '' ? defaults[index] : line[index]) ?? '';
  return {
    block,
    cells: new Map(columns.map((name, index) => [name, cell(index)])),
    types: new Map(columns.map((name, index) => [name, datatypes[index] ?? ''])),
  };
}

function* parseLines(text: string): Generator<readonly string[]> {
  let line: string[] = [];
  field.lastIndex = 0;
  for (let position = 0; position < text.length; position = field.lastIndex) {
    field.lastIndex = position;
    const match = field.exec(text);
    if (match === null) throw new CsvError('broken quotes or line ends');
    const [, quoted, plain = '', end = ''] = match;
    line.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') {
      if (field.lastIndex >= text.length) line.push('');
      else continue;
    }
    yield line;
    line = [];
  }
}
