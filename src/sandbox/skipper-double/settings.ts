// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { parseDurationMs } from '../../lib/duration.js';
import { FlagError, parseGoFlags, type FlagSpec } from './go-flags.js';
import { compileGoRegexp } from './go-regexp.js';
import { defaultRouteOptions, type RouteOptions } from './ingress-routes.js';
import type { KubernetesSourceOptions } from './kubernetes-source.js';
import type { ListenAddress } from './listener.js';
import type { PathMode } from './path-predicates.js';
import { defaultProxyOptions, type ProxyOptions } from './proxy.js';
import { defaultMetricsOptions, type SkipperMetricsOptions } from './skipper-metrics.js';
import type { TrafficAlgorithm } from './traffic-split.js';

const text = (fallback: string, help: string): FlagSpec => ({ kind: 'text', fallback, help });
const flag = (fallback: boolean, help: string): FlagSpec => ({ kind: 'boolean', fallback: String(fallback), help });
const ignored = 'Accepted and without effect, so that the command line of a real Skipper works.';

/** Names, meaning and defaults are those of the real Skipper; the last two exist only here. */
export const skipperFlags = {
  address: text(':9090', 'Where clients are served.'),
  'support-listener': text(':9911', 'Where /metrics and /routes are served.'),
  'source-poll-timeout': text('3000', 'Milliseconds between two reads of the cluster.'),
  'application-log-level': text('INFO', 'DEBUG, INFO, WARN or ERROR.'),
  'kubernetes-url': text('http://localhost:8001', 'Address of the API server.'),
  'kubernetes-namespace': text('', 'Read only this namespace.'),
  'kubernetes-ingress-class': text('skipper', 'Pattern for the class of an Ingress.'),
  'kubernetes-path-mode': text('kubernetes-ingress', 'kubernetes-ingress, path-regexp or path-prefix.'),
  'kubernetes-backend-traffic-algorithm': text('traffic-predicate', 'Or traffic-segment-predicate.'),
  'kubernetes-https-redirect': flag(true, 'Redirect requests with X-Forwarded-Proto: http.'),
  'kubernetes-https-redirect-code': text('308', 'Status of these redirects.'),
  'proxy-preserve-host': flag(false, "Pass the client's Host header to the backends."),
  'max-loopbacks': text('9', 'Copies and loopbacks that one request may cause.'),
  'response-header-timeout-backend': text('1m0s', 'Longest wait for the head of an answer.'),
  'histogram-metric-buckets': text('', 'Upper bounds in seconds, separated by commas.'),
  'serve-route-metrics': flag(false, 'Export serve_route_duration_seconds.'),
  'serve-host-metrics': flag(false, 'Export serve_host_duration_seconds.'),
  'route-response-metrics': flag(true, 'Export response_duration_seconds.'),
  kubernetes: flag(true, ignored),
  'metrics-flavour': text('prometheus', ignored),
  'enable-kubernetes-endpointslices': flag(true, ignored),
  'route-backend-metrics': flag(true, ignored),
  'enable-connection-metrics': flag(false, ignored),
  'kubernetes-in-cluster': flag(false, ignored),
  'whitelisted-healthcheck-cidr': text('', ignored),
  'metrics-exp-decay-sample': flag(false, ignored),
  'route-backend-error-counters': flag(false, ignored),
  'wait-first-route-load': flag(true, ignored),
  'wait-for-healthcheck-interval': text('0s', ignored),
  'access-log-disabled': flag(true, ignored),
  'kubernetes-token-file': text('', "File with the bearer token for the API server (the double's own flag)."),
  'kubernetes-ca-file': text('', "File with the API server's certificate authority (the double's own flag)."),
} as const satisfies Readonly<Record<string, FlagSpec>>;

type FlagName = keyof typeof skipperFlags;
type FlagValues = Readonly<Record<FlagName, string>>;

export interface SkipperSettings {
  readonly listen: ListenAddress;
  readonly support: ListenAddress;
  readonly pollMs: number;
  readonly logLevel: string;
  readonly source: KubernetesSourceOptions;
  readonly routes: RouteOptions;
  readonly proxy: ProxyOptions;
  readonly metrics: SkipperMetricsOptions;
}

