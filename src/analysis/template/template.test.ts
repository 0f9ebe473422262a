// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';

import { renderTemplate, TemplateError, type TemplateFunctions } from './index.js';

/** The values of hack/template-cases/main.go. */
const values: TemplateFunctions = {
  name: 'podinfo',
  namespace: 'test',
  target: 'podinfo',
  service: 'podinfo-svc',
  ingress: 'podinfo-ing',
  route: 'podinfo',
  interval: '1m',
  variables: { direction: 'inbound', 'my-key': 'a"b', empty: '', count: '5', word: 'héllo' },
};

const Case = z.object({ template: z.string(), output: z.string(), error: z.string().optional() });
const fixture = new URL('../../../test/fixtures/go-templates.json', import.meta.url);
const cases = z.array(Case).parse(JSON.parse(readFileSync(fixture, 'utf8')));

function outcome(template: string): string {
  try {
    return renderTemplate(template, values);
  } catch (error) {
    if (error instanceof TemplateError) return `error: ${error.message}`;
    throw error;
  }
}

describe('renderTemplate', () => {
  it.each(
    cases.map(({ template, output, error }) => ({
      template,
      expected: error === undefined ? output : `error: ${error}`,
    })),
  )('gives what Go gives for $template', ({ template, expected }) => {
    expect(outcome(template)).toBe(expected);
  });

  it('renders the latency template of the Skipper guide byte for byte', () => {
    const query = [
      'histogram_quantile(0.99,',
      '  sum(',
      '    rate(',
      '      skipper_serve_route_duration_seconds_bucket{',
      '        route=~"ROUTE",',
      '        le="+Inf"',
      '      }[1m]',
      '    )',
      '  ) by (le)',
      ')',
      '',
    ].join('\n');
    const route = '{{ printf "kube(ew)?_%s__%s_canary__.*__%s_canary(_[0-9]+)?" namespace ingress service }}';
    expect(
      renderTemplate(
        query.replace('ROUTE', () => route),
        values,
      ),
    ).toBe(query.replace('ROUTE', 'kube(ew)?_test__podinfo-ing_canary__.*__podinfo-svc_canary(_[0-9]+)?'));
  });

  it.each`
    name                        | template
    ${'endless loop'}           | ${'{{ range 1000000000000 }}{{ end }}'}
    ${'endless output'}         | ${'{{ range 100000 }}0123456789{{ end }}'}
    ${'doubling text'}          | ${'{{ $x := "ab" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}'}
    ${'wide fields'}            | ${'{{ range 100000 }}{{ $x := printf "%9999d" 1 }}{{ end }}'}
    ${'an argument used often'} | ${`{{ $a := printf "%5000s" "" }}{{ $b := printf "${'%[1]s'.repeat(100)}" $a }}{{ printf "${'%[1]s'.repeat(200)}" $b }}`}
    ${'an argument cut often'}  | ${`{{ $a := printf "%9000s" "" }}{{ $b := print $a $a $a }}{{ printf "${'%.1[1]s'.repeat(200)}" $b }}`}
    ${'template in itself'}     | ${'{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}'}
    ${'deep parentheses'}       | ${'{{ ' + '('.repeat(100_000)}
    ${'deep blocks'}            | ${'{{ if true }}'.repeat(10_000)}
    ${'long chain of else'}     | ${'{{ if false }}' + '{{ else if false }}'.repeat(10_000) + '{{ end }}'}
  `('refuses a template with $name', ({ template }) => {
    expect(() => renderTemplate(String(template), values)).toThrow(TemplateError);
  });

  it('gives a text or its own error for any template, and never hangs', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...['{{', '}}', '{{-', '-}}', '/*', '*/', '(', ')', '|', '"', "'", '`', '\\', '.', ',', ':=', '=', ' ', '\n'],
        ...['$', '$x', '.a', 'if', 'else', 'end', 'range', 'with', 'define', 'template', 'block', 'break', 'continue'],
        ...['nil', 'true', 'printf', 'index', 'len', 'eq', 'lt', 'slice', 'and', 'print', 'variables', 'namespace'],
        ...['"%d"', '"%5.1f|%[2]*v"', '0x', '1e9', '-1', '3', '"x"', "'a'", '{{ end }}', '{{ if', '{{ range 2 }}'],
      ),
      fc.string({ maxLength: 4 }),
    );
    const template = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(template, (text) => {
        expect(typeof outcome(text)).toBe('string');
      }),
      { numRuns: 500 },
    );
  });

  it('never throws over a format of printf', () => {
    const format = fc.stringMatching(/^[%+\-# 0-9.*[\]a-zA-Z]{0,20}$/);
    fc.assert(
      fc.property(format, fc.constantFrom('1', '-1.5', '"a"', 'true', 'nil', 'variables'), (text, argument) => {
        expect(typeof outcome(`{{ printf "${text}" ${argument} 2 }}`)).toBe('string');
      }),
      { numRuns: 500 },
    );
  });
});
