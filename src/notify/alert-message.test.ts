// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { AnalysisSpec } from '../api/rollout-spec.js';
import { alertMessage, withTextTemplate } from './alert-message.js';
import type { AlertNotice, ImageChange } from './alert-notice.js';
import { aCanary, aFullNotice, aNotice } from './testing.js';

function fieldsOf(notice: AlertNotice, clusterName?: string): Readonly<Record<string, string>> {
  return Object.fromEntries(alertMessage(notice, { clusterName }).fields.map(({ name, value }) => [name, value]));
}

function withAnalysis(changes: Partial<AnalysisSpec>): AlertNotice {
  const notice = aNotice();
  return { ...notice, spec: { ...notice.spec, analysis: { ...notice.spec.analysis, ...changes } } };
}

describe('alertMessage', () => {
  it('names the Canary, not its target', () => {
    expect(alertMessage(aNotice(), {})).toMatchObject({
      title: 'podinfo.test',
      text: 'New revision detected, progressing canary analysis.',
      severity: 'info',
    });
  });

  it('shows the fields of Flagger first, in its order, then its own', () => {
    const { fields } = alertMessage(aFullNotice(), { clusterName: 'prod-1' });
    expect(fields.map(({ name, value }) => `${name}: ${value}`)).toEqual([
      'Cluster: prod-1',
      'Target: Deployment/podinfo.test',
      'Failed checks threshold: 5',
      'Progress deadline: 60s',
      'Traffic routing: Weight step: 10 max: 50',
      'Revision: v1-4f2a',
      'Image podinfod: ghcr.io/stefanprodan/podinfo:6.0.0 → 6.0.1',
      'Weight: 20%',
      'Failed checks: 2',
      'Metric request-success-rate: 97.5% (wanted >= 99)',
      'Metric request-duration: 612.5ms (wanted <= 500ms)',
    ]);
  });

  it('has no field for what is not known, and no limits without metadata', () => {
    expect(fieldsOf(aNotice({ revision: '' }))).toEqual({
      Target: 'Deployment/podinfo.test',
      'Traffic routing': 'Weight step: 10 max: 50',
    });
  });

  it.each`
    analysis                                                                          | routing
    ${{ stepWeight: 5, maxWeight: 30 }}                                               | ${'Weight step: 5 max: 30'}
    ${{ stepWeight: 0, stepWeights: [1, 2, 10], maxWeight: 10 }}                      | ${'Weight steps: 1,2,10 max: 10'}
    ${{ iterations: 3 }}                                                              | ${'Blue/Green'}
    ${{ iterations: 3, match: [{ headers: {}, queryParams: {}, sourceLabels: {} }] }} | ${'A/B Testing'}
    ${{ stepWeight: 0, stepWeights: [] }}                                             | ${undefined}
  `('shows the routing as $routing', ({ analysis, routing }) => {
    expect(fieldsOf(withAnalysis(analysis as Partial<AnalysisSpec>))['Traffic routing']).toBe(routing);
  });

  it.each`
    before               | after                | text
    ${'app:1'}           | ${'app:2'}           | ${'app:1 → 2'}
    ${'host:5000/app:1'} | ${'host:5000/app:2'} | ${'host:5000/app:1 → 2'}
    ${'a/app:1'}         | ${'b/app:1'}         | ${'a/app:1 → b/app:1'}
    ${'app'}             | ${'app:2'}           | ${'app → app:2'}
    ${'app:1'}           | ${'app:1'}           | ${'app:1'}
    ${undefined}         | ${'app:1'}           | ${'app:1'}
    ${'app:1'}           | ${undefined}         | ${'app:1'}
    ${'host:5000/app'}   | ${'host:5000/app2'}  | ${'host:5000/app → host:5000/app2'}
  `('shows the images $before and $after as "$text"', ({ before, after, text }) => {
    const image: ImageChange = {
      container: 'main',
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    };
    expect(fieldsOf(aNotice({ facts: { images: [image] } }))['Image main']).toBe(text);
  });

  it.each(['\t', ' \n ', '\u0001'])('has no field for a value in which nothing can be seen: %j', (clusterName) => {
    expect(fieldsOf(aNotice(), clusterName)).not.toHaveProperty('Cluster');
  });

  it('fills the link with escaped values', () => {
    const alertLink =
      'https://grafana.test/d/x?ns={{ namespace }}&t={{target}}&c={{ cluster }}&{{ unknown }}={{ weight }}';
    const canary = aCanary({}, { canaryWeight: 20 });
    expect(alertMessage(aNotice({ canary }), { alertLink, clusterName: 'a&b' }).link).toBe(
      'https://grafana.test/d/x?ns=test&t=podinfo&c=a%26b&{{ unknown }}=20',
    );
  });

  it('says it in the words of a user', () => {
    const message = alertMessage(aNotice({ severity: 'warn' }), {});
    const template = '[{{ severity }}] {{ message }} {{ name }}/{{ phase }}/{{ revision }}/{{constructor}}';
    expect(withTextTemplate(message, template).text).toBe(
      '[warn] New revision detected, progressing canary analysis. podinfo/Progressing/v1-4f2a/{{constructor}}',
    );
    expect(withTextTemplate(message, undefined)).toBe(message);
  });

  it('keeps within what every service takes, whatever the texts are', () => {
    const text = fc.string({ unit: 'binary', maxLength: 3_000 });
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 40 }), (message, names) => {
        const images = names.map((container) => ({ container, after: `${message}x` }));
        const made = alertMessage(aNotice({ message, facts: { images } }), { clusterName: message });
        const characters = [made.title, made.text, ...made.fields.flatMap(({ name, value }) => [name, value])];
        expect(characters.reduce((sum, each) => sum + Array.from(each).length, 0)).toBeLessThan(6_000);
        expect(made.fields.length).toBeLessThanOrEqual(15);
        expect(characters.every((each) => each.isWellFormed())).toBe(true);
        expect(characters.some((each) => /(?!\n)\p{Cc}/u.test(each))).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});
