// SPDX-License-Identifier: Apache-2.0
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { readFixture } from '../../../test/support/skipper-metrics.js';
import { parseSeries } from './counter-series.js';
import { ExpositionReader, type PageFacts } from './exposition-reader.js';

interface Page {
  readonly facts: PageFacts;
  readonly samples: readonly (readonly [series: string, value: number])[];
}

const podinfo = /route="(?:kube(ew)?_test__podinfo_canary__)/g;

function read(
  pieces: readonly (Buffer | string)[],
  { routes }: { readonly routes?: RegExp } = { routes: podinfo },
): Page {
  const samples: [string, number][] = [];
  const reader = new ExpositionReader(routes, (series, value) => {
    samples.push([series, value]);
  });
  for (const piece of pieces) reader.write(Buffer.from(piece));
  return { facts: reader.end(), samples };
}

const label = 'code="200",method="GET",route="kube_test__podinfo_canary__h____podinfo_canary"';
const family = 'skipper_serve_route_duration_seconds';

describe('ExpositionReader', () => {
  it.each<readonly [name: string, text: string, samples: Page['samples']]>([
    ['a count', `${family}_count{${label}} 5\n`, [[`${family}_count{${label}}`, 5]]],
    ['a sum', `${family}_sum{${label}} 0.170788415\n`, [[`${family}_sum{${label}}`, 0.170788415]]],
    ['a number as Go writes it', `${family}_sum{${label}} 1.7079e+06\n`, [[`${family}_sum{${label}}`, 1_707_900]]],
    ['a bucket', `${family}_bucket{${label},le="+Inf"} 7\n`, [[`${family}_bucket{${label},le="+Inf"}`, 7]]],
    ['a time stamp', `${family}_count{${label}} 5 1767225600000\n`, [[`${family}_count{${label}}`, 5]]],
    ['white space', `${family}_count{${label}}   5  \n`, [[`${family}_count{${label}}`, 5]]],
    ['lines that end as Windows ends them', `${family}_count{${label}} 5\r\n`, [[`${family}_count{${label}}`, 5]]],
    ['no line break at the end', `${family}_count{${label}} 5`, [[`${family}_count{${label}}`, 5]]],
    ['no number', `${family}_count{${label}} NaN\n${family}_sum{${label}} +Inf\n${family}_sum{${label}} x\n`, []],
    ['nothing behind the labels', `${family}_count{${label}}\n`, []],
    ['no end of labels', `${family}_count{${label} 5\n`, []],
    ['another family', `skipper_response_duration_seconds_count{${label}} 5\n`, []],
    ['another route', `${family}_count{code="200",route="kube_test__other_canary__h____other_canary"} 5\n`, []],
    ['a comment', `# HELP ${family}_count{${label}} 5\n`, []],
    [
      'what backends answered, and what they did not',
      `skipper_backend_duration_seconds_sum{${label}} 2\nskipper_backend_error_total{${label}} 3\n`,
      [
        [`skipper_backend_duration_seconds_sum{${label}}`, 2],
        [`skipper_backend_error_total{${label}}`, 3],
      ],
    ],
    ['an empty page', '', []],
  ])('reads %s', (_name, text, samples) => {
    expect(read([text]).samples).toEqual(samples);
  });

  it('reads the page of a real Skipper', () => {
    const { facts, samples } = read([readFixture('second')]);
    expect(facts).toMatchObject({ isExposition: true, countsRoutes: true, hasServed: true });
    expect(facts.startSeconds).toBeGreaterThan(1.7e9);
    const counts = samples.flatMap(([text, value]) => {
      const series = parseSeries(text);
      return series?.kind === 'count' ? [[series.code, series.route.split('____')[1], value]] : [];
    });
    expect(counts).toEqual([
      ['200', 'podinfo_canary', 7],
      ['200', 'podinfo_primary', 11],
      ['200', 'podinfo_canary', 1],
      ['503', 'podinfo_canary_disable_https_redirect', 1],
    ]);
    const { facts: named, samples: namedSamples } = read([readFixture('named')]);
    expect(namedSamples).toEqual(samples);
    expect({ ...named, bytes: 0 }).toEqual({ ...facts, bytes: 0 });
  });

  it.each`
    page               | countsRoutes | hasServed
    ${'first'}         | ${true}      | ${true}
    ${'without-codes'} | ${true}      | ${true}
    ${'without-flag'}  | ${false}     | ${true}
  `('tells of $page: routes counted $countsRoutes, requests served $hasServed', ({ page, ...facts }) => {
    expect(read([readFixture(String(page))]).facts).toMatchObject(facts);
  });

  it.each<readonly [text: string, isExposition: boolean]>([
    ['{"counters":{}}', false],
    ['\n <html>', false],
    ['[]', false],
    ['', true],
    ['# HELP x y\n', true],
  ])('%j is an exposition: %j', (text, isExposition) => {
    expect(read([text]).facts.isExposition).toBe(isExposition);
  });

  it('wants nothing without routes', () => {
    expect(read([readFixture('second')], {})).toMatchObject({ samples: [], facts: { countsRoutes: true } });
  });

  it('gives the same whatever the pieces', () => {
    const page = Buffer.from(readFixture('named'));
    const whole = read([page]);
    fc.assert(
      fc.property(fc.array(fc.nat(page.length), { maxLength: 40 }), (cuts) => {
        const edges = [0, ...cuts.sort((left, right) => left - right), page.length];
        const pieces = edges.slice(1).map((end, index) => page.subarray(edges[index], end));
        expect(read(pieces)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
    expect(read([...page].map((byte) => Buffer.from([byte])))).toEqual(whole);
  });

  it('survives any text', () => {
    const nasty = fc.constantFrom(
      '{',
      '}',
      '"',
      '\n',
      'route="kube_test__podinfo_canary__',
      `${family}_count`,
      ' 1',
      'é',
    );
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 30 }), (parts) => {
        const { samples } = read([parts.join('')]);
        for (const [series, value] of samples) {
          parseSeries(series);
          expect(Number.isFinite(value)).toBe(true);
        }
      }),
    );
  });

  it('keeps nothing of a page alive but its samples', () => {
    setFlagsFromString('--expose-gc');
    // Only V8 itself can tell what is still held.
    const collect = runInNewContext('gc') as () => void;
    const seen: string[] = [];
    const reader = new ExpositionReader(podinfo, (series) => {
      seen.push(series);
    });
    const filling = `${family}_count{code="200",method="GET",route="kube_test__other"} 1\n`.repeat(3_000);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < 100; count += 1) reader.write(Buffer.from(`${filling}${family}_sum{${label}} 1\n`));
    collect();
    expect(seen).toHaveLength(100);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8_000_000);
  });

  it('does not keep a line without end', () => {
    const reader = new ExpositionReader(podinfo, () => undefined);
    for (let count = 0; count < 10; count += 1) reader.write(Buffer.alloc(64 * 1024, 'x'));
    expect(reader.end()).toMatchObject({ isExposition: false, bytes: 640 * 1024 });
  });
});

