// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { FlagError } from './go-flags.js';
import { parseSettings } from './settings.js';

describe('parseSettings', () => {
  it("has the real Skipper's defaults", () => {
    expect(parseSettings([])).toMatchObject({
      listen: { host: '0.0.0.0', port: 9090 },
      support: { host: '0.0.0.0', port: 9911 },
      pollMs: 3_000,
      routes: { pathMode: 'kubernetes-ingress', trafficAlgorithm: 'traffic-predicate', httpsRedirect: true },
      metrics: { serveRoute: false, serveHost: false, response: true },
    });
  });

  it('reads flags in all spellings of Go', () => {
    const settings = parseSettings([
      '-address=127.0.0.1:8080',
      '--support-listener',
      '[::1]:9000',
      '-kubernetes',
      '-kubernetes-path-mode=path-prefix',
      '-kubernetes-https-redirect=false',
      '-source-poll-timeout=300',
      '-serve-route-metrics',
      '-histogram-metric-buckets=.01,1,10,100',
      '-response-header-timeout-backend=2s',
    ]);
    expect(settings).toMatchObject({
      listen: { host: '127.0.0.1', port: 8080 },
      support: { host: '::1', port: 9000 },
      pollMs: 300,
      routes: { pathMode: 'path-prefix', httpsRedirect: false },
      proxy: { backendTimeoutMs: 2_000 },
      metrics: { serveRoute: true, bucketsSeconds: [0.01, 1, 10, 100] },
    });
  });

  it("accepts the whole command line of Flagger's guide for Skipper", () => {
    const guide = [
      '-enable-connection-metrics',
      '-histogram-metric-buckets=.01,1,10,100',
      '-kubernetes',
      '-kubernetes-in-cluster',
      '-kubernetes-path-mode=path-prefix',
      '-metrics-exp-decay-sample',
      '-metrics-flavour=prometheus',
      '-route-backend-error-counters',
      '-route-backend-metrics',
      '-route-response-metrics',
      '-serve-host-metrics',
      '-serve-route-metrics',
      '-whitelisted-healthcheck-cidr=0.0.0.0/0',
    ];
    expect(parseSettings(guide).metrics).toMatchObject({ serveRoute: true, serveHost: true, response: true });
  });

  it.each([
    ['an unknown flag', ['-nope']],
    ['an argument that is no flag', ['serve']],
    ['a missing value', ['-address']],
    ['a port that is none', ['-address=localhost']],
    ['a number that is none', ['-source-poll-timeout=3s']],
    ['a boolean that is none', ['-kubernetes-https-redirect=no']],
    ['an unknown path mode', ['-kubernetes-path-mode=glob']],
    ['broken buckets', ['-histogram-metric-buckets=1,,2']],
    ['a broken class pattern', ['-kubernetes-ingress-class=[']],
  ])('refuses %s', (_, args) => {
    expect(() => parseSettings(args)).toThrow(FlagError);
  });
});
