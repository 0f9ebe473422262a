// SPDX-License-Identifier: Apache-2.0
/*
 * Writes test/contract/recorded/ anew: what an API server answers to the rows of test/contract/tables.ts. For a new version
 * of Kubernetes, run it beside a real one and review the differences:
 *   hack/e2e.sh shell, then: npx tsx hack/record-contract.ts http://127.0.0.1:8001
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContractClient } from '../test/contract/cluster.js';
import { answerTo, recordedFolder } from '../test/contract/recorded.js';
import { admitted, refused, type Row } from '../test/contract/tables.js';

const [url = '', token] = process.argv.slice(2);
const client = new ContractClient({ url, ...(token !== undefined && { token }) });
const namespace = 'contract-recording';
await client.post('/api/v1/namespaces', { metadata: { name: namespace } });
await record('admitted', admitted);
await record('refused', refused);
client.close();

async function record(name: string, rows: Readonly<Record<string, Row>>): Promise<void> {
  const answers: Record<string, unknown> = {};
  for (const [title, row] of Object.entries(rows)) answers[title] = await answerTo(client, row, namespace);
  writeFileSync(join(recordedFolder, `${name}.json`), `${JSON.stringify(answers, undefined, 2)}\n`);
}
