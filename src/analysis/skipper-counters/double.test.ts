// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from '@jest/globals';

import { HttpProbe } from '../../../test/http-probe.js';
import { seededRandom } from '../../../test/seeded-random.js';
import { anIngress, aService, aSnapshot } from '../../../test/skipper-snapshot.js';
import { LoopbackServers } from '../../../test/support/loopback-server.js';
import { systemClock } from '../../lib/clock.js';
import { FakeClock } from '../../lib/fake-clock.js';
import { createHttpClient } from '../../lib/http-client.js';
import { silentLogger } from '../../lib/logger.js';
import { createSkipperDouble, type SkipperDouble } from '../../sandbox/skipper-double/index.js';
import { successPercent } from '../traffic.js';
import { createSkipperCounters, type CounterReading } from './index.js';

const app = { namespace: 'default', ingressName: 'app', serviceName: 'app', mirrored: false };
const probe = new HttpProbe();
const servers = new LoopbackServers();
const http = createHttpClient({ clock: systemClock });
const doubles: SkipperDouble[] = [];

afterEach(async () => {
  probe.close();
  http.close();
  await Promise.all(doubles.map((double) => double.stop()));
  servers.closeAll();
});

/** A Skipper with half of the traffic on a canary that fails. */
async function aReplica(): Promise<{ readonly url: string; readonly supportUrl: string }> {
  const good = await servers.serve((_, response) => void response.end('ok'));
  const bad = await servers.serve((_, response) => void response.writeHead(500).end());
  const address = (url: string): string => new URL(url).host;
  const annotations = {
    'zalando.org/backend-weights': '{"app-primary":50,"app-canary":50}',
    'zalando.org/skipper-predicate': 'Weight(100)',
  };
  const canaryIngress = anIngress('app-canary', { annotations, services: ['app-primary', 'app-canary'] });
  const services = [aService('app', address(good)), aService('app-primary', address(good))];
  const snapshot = aSnapshot([anIngress('app'), canaryIngress], ...services, aService('app-canary', address(bad)));
  const double = createSkipperDouble({
    source: { snapshot: () => Promise.resolve(snapshot) },
    listen: { host: '127.0.0.1', port: 0 },
    support: { host: '127.0.0.1', port: 0 },
    pollMs: 3_000,
    clock: systemClock,
    random: seededRandom(5),
    log: silentLogger,
  });
  doubles.push(double);
  return await double.start();
}

describe('Skipper doubles over HTTP', () => {
  it('are read as two replicas of one Skipper', async () => {
    const replicas = [await aReplica(), await aReplica()];
    const clock = new FakeClock();
    const addresses = replicas.map(({ supportUrl }) => supportUrl);
    const source = { place: 'test', list: () => Promise.resolve(addresses) };
    const counters = createSkipperCounters({ clock, http, log: silentLogger, replicas: source });
    counters.record(app, { windowMs: 60_000, keepMs: 600_000 });

    /** Lets time go on until the reading is as wanted. */
    async function reading(
      isWanted: (seen: Extract<CounterReading, { kind: 'measured' }>) => boolean,
    ): Promise<Extract<CounterReading, { kind: 'measured' }>> {
      const deadlineMs = Date.now() + 5_000;
      for (;;) {
        await clock.advance(100);
        const seen = counters.read(app, { windowMs: 60_000, longestMs: 60_000 });
        if (seen.kind === 'measured' && isWanted(seen)) return seen;
        if (Date.now() > deadlineMs) throw new Error(`Not within 5 s: ${JSON.stringify(seen)}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }

    await reading(({ answeringReplicas }) => answeringReplicas === 2);
    let failed = 0;
    for (let count = 0; count < 20; count += 1) {
      const url = replicas[count % 2]?.url ?? '';
      const { status } = await probe.send({ url, headers: { host: 'app.example.com' } });
      failed += status === 500 ? 1 : 0;
    }
    const { canary, primary } = await reading((seen) => seen.canary.requests + seen.primary.requests === 20);
    expect(failed).toBeGreaterThan(0);
    expect(canary).toMatchObject({ requests: failed, failures: failed });
    expect(primary).toMatchObject({ requests: 20 - failed, failures: 0 });
    expect([successPercent(canary), successPercent(primary)]).toEqual([0, 100]);
    counters.close();
  });
});