/**
 * Reads the command line of the double.
 * @throws FlagError
 */
export function parseSettings(args: readonly string[]): SkipperSettings {
  const values = parseGoFlags(args, skipperFlags);
  return {
    listen: addressOf(values, 'address'),
    support: addressOf(values, 'support-listener'),
    pollMs: wholeNumber(values, 'source-poll-timeout'),
    logLevel: oneOf(values, 'application-log-level', ['DEBUG', 'INFO', 'WARN', 'ERROR']).toLowerCase(),
    source: sourceOf(values),
    routes: routesOf(values),
    proxy: {
      ...defaultProxyOptions,
      preserveHost: isTrue(values, 'proxy-preserve-host'),
      maxLoopbacks: wholeNumber(values, 'max-loopbacks'),
      backendTimeoutMs:
        parseDurationMs(values['response-header-timeout-backend']) ?? fail(values, 'response-header-timeout-backend'),
    },
    metrics: {
      bucketsSeconds: bucketsOf(values),
      serveRoute: isTrue(values, 'serve-route-metrics'),
      serveHost: isTrue(values, 'serve-host-metrics'),
      response: isTrue(values, 'route-response-metrics'),
    },
  };
}

function sourceOf(values: FlagValues): KubernetesSourceOptions {
  const tokenFile = values['kubernetes-token-file'];
  const authorityFile = values['kubernetes-ca-file'];
  const namespace = values['kubernetes-namespace'];
  return {
    baseUrl: values['kubernetes-url'],
    ...(tokenFile === '' ? {} : { bearerToken: () => readFileSync(tokenFile, 'utf8').trim() }),
    ...(authorityFile === '' ? {} : { certificateAuthority: readFileSync(authorityFile, 'utf8') }),
    ...(namespace === '' ? {} : { namespace }),
  };
}

function routesOf(values: FlagValues): RouteOptions {
  return {
    ...defaultRouteOptions,
    ingressClass: compileGoRegexp(values['kubernetes-ingress-class']) ?? fail(values, 'kubernetes-ingress-class'),
    pathMode: oneOf<PathMode>(values, 'kubernetes-path-mode', ['kubernetes-ingress', 'path-regexp', 'path-prefix']),
    trafficAlgorithm: oneOf<TrafficAlgorithm>(values, 'kubernetes-backend-traffic-algorithm', [
      'traffic-predicate',
      'traffic-segment-predicate',
    ]),
    httpsRedirect: isTrue(values, 'kubernetes-https-redirect'),
    httpsRedirectCode: wholeNumber(values, 'kubernetes-https-redirect-code'),
  };
}

function bucketsOf(values: FlagValues): readonly number[] {
  const list = values['histogram-metric-buckets'];
  if (list === '') return defaultMetricsOptions.bucketsSeconds;
  const bounds = list.split(',').map((bound) => (bound.trim() === '' ? Number.NaN : Number(bound)));
  return bounds.some(Number.isNaN) ? fail(values, 'histogram-metric-buckets') : bounds;
}

/** `host:port`, where no host means all addresses. */
function addressOf(values: FlagValues, name: FlagName): ListenAddress {
  const [, host = '', port = ''] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(values[name]) ?? [];
  return port === '' ? fail(values, name) : { host: host === '' ? '0.0.0.0' : host, port: Number(port) };
}

function wholeNumber(values: FlagValues, name: FlagName): number {
  return /^\d+$/.test(values[name]) ? Number(values[name]) : fail(values, name);
}

function isTrue(values: FlagValues, name: FlagName): boolean {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(values[name])) return true;
  return ['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(values[name]) ? false : fail(values, name);
}

function oneOf<T extends string>(values: FlagValues, name: FlagName, allowed: readonly T[]): T {
  return allowed.find((candidate) => candidate === values[name]) ?? fail(values, name);
}

function fail(values: FlagValues, name: FlagName): never {
  throw new FlagError(`Flag -${name} cannot be ${JSON.stringify(values[name])}`);
}
