// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { plainStatus, renderFrame, type DemoView } from '../../demo/frame.js';
import { noRequests, rateBetween, readRouteCounts } from '../../demo/route-counters.js';
import { createScreen } from '../../demo/screen.js';
import { compareWithGuide } from '../../demo/transcript.js';

const view: DemoView = {
  elapsedMs: 65_000,
  act: '2 of 3: a new version',
  phase: 'Progressing',
  failedChecks: 1,
  threshold: 3,
  variants: [
    { name: 'primary', version: '6.0.0', weight: 80, rate: { perSecond: 40, successPercent: 100, meanMs: 1.25 } },
    { name: 'canary', version: '6.0.1', weight: 20, rate: undefined },
  ],
  said: Array.from({ length: 20 }, (_, n) => ({ atMs: n * 1_000, type: 'Normal', message: `message ${n}` })),
  visits: 1_000,
  failedVisits: 2,
};

function withoutColours(lines: readonly string[]): string {
  // eslint-disable-next-line no-control-regex -- that is what is to be removed
  return lines.join('\n').replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
}

function guide(file: 'promotion.txt' | 'rollback.txt'): readonly string[] {
  return readFileSync(`test/fixtures/guide/${file}`, 'utf8').trim().replaceAll('{n}', '12.34').split('\n');
}

describe('the view of the demo', () => {
  it('shows the weights as bars, what each variant served, and the last events', () => {
    const text = withoutColours(renderFrame(view));
    expect(text).toContain(
      `primary  6.0.0   ${'█'.repeat(24)}${'░'.repeat(6)}  80 %   100.00 % ok     1.3 ms   40 req/s`,
    );
    expect(text).toContain(`canary   6.0.1   ${'█'.repeat(6)}${'░'.repeat(24)}  20 %   no requests`);
    expect(text).toContain('Progressing, 1 of 3 failed checks');
    expect(text).toContain(' 0:19  Normal   message 19');
    expect(text).not.toContain('message 7\n');
  });

  it('is plain lines where the output is no terminal, each event once', () => {
    const written: string[] = [];
    const screen = createScreen({ write: (text) => written.push(text) }, false);
    screen.show(view);
    screen.show({ ...view, elapsedMs: 66_000 });
    const text = written.join('');
    expect(text.match(/message 3$/gm)).toHaveLength(1);
    expect(text).toContain(plainStatus(view));
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    expect(text).not.toMatch(/\u001b/);
  });

  it('draws over itself on a terminal, and gives the cursor back', () => {
    const written: string[] = [];
    const screen = createScreen({ isTTY: true, write: (text) => written.push(text) }, false);
    screen.show(view);
    screen.show(view);
    screen.close();
    screen.close();
    expect(written.filter((text) => text.includes('\u001b[2J'))).toHaveLength(1);
    expect(written.at(-1)).toBe('\u001b[?25h\n');
  });
});

describe("Skipper's counters", () => {
  const page = (canary: number, errors: number): string => `
skipper_serve_route_duration_seconds_bucket{code="200",route="kube_test__podinfo_canary__all__0__podinfo_canary",le="1"} 9
skipper_serve_route_duration_seconds_count{code="200",method="GET",route="kube_test__podinfo_canary__all__0__podinfo_canary"} ${canary}
skipper_serve_route_duration_seconds_count{code="500",method="GET",route="kube_test__podinfo_canary__all__0__podinfo_canary"} ${errors}
skipper_serve_route_duration_seconds_sum{code="200",method="GET",route="kube_test__podinfo_canary__all__0__podinfo_canary"} 0.5
skipper_serve_route_duration_seconds_count{code="200",method="GET",route="kube_test__podinfo_canary__all__0__podinfo_primary"} 30
skipper_serve_route_duration_seconds_count{code="200",method="GET",route="kube_test__podinfo__all__0__podinfo"} 70
skipper_serve_route_duration_seconds_count{code="404",method="GET",route="unknown"} 5
`;

  it('are told apart by variant', () => {
    expect(readRouteCounts(page(8, 2))).toEqual({
      primary: { requests: 100, errors: 0, seconds: 0 },
      canary: { requests: 10, errors: 2, seconds: 0.5 },
    });
  });

  it('give the rate between two moments, and none without requests', () => {
    const before = readRouteCounts(page(8, 2)).canary;
    const after = readRouteCounts(page(15, 5)).canary;
    expect(rateBetween(before, after, 5)).toEqual({ perSecond: 2, successPercent: 70, meanMs: 0 });
    expect(rateBetween(after, after, 5)).toBeUndefined();
    expect(rateBetween(noRequests, after, 0)).toBeUndefined();
  });
});

describe('the comparison with the guide', () => {
  it.each(['promotion.txt', 'rollback.txt'] as const)('finds all lines of %s, with others between them', (file) => {
    const said = guide(file).flatMap((line) => [line, 'something else']);
    const { missing, lines } = compareWithGuide(file, said);
    expect(missing).toEqual([]);
    expect(lines).toBeGreaterThan(10);
  });

  it('names lines that were not said', () => {
    const said = guide('promotion.txt').filter((line) => !line.includes('weight 25'));
    expect(compareWithGuide('promotion.txt', said).missing).toEqual(['Advance podinfo.test canary weight 25']);
  });

  it('names lines that were said at the wrong place', () => {
    const said = guide('promotion.txt').toReversed();
    expect(compareWithGuide('promotion.txt', said).missing.length).toBeGreaterThan(10);
  });
});
