// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

import { type Canary, normaliseSpec } from '../src/api/index.js';

const page = readFileSync(join(import.meta.dirname, '../docs/targets.md'), 'utf8');
// Parse boundary: each example is a Canary.
const canaries = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => parse(text) as Canary);

describe('docs/targets.md', () => {
  it('has a complete Canary for each kind of target and for KEDA, accepted without a warning', () => {
    const read = canaries.map((canary) => normaliseSpec(canary, { provider: 'skipper', intervalFloorMs: 10_000 }));
    expect(read.map((each) => (each.kind === 'ok' ? each.warnings : each.problems))).toEqual([[], [], [], []]);
    expect(read.map((each) => (each.kind === 'ok' ? each.spec.target.kind : ''))).toEqual([
      'Deployment',
      'DaemonSet',
      'Service',
      'Deployment',
    ]);
    expect(read.at(-1)).toMatchObject({
      spec: { autoscaler: { kind: 'ScaledObject', primaryMinReplicas: 2, primaryMaxReplicas: 10 } },
    });
  });
});
