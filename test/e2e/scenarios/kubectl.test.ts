// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { errorText } from '../../../src/lib/operator-error.js';
import { waitFor } from '../bench/wait.js';
import { kubectlApply, kubectlWithWarnings } from '../support/kubectl.js';
import { installCrds } from '../support/scenario.js';

const overlays = ['kubernetes', 'skipper', 'namespaced', 'podinfo', 'tester'];
const guideFiles = readdirSync('test/fixtures/guide').filter((file) => file.endsWith('.yaml'));

beforeAll(async () => {
  await installCrds();
  for (const name of ['test', 'flagger-system'])
    await kubectlApply(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
});

describe('kubectl', () => {
  it.each(['-k crds', ...overlays.map((overlay) => `-k kustomize/${overlay}`)])(
    'applies %s without a warning from the API server',
    async (files) => {
      const { warnings } = await kubectlWithWarnings('apply', '--dry-run=server', ...files.split(' '));
      expect(warnings).toEqual([]);
    },
  );

  it.each(guideFiles)("applies the guide's %s without a warning", async (file) => {
    const { warnings } = await kubectlWithWarnings('apply', '--dry-run=server', '-f', `test/fixtures/guide/${file}`);
    // The guide's Ingress names its class in the old way, which the API server remarks.
    expect(warnings.filter((text) => !text.includes('kubernetes.io/ingress.class'))).toEqual([]);
  });

  it('explains the analysis like a manual', async () => {
    const { text } = await kubectlWithWarnings('explain', 'canary.spec.analysis');
    const fields = [...text.matchAll(/^ {2}(\w+)\t<.*\n((?: {4}.*\n)*)/gm)];
    expect(fields.map(([, name]) => name)).toEqual(
      expect.arrayContaining([
        'interval',
        'threshold',
        'maxWeight',
        'stepWeight',
        'stepWeights',
        'metrics',
        'webhooks',
      ]),
    );
    for (const [, name, description] of fields)
      expect({ name, description }).not.toEqual({ name, description: expect.stringContaining('<no description>') });
    expect(text).toMatch(/interval.*\n(?: {4}.*\n)*.*[Dd]efault/);
  });
});

describe('the examples of docs/security.md', () => {
  const page = readFileSync('docs/security.md', 'utf8');
  const examples = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text);
  const objects = examples.filter((text) => !text.includes('kind: Deployment'));
  const [policy = ''] = objects.filter((text) => text.includes('kind: ValidatingAdmissionPolicy'));
  const canary = readFileSync('test/fixtures/guide/podinfo-canary.yaml', 'utf8');

  it.each(objects)('are taken by the API server without a warning: %#', async (text) => {
    const { warnings } = await applied(text, '--dry-run=server');
    expect(warnings).toEqual([]);
  });

  it('are a patch of the load tester that it runs with', async () => {
    const folder = join(process.env.E2E_DIR ?? '', 'data', 'security');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'patch.yaml'), examples.find((text) => text.includes('kind: Deployment')) ?? '');
    const resources = [relative(folder, 'kustomize/tester')];
    writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify({ resources, patches: [{ path: 'patch.yaml' }] }));
    const { text, warnings } = await kubectlWithWarnings('apply', '--dry-run=server', '-o', 'yaml', '-k', folder);
    expect(warnings).toEqual([]);
    expect(text).toContain('-auth-token-file=/etc/tokens/tokens');
    expect(text).toMatch(/mountPath: \/tmp\n/);
  });

  it('keep webhooks to the load tester, in namespaces with the label', async () => {
    await applied(policy);
    const namespace = 'restricted';
    const labels = { 'flagger-webhooks': 'load-tester' };
    await kubectlApply(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }));
    const elsewhere = canary.replaceAll('http://flagger-loadtester.test/', 'http://169.254.169.254/');
    const refused = async (text: string) => {
      const placed = text.replace('namespace: test', `namespace: ${namespace}`);
      return applied(placed, '--dry-run=server').then(() => '', errorText);
    };
    await waitFor('the policy is in force', async () => (await refused(elsewhere)).includes('load tester only'));
    expect(await refused(canary)).toBe('');
    await applied(elsewhere, '--dry-run=server');
  });
});

let files = 0;

/** Applies objects that are written as YAML. */
function applied(text: string, ...options: readonly string[]): ReturnType<typeof kubectlWithWarnings> {
  const file = join(process.env.E2E_DIR ?? '', 'data', `applied-${(files += 1)}.yaml`);
  writeFileSync(file, text);
  return kubectlWithWarnings('apply', ...options, '-f', file);
}
