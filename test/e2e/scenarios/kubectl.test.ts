// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
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