describe('parseSeries', () => {
  it.each<readonly [text: string, series: ReturnType<typeof parseSeries>]>([
    [
      'skipper_serve_route_duration_seconds_count{code="200",method="GET",route="r"}',
      { place: 'served', kind: 'count', code: '200', route: 'r' },
    ],
    [
      'skipper_serve_route_duration_seconds_sum{route="r"}',
      { place: 'served', kind: 'sum', code: undefined, route: 'r' },
    ],
    [
      'skipper_serve_route_duration_seconds_sum{code="",route="r"}',
      { place: 'served', kind: 'sum', code: undefined, route: 'r' },
    ],
    [
      'skipper_serve_route_duration_seconds_count{ route = "r" , code = "500", }',
      { place: 'served', kind: 'count', code: '500', route: 'r' },
    ],
    [
      'skipper_serve_route_duration_seconds_bucket{route="r",le="0.5"}',
      { place: 'served', kind: 'bucket', le: 0.5, code: undefined, route: 'r' },
    ],
    [
      'skipper_serve_route_duration_seconds_bucket{le="+Inf",route="r"}',
      { place: 'served', kind: 'bucket', le: Number.POSITIVE_INFINITY, code: undefined, route: 'r' },
    ],
    [
      'skipper_serve_route_duration_seconds_count{method="a\\"}b",route="r"}',
      { place: 'served', kind: 'count', code: undefined, route: 'r' },
    ],
    ['skipper_serve_route_duration_seconds_bucket{route="r",le="x"}', undefined],
    ['skipper_serve_route_duration_seconds_bucket{route="r"}', undefined],
    ['skipper_serve_route_duration_seconds_count{code="200"}', undefined],
    ['skipper_serve_route_duration_seconds_count{route="r"', undefined],
    ['skipper_serve_route_duration_seconds_created{route="r"}', undefined],
    ['skipper_serve_route_duration_seconds_count{route=r}', undefined],
    [
      'skipper_backend_duration_seconds_count{host="",route="r",zone=""}',
      { place: 'backend', kind: 'count', code: undefined, route: 'r' },
    ],
    ['skipper_backend_error_total{route="r"}', { place: 'backend', kind: 'unanswered', code: undefined, route: 'r' }],
    ['skipper_backend_5xx_duration_seconds_count{route="r"}', undefined],
    ['', undefined],
  ])('%s', (text, series) => {
    expect(parseSeries(text)).toEqual(series);
  });
});
