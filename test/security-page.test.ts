// SPDX-License-Identifier: Apache-2.0
/* Holds docs/security.md to the manifests, the flags and the load tester. test/e2e applies its examples to an API server. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { LoadTesters } from '../src/loadtester/testing.js';

const page = readFileSync('docs/security.md', 'utf8');
const Rule = z.object({
  apiGroups: z.array(z.string()).default([]),
  resources: z.array(z.string()).default([]),
  verbs: z.array(z.string()),
});

/** Objects of the YAML examples. */
const examples = [...page.matchAll(/```yaml\n([^]*?)```/g)].flatMap(([, text = '']) =>
  parseAllDocuments(text).map((document) => document.toJS() as Readonly<Record<string, unknown>>),
);

function example(kind: string): Readonly<Record<string, unknown>> {
  const found = examples.find((object) => object.kind === kind);
  if (found === undefined) throw new Error(`docs/security.md shows no ${kind}`);
  return found;
}

const directory = mkdtempSync(join(tmpdir(), 'security-page-'));
const testers = new LoadTesters();
afterEach(() => testers.stopAll());
afterAll(() => rmSync(directory, { recursive: true }));

describe('docs/security.md', () => {
  it('lists exactly what the ClusterRole grants', () => {
    const role = parseAllDocuments(readFileSync('kustomize/base/flagger/rbac.yaml', 'utf8'))[0]?.toJS() as unknown;
    const verbsOf = new Map<string, readonly string[]>();
    for (const { apiGroups, resources, verbs } of z.object({ rules: z.array(Rule) }).parse(role).rules)
      for (const group of apiGroups)
        for (const resource of resources) {
          const name = group === '' ? resource : `${resource}.${group}`;
          verbsOf.set(name, [...(verbsOf.get(name) ?? []), ...verbs].sort());
        }
    const [, section = ''] = page.split('## What the operator may do');
    const rows = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `(\S+)` \| ([a-z, ]+) \|$/gm)];
    expect(new Map(rows.map(([, name = '', verbs = '']) => [name, verbs.split(', ')]))).toEqual(verbsOf);
  });

  it('names flags that there are', () => {
    const known = ['docs/flags.md', 'docs/loadtester.md'].map((file) => readFileSync(file, 'utf8')).join('');
    const named = [...page.matchAll(/(?:`|- )(-[a-z][a-z-]+)/g)].map(([, flag = '']) => flag);
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((flag) => !known.includes(`\`${flag}\``))).toEqual([]);
  });

  it('selects pods and ports that the manifests have', () => {
    const labels = ['base/operator', 'base/prometheus', 'tester'].map((folder) => {
      const text = readFileSync(`kustomize/${folder}/deployment.yaml`, 'utf8');
      return /app: (\S+)/.exec(text)?.[1];
    });
    const selected = [...JSON.stringify(example('NetworkPolicy')).matchAll(/"app":"([^"]+)"/g)].map(([, app]) => app);
    expect(new Set(selected)).toEqual(new Set(labels));
  });

  it('shows a load tester that asks for a token and runs nothing but what is allowed', async () => {
    const [, secret = ''] = /--from-literal=tokens='([^']+)'/.exec(page) ?? [];
    const tokenFile = join(directory, 'tokens');
    writeFileSync(tokenFile, secret);
    const command = [...JSON.stringify(example('Deployment')).matchAll(/"-([a-z-]+)=([^"]*)"/g)];
    const flags = Object.fromEntries(command.map(([, flag = '', value = '']) => [flag, value]));
    const tester = await testers.start({ ...flags, port: '0', 'auth-token-file': tokenFile });
    const [token = '', namespace = ''] = secret.split(' ');
    const task = (cmd: string, about = namespace) => ({ name: 'a', namespace: about, metadata: { type: 'bash', cmd } });
    const headers = { Authorization: `Bearer ${token}` };

    expect((await tester.post('/', task('echo x | grep x')))[0]).toBe(401);
    expect((await tester.post('/gate/open', { name: 'a', namespace }))[0]).toBe(401);
    expect((await tester.post('/', task('grep -c root /etc/passwd'), headers))[0]).toBe(200);
    expect((await tester.post('/', task('grep root /etc/passwd', 'other'), headers))[0]).toBe(403);
    for (const refused of ['id', 'curl $(id)', 'grep x < /etc/passwd', 'A=b curl x', 'curl x &', 'curl x | sh'])
      expect([refused, (await tester.post('/', task(refused), headers))[0]]).toEqual([refused, 403]);
  });
});
