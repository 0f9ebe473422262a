// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpProbe } from '../../../test/http-probe.js';
import { seededRandom } from '../../../test/seeded-random.js';
import { loadSkipperCase, skipperCaseNames, type SkipperCase } from '../../../test/skipper-cases.js';
import { systemClock } from '../../lib/clock.js';
import { silentLogger } from '../../lib/logger.js';
import type { Dial } from './endpoint-pools.js';
import { defaultRouteOptions } from './ingress-routes.js';
import { buildRouteTable, selectRoute, type Route } from './route-table.js';
import { createSkipperDouble, type SkipperDouble } from './skipper-double.js';
import type { TrafficAlgorithm } from './traffic-split.js';

type Counts = Readonly<Record<string, number>>;
type CaseRequest = SkipperCase['requests'][number];

/** As the README of the cases says: shares of 0 and 1 are exact, others within five standard deviations. */
function expectShares(counts: Counts, total: number, expected: Counts): void {
  for (const backend of new Set([...Object.keys(counts), ...Object.keys(expected)])) {
    const share = expected[backend] ?? 0;
    const isExact = share <= 0 || share >= 1;
    const tolerance = isExact ? 1e-9 : 5 * Math.sqrt((share * (1 - share)) / total);
    const distance = Math.abs((counts[backend] ?? 0) / total - share);
    expect({ backend, counts, total, tooFar: distance > tolerance }).toEqual({ backend, counts, total, tooFar: false });
  }
}

function tally(names: readonly string[]): Counts {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, group]) => [name, group.length]));
}

describe.each<TrafficAlgorithm>(['traffic-predicate', 'traffic-segment-predicate'])(
  'selectRoute with %s',
  (algorithm) => {
    const random = seededRandom(1);

    function backendOf(route: Route | undefined, backends: SkipperCase['backends']): string {
      if (route === undefined) return '404 Not Found';
      if (route.backend.kind !== 'network') {
        return route.filters.flatMap(({ args }) => args).join(' ');
      }
      return backends[new URL(route.backend.urls[0]).hostname] ?? 'unknown';
    }

    it.each(skipperCaseNames())('shares the requests of case %s as a real Skipper', (name) => {
      const { objects, requests, backends } = loadSkipperCase(name);
      const table = buildRouteTable(objects, {
        ...defaultRouteOptions,
        trafficAlgorithm: algorithm,
        httpsRedirect: false,
      });
      for (const { host, path, method, headers = {}, count, expect: shares, expectSegment } of requests) {
        const lines = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, [value]]));
        const names = Array.from({ length: count }, () => {
          const selection = selectRoute(table, { host, target: path, method, headers: lines }, random);
          if (selection?.ambiguousWith !== undefined) throw new Error(`${selection.route.id} is ambiguous`);
          return backendOf(selection?.route, backends);
        });
        expectShares(tally(names), count, algorithm === 'traffic-predicate' ? shares : (expectSegment ?? shares));
      }
    });
  },
);

describe('Skipper double', () => {
  /** Requests per expectation over the network; the full number is drawn in the tests of selectRoute above. */
  const maxCount = 60;
  const probe = new HttpProbe();
  const received: string[] = [];
  const servers = new Map<string, Server>();
  let double: SkipperDouble | undefined;

  beforeAll(async () => {
    for (const address of ['10.1.0.1', '10.2.0.1', '10.3.0.1', '10.4.0.1']) {
      const server = createServer((_, response) => {
        received.push(address);
        response.end(address);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      servers.set(address, server);
    }
  });

  afterEach(() => double?.stop());

  afterAll(() => {
    probe.close();
    for (const server of servers.values()) server.close();
  });

  const dial: Dial = ({ host }) => {
    const { port } = servers.get(host)?.address() as AddressInfo;
    return connect({ host: '127.0.0.1', port });
  };

  async function until(condition: () => boolean): Promise<void> {
    const deadlineMs = Date.now() + 2_000;
    while (!condition() && Date.now() < deadlineMs) await new Promise((resolve) => setImmediate(resolve));
  }

  async function answersTo(url: string, { path, host, method, headers }: CaseRequest, count: number) {
    return Promise.all(
      Array.from({ length: count }, async () => {
        const { status, body } = await probe.send({ url: url + path, method, headers: { ...headers, host } });
        return status === 200 ? body : `${status} ${body}`.trim();
      }),
    );
  }

  it.each(skipperCaseNames())('answers the requests of case %s as a real Skipper', async (name) => {
    const { objects, requests, backends } = loadSkipperCase(name);
    double = createSkipperDouble({
      source: { snapshot: () => Promise.resolve(objects) },
      listen: { host: '127.0.0.1', port: 0 },
      support: { host: '127.0.0.1', port: 0 },
      pollMs: 60_000,
      clock: systemClock,
      random: seededRandom(2),
      log: silentLogger,
      dial,
      routes: { httpsRedirect: false },
    });
    const { url } = await double.start();
    const nameOf = (answer: string): string => backends[answer] ?? answer;
    for (const request of requests) {
      received.length = 0;
      const count = Math.min(request.count, maxCount);
      const answers = await answersTo(url, request, count);
      expectShares(tally(answers.map(nameOf)), count, request.expect);
      if (request.expectReceived === undefined) continue;
      const wanted = Object.entries(request.expectReceived)
        .filter(([, perRequest]) => Number.isInteger(perRequest))
        .map(([backend, perRequest]) => ({ backend, total: perRequest * count }));
      const seen = (backend: string): number => tally(received.map(nameOf))[backend] ?? 0;
      await until(() => wanted.every(({ backend, total }) => seen(backend) >= total));
      for (const { backend, total } of wanted) expect({ backend, total: seen(backend) }).toEqual({ backend, total });
    }
    expect(double.ambiguous()).toBe(0);
  });
});
