// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { apexPart, canMatch, composePredicate, ownWeight, predicatesOf, rank } from './predicate.js';

const quotedText = fc
  .string({
    unit: fc.constantFrom('&&', ' ', '"', '\\', '/', '[', ']', '`', 'a', 'é', '(', ')', 'Weight(100)', 'False()'),
  })
  .map((text) => `"${text.replace(/[\\"]/g, '\\$&')}"`);
const predicate = fc.oneof(
  quotedText.map((argument) => `Header("X-A", ${argument})`),
  fc.constantFrom('Method("GET")', 'Weight(100)', 'Weight(7)', 'Path("/x")', '*', 'HeaderRegexp("A", /[/"]&&/)'),
);
const apexPredicate = fc.array(predicate, { minLength: 1, maxLength: 4 }).map((all) => all.join(' && '));

describe('composePredicate', () => {
  it.each<{ apex: string | undefined; enabled: boolean; text: string }>`
    apex                              | enabled  | text
    ${undefined}                      | ${true}  | ${'Weight(100)'}
    ${undefined}                      | ${false} | ${'False() && Weight(100)'}
    ${''}                             | ${true}  | ${'Weight(100)'}
    ${' // only a comment'}           | ${true}  | ${'Weight(100)'}
    ${'Method("GET")'}                | ${true}  | ${'Weight(100) && Method("GET")'}
    ${'Method("GET")'}                | ${false} | ${'False() && Weight(100) && Method("GET")'}
    ${'Weight(200)'}                  | ${true}  | ${'Weight(300) && Weight(200)'}
    ${'Weight(100) && Weight(50.9)'}  | ${true}  | ${'Weight(250) && Weight(100) && Weight(50.9)'}
    ${'Weight(99999999999999999999)'} | ${true}  | ${'Weight(1000100) && Weight(99999999999999999999)'}
    ${'*'}                            | ${true}  | ${'Weight(100) && *'}
    ${'Header("A", "b && c")'}        | ${true}  | ${'Weight(100) && Header("A", "b && c")'}
    ${'\u00a0Method("GET")'}          | ${true}  | ${'Weight(100) &&  Method("GET")'}
    ${'False() && Method("GET")'}     | ${true}  | ${'Weight(100) && False() && Method("GET")'}
  `('makes $text of $apex, enabled=$enabled', (row) => {
    expect(composePredicate(row.apex, row.enabled)).toBe(row.text);
  });

  it('D37: keeps the text of the apex as one untouched suffix that Skipper accepts', () => {
    fc.assert(
      fc.property(apexPredicate, fc.boolean(), (apex, enabled) => {
        const text = composePredicate(apex, enabled);
        expect(text.endsWith(` && ${apex}`)).toBe(true);
        expect(predicatesOf(text)).toHaveLength(predicatesOf(apex).length + (enabled ? 1 : 2));
        expect(canMatch(text)).toBe(enabled);
        expect(apexPart(text, 'us')).toBe(apex);
      }),
    );
  });

  it('outranks the apex whatever weights the apex has', () => {
    fc.assert(
      fc.property(apexPredicate, (apex) => {
        const apexRank = rank(predicatesOf(apex));
        expect(rank(predicatesOf(composePredicate(apex, true)))).toBeGreaterThanOrEqual(apexRank + 100);
        expect(ownWeight(apex)).toBeGreaterThanOrEqual(100);
      }),
    );
  });
});

describe('apexPart', () => {
  it.each<{ text: string; writtenBy: 'us' | 'flagger'; part: string }>`
    text                             | writtenBy    | part
    ${''}                            | ${'flagger'} | ${''}
    ${'Weight(100)'}                 | ${'flagger'} | ${''}
    ${'False()'}                     | ${'flagger'} | ${''}
    ${'False() && Method("GET")'}    | ${'flagger'} | ${'Method("GET")'}
    ${'False() && Weight(200)'}      | ${'flagger'} | ${'Weight(200)'}
    ${'Weight(100) && Weight(200)'}  | ${'flagger'} | ${'Weight(200)'}
    ${'Method("GET")'}               | ${'flagger'} | ${'Method("GET")'}
    ${'False() && Weight(100)'}      | ${'us'}      | ${''}
    ${'False() && Weight(100) && *'} | ${'us'}      | ${'*'}
    ${'Weight(300) && Weight(200)'}  | ${'us'}      | ${'Weight(200)'}
    ${'Weight(100) && False()'}      | ${'us'}      | ${'False()'}
  `('of $text by $writtenBy is $part', (row) => {
    expect(apexPart(row.text, row.writtenBy)).toBe(row.part);
  });
});

describe('canMatch', () => {
  it.each<{ text: string | undefined; can: boolean }>`
    text                                       | can
    ${undefined}                               | ${true}
    ${'Weight(100)'}                           | ${true}
    ${'Weight(100) && Header("A", "False()")'} | ${true}
    ${'Weight(100) // && False()'}             | ${true}
    ${'False()'}                               | ${false}
    ${'Weight(100) && False()'}                | ${false}
    ${'Weight(100) && broken('}                | ${false}
  `('$text: $can', (row) => {
    expect(canMatch(row.text)).toBe(row.can);
  });
});
