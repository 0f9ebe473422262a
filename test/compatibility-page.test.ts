// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { customResourceDefinitions } from '../src/api/crds.js';
import { foreignFieldPaths } from '../src/api/fields-without-effect.js';

const page = readFileSync('docs/compatibility.md', 'utf8');

/** Rows of all tables of the page, as their cells. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.slice(2, -2).split(' | '));

/** A node of an OpenAPI schema, as far as it says which fields there are. */
interface Node {
  readonly properties?: Readonly<Record<string, Node>> | undefined;
  readonly items?: Node | undefined;
  readonly additionalProperties?: unknown;
}
const Node: z.ZodType<Node> = z.object({
  get properties() {
    return z.record(z.string(), Node).optional();
  },
  get items() {
    return Node.optional();
  },
  additionalProperties: z.unknown().optional(),
});

/** Every field of the schema that has no further ones, such as `spec.analysis.metrics[].name`; lists of texts as their own. */
function fieldsOf(node: Node, path: string): readonly string[] {
  if (node.properties !== undefined) {
    return Object.entries(node.properties).flatMap(([name, member]) =>
      fieldsOf(member, path === '' ? name : `${path}.${name}`),
    );
  }
  if (node.items?.properties !== undefined) return fieldsOf(node.items, `${path}[]`);
  const values = Node.safeParse(node.additionalProperties).data;
  return values?.properties === undefined ? [path] : fieldsOf(values, `${path}.*`);
}

/** The fields that a cell such as "`spec.a.b`, `.c`" names. */
function namedFields(cell: string): readonly string[] {
  const [first = '', ...others] = [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  const parent = first.slice(0, first.lastIndexOf('.'));
  return [first, ...others.map((name) => parent + name)];
}

const fieldRows = rows.filter(([cell = '']) => /^`(spec|status)\./.test(cell));
const defectRows = rows.filter(([cell = '']) => /^D\d+b?$/.test(cell));

describe('docs/compatibility.md', () => {
  it('says of every field of a Canary what it does here, and of no other', () => {
    const schema = customResourceDefinitions()[0]?.spec.versions[0]?.schema.openAPIV3Schema;
    const fields = fieldsOf(Node.parse(schema), '');
    const named = fieldRows.flatMap(([cell = '']) => namedFields(cell));
    expect([...named].sort()).toEqual([...fields].sort());
  });

  it('marks exactly the fields that no provider reads as without effect', () => {
    const idle = fieldRows
      .filter(([, effect = '']) => effect.startsWith('No effect'))
      .flatMap(([cell = '']) => namedFields(cell));
    const topmost = idle.map((field) => field.replace(/^(spec\.(?:routeRef|upstreamRef)).*/, '$1'));
    expect([...new Set(topmost)].sort()).toEqual([...foreignFieldPaths].sort());
  });

  it('lists every known defect of Flagger', () => {
    const numbers = Array.from({ length: 55 }, (_, index) => `D${index + 1}`);
    expect(defectRows.map(([id]) => id)).toEqual(
      numbers.flatMap((id) => (['D1', 'D2', 'D3'].includes(id) ? [id, `${id}b`] : [id])),
    );
  });

  it.each(defectRows)('%s: %s', (id, _, link) => {
    const [, file = ''] = /\]\(\.\.\/([^)]+)\)/.exec(link) ?? [];
    const names = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => !/^\s*(\/\/|\*)/.test(line));
    expect(names.filter((line) => new RegExp(`\\b${id}\\b`).test(line))).not.toEqual([]);
  });
});
