// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, listAt, textAt, type Answer, type ContractClient } from './cluster.js';
import { inNamespace } from './objects.js';
import type { Row } from './tables.js';

/** What a real API server answered, by the name of the row. hack/record-contract.ts writes the files. */
export type Recorded = Readonly<Record<string, Answer>>;

export const recordedFolder = join(import.meta.dirname, 'recorded');

export function readRecorded(name: 'admitted' | 'refused'): Recorded {
  // Parse boundary: the file is written by the recorder in this form.
  return JSON.parse(readFileSync(join(recordedFolder, `${name}.json`), 'utf8')) as Recorded;
}

/** Creates the object of a row as a dry run, so that nothing else in the cluster reacts to it, and returns what can be compared. */
export async function answerTo(client: ContractClient, row: Row, namespace: string): Promise<Answer> {
  const { group, resource, isClusterWide } = row;
  const path = isClusterWide === true ? `${group}/${resource}` : inNamespace(group, resource, namespace);
  const query = row.query ?? '?dryRun=All';
  const object: unknown = JSON.parse(JSON.stringify(row.object).replaceAll('$namespace', namespace));
  const { status, body, warnings } = await client.post(path + query, object);
  return { status, warnings, body: comparable(withSortedCauses(body), namespace) };
}

/** Values that differ from run to run, and what stands for them. */
const varying: Readonly<Record<string, string>> = {
  uid: 'UID',
  creationTimestamp: 'TIME',
  resourceVersion: 'VERSION',
  clusterIP: 'ADDRESS',
  nodePort: 'PORT',
};

/** Go goes through maps in random order, and makes some checks twice. The message only repeats the causes. */
function withSortedCauses(body: unknown): unknown {
  if (!isRecord(body) || at(body, 'details.causes') === undefined) return body;
  const unique = new Map(
    listAt(body, 'details.causes').map((cause) => [`${textAt(cause, 'field')} ${textAt(cause, 'message')}`, cause]),
  );
  const causes = [...unique.keys()].sort().map((text) => unique.get(text));
  const message = textAt(body, 'message').replace(/ is invalid: .*$/s, ' is invalid');
  return { ...body, message, details: { ...(isRecord(body.details) && body.details), causes } };
}

function comparable(value: unknown, namespace: string, field = ''): unknown {
  if (Array.isArray(value))
    return value.map((item) => comparable(item, namespace, field === 'clusterIPs' ? 'clusterIP' : ''));
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => name !== 'managedFields')
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([name, member]) => [name, comparable(member, namespace, name)]),
    );
  }
  if (value === 'None') return value;
  if (varying[field] !== undefined) return varying[field];
  return typeof value === 'string' ? value.replaceAll(namespace, 'NAMESPACE') : value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
