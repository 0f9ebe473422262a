// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';

import { type Canary, normaliseSpec } from '../src/api/index.js';
import { namedSettings } from '../src/config/index.js';
import type { AnyObject } from './e2e/bench/api.js';
import { mergePatch } from './e2e/support/merge-patch.js';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/metrics-skipper.md'), 'utf8');
const examples = [...page.matchAll(/```yaml\n([^]*?)```/g)].flatMap(([, text = '']) =>
  // Parse boundary: each example is a Kubernetes object.
  parseAllDocuments(text).map((document) => document.toJS() as AnyObject),
);

describe('docs/metrics-skipper.md', () => {
  it("has a Canary that is accepted with the rest of the guide's", () => {
    const guide = parse(readFileSync(join(root, 'test/fixtures/guide/podinfo-canary.yaml'), 'utf8')) as AnyObject;
    const changes = examples.find(({ kind }) => kind === 'Canary') ?? {};
    // The guide's object is a Canary, and stays one.
    const canary = mergePatch(guide, changes) as Canary & AnyObject;
    const read = normaliseSpec(canary, { provider: 'skipper', intervalFloorMs: 5_000 });
    expect(read).toMatchObject({
      kind: 'ok',
      warnings: [],
      spec: {
        metricsServer: 'skipper',
        analysis: { intervalMs: 5_000, metrics: [{}, { name: 'request-duration', quantile: 0.99 }] },
      },
    });
  });

  it('lists the flags with their defaults', () => {
    const listed = [...page.matchAll(/^\| `-(skipper-[a-z-]+)` \| (?:`([^`]*)`)? ?\|/gm)].map(
      ([, flag, fallback = '']) => [flag, fallback],
    );
    const settings = namedSettings.filter(({ flag }) => flag.startsWith('skipper-'));
    expect(listed).toEqual(settings.map(({ flag, fallback }) => [flag, fallback]));
  });
});
