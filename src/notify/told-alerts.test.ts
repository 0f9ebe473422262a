// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';

import type { AlertNotice } from './alert-notice.js';
import { aCanary, aNotice } from './testing.js';
import { ToldAlerts } from './told-alerts.js';

const other: AlertNotice['canary'] = { ...aCanary(), metadata: { name: 'podinfo', namespace: 'test', uid: 'other' } };

describe('ToldAlerts', () => {
  it.each`
    what                  | second                                            | isNews
    ${'the same'}         | ${{}}                                             | ${false}
    ${'another message'}  | ${{ message: 'Canary is waiting for approval.' }} | ${true}
    ${'another phase'}    | ${{ phase: 'Failed' }}                            | ${true}
    ${'another revision'} | ${{ revision: 'v1-new' }}                         | ${true}
    ${'another Canary'}   | ${{ canary: other }}                              | ${true}
    ${'another weight'}   | ${{ canary: aCanary({}, { canaryWeight: 20 }) }}  | ${true}
    ${'another severity'} | ${{ severity: 'error' }}                          | ${false}
  `('D43: after an alert, $what is news: $isNews', ({ second, isNews }) => {
    const told = new ToldAlerts();
    expect(told.isNews(aNotice())).toBe(true);
    expect(told.isNews(aNotice(second as Partial<AlertNotice>))).toBe(isNews);
  });

  it('D43: keeps several messages of one phase apart', () => {
    const told = new ToldAlerts();
    const answers = ['one', 'two', 'one', 'two'].map((message) => told.isNews(aNotice({ message })));
    expect(answers).toEqual([true, true, false, false]);
  });

  it('tells of the second rollout of a revision that failed before', () => {
    const told = new ToldAlerts();
    const rollout = [aNotice(), aNotice({ phase: 'Failed', message: 'Failed checks threshold reached 5' })];
    expect([...rollout, ...rollout].map((notice) => told.isNews(notice))).toEqual([true, true, true, true]);
  });

  it('forgets the Canary of which nothing was heard for longest', () => {
    const told = new ToldAlerts();
    const noticeOf = (index: number): AlertNotice =>
      aNotice({ canary: { ...aCanary(), metadata: { name: 'podinfo', uid: `uid-${index}` } } });
    const first = noticeOf(0);
    const spec = first.spec;
    for (let index = 0; index < 10_001; index += 1)
      told.isNews({ ...first, spec, canary: { ...first.canary, metadata: { name: 'podinfo', uid: `uid-${index}` } } });
    expect(told.isNews(noticeOf(10_000))).toBe(false);
    expect(told.isNews(first)).toBe(true);
  });

  it('keeps a bounded number of messages of one phase', () => {
    const told = new ToldAlerts();
    for (let index = 0; index < 65; index += 1) told.isNews(aNotice({ message: `m${index}` }));
    expect(told.isNews(aNotice({ message: 'm64' }))).toBe(false);
    expect(told.isNews(aNotice({ message: 'm0' }))).toBe(true);
  });
});
