// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';

import { alertProviderTypes, readAlertProvider, type AlertProviderObject } from '../api/alert-provider.js';
import type { Canary } from '../api/canary.js';
import type { KubeObject, StringMap } from '../api/kubernetes.js';
import { alertMessage } from './alert-message.js';
import { providerDestination, type AlertSource } from './destination.js';
import { aFullNotice, specOf } from './testing.js';

const page = readFileSync(new URL('../../docs/alerting.md', import.meta.url), 'utf8');

function blocks(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text);
}

interface PageObject extends KubeObject {
  readonly spec?: unknown;
  readonly stringData?: StringMap;
}

const objects = blocks('yaml').flatMap(
  (block) => parseAllDocuments(block).map((document) => document.toJS() as PageObject), // our own page
);

function named(kind: string, namespace: string | undefined, name: string): PageObject | undefined {
  return objects.find(
    (object) => object.kind === kind && object.metadata.namespace === namespace && object.metadata.name === name,
  );
}

const source: AlertSource = {
  provider: ({ namespace, name }) => named('AlertProvider', namespace, name),
  secret: ({ namespace, name }) => Promise.resolve(named('Secret', namespace, name)?.stringData),
};

const providers = objects.filter((object): object is AlertProviderObject => object.kind === 'AlertProvider');

describe('docs/alerting.md', () => {
  it('has an example for each service', () => {
    const types = providers.map((object) => {
      const read = readAlertProvider(object);
      return read.kind === 'ok' ? read.provider.type : read.problems.join('; ');
    });
    expect([...new Set(types)].sort()).toEqual([...alertProviderTypes].sort());
  });

  it.each(providers.map((object) => [object.metadata.name, object] as const))(
    'shows %s as the operator can use it, with its Secret',
    async (name, { metadata }) => {
      const destination = providerDestination({ namespace: metadata.namespace ?? '', name }, source);
      expect(await destination.resolve()).toMatchObject({ kind: 'ok' });
    },
  );

  it('shows a Canary whose alerts name examples of the page', () => {
    const canaries = objects.filter((object): object is Canary => object.kind === 'Canary');
    const alerts = canaries.flatMap((canary) => specOf(canary).analysis.alerts);
    expect(alerts.map(({ severity }) => severity)).toEqual(['info', 'error']);
    for (const { providerRef } of alerts) expect(source.provider(providerRef)).toBeDefined();
  });

  it('shows the message that is sent', () => {
    const { title, text, fields } = alertMessage(aFullNotice(), { clusterName: 'prod-1' });
    const lines = [title, text, ...fields.map(({ name, value }) => `${name}: ${value}`)];
    expect(blocks('text')).toContain(`${lines.join('\n')}\n`);
  });

  it('names every placeholder', () => {
    for (const name of Object.keys(alertMessage(aFullNotice(), {}).values)) expect(page).toContain(`\`${name}\``);
  });
});
