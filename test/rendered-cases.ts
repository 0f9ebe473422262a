// SPDX-License-Identifier: Apache-2.0
/*
 * Cases like those that were observed on a real Skipper, but with Ingresses that this program rendered. Their files in
 * test/fixtures/skipper-cases are written by hack/record-skipper-cases.ts, which asks a real Skipper.
 */
import type { Ingress, OwnerReference, StringMap } from '../src/api/kubernetes.js';
import type { MatchCondition, SessionAffinity } from '../src/api/rollout-spec.js';
import type { RouteIntent, Split } from '../src/skipper/index.js';
import { mirrorGroup, renderRouteSet, toolMetadata } from '../src/skipper/index.js';
import type { SkipperCase } from './skipper-cases.js';

export interface RenderedCase {
  readonly name: string;
  readonly description: string;
  readonly ingresses: readonly Ingress[];
  readonly requests: readonly SkipperCase['requests'][number][];
}

const owner: OwnerReference = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  name: 'app',
  uid: '269d1e85-17ac-42ca-98fe-58061b734c03',
  controller: true,
  blockOwnerDeletion: true,
};

/** An app at `<name>.example.com`, with the Ingresses that the operator makes for it. */
function anApp(
  name: string,
  intent: Partial<RouteIntent>,
  split: Split,
  annotations: StringMap = {},
): readonly Ingress[] {
  const backend = { service: { name: 'app', port: { number: 80 } } };
  const apex: Ingress = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'default', annotations, labels: { case: '1' } },
    spec: { rules: [{ host: `${name}.example.com`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
  };
  const rendered = renderRouteSet({
    apex,
    observed: { main: undefined, helpers: new Map() },
    owner,
    serviceName: 'app',
    intent: { canaryWeight: 20, enabled: true, changedAt: '2026-11-23T09:02:15.123Z', shape: 'shape', ...intent },
    excludedMetadata: toolMetadata,
    split,
  });
  return [apex, ...rendered];
}

type Shares = Readonly<Record<string, number>>;
type RequestParts = Partial<SkipperCase['requests'][number]>;

/** Requests to an app and who answers them. */
function to(
  app: string,
  headers: StringMap,
  expect: Shares,
  parts: RequestParts = {},
): SkipperCase['requests'][number] {
  const isDrawn = Object.values(expect).some((share) => share > 0 && share < 1);
  return {
    host: `${app}.example.com`,
    path: '/',
    method: 'GET',
    ...(Object.keys(headers).length > 0 && { headers }),
    count: isDrawn ? 2_000 : 100,
    expect,
    ...parts,
  };
}

function matching(...entries: readonly Partial<MatchCondition>[]): Split {
  return {
    kind: 'match',
    match: entries.map((entry) => ({ headers: {}, queryParams: {}, sourceLabels: {}, ...entry })),
  };
}

const all: Partial<RouteIntent> = { canaryWeight: 100 };
const onlyApp = { app: 1 };
const onlyCanary = { 'app-canary': 1 };

const alternatives = matching(
  { headers: { 'X-Canary': { exact: 'insider' } } },
  { headers: { cookie: { regex: '^(.*?;\\s*)?(canary=always)(;.*)?$' } } },
  { headers: { 'User-Agent': { regex: '(?i).*firefox.*' }, 'X-A': { exact: '1' } } },
);

const abTesting: RenderedCase = {
  name: '16-rendered-ab-testing',
  description:
    'A/B testing as the operator renders it: one Ingress per alternative, the first outranking the next; values with quotes, backslashes, && and slashes; exact, prefix, suffix and regex; query parameters; switched off; for everybody.',
  ingresses: [
    ...anApp('a', all, alternatives, { 'zalando.org/skipper-predicate': 'Methods("GET", "POST")' }),
    ...anApp(
      'b',
      all,
      matching({ headers: { 'X-Q': { exact: 'a"b && c' } } }, { headers: { 'X-Q': { regex: 'v\\d+/a' } } }),
    ),
    ...anApp('c', all, matching({ headers: { 'X-P': { prefix: 'v1.' } } }, { headers: { 'X-S': { suffix: '\\+z' } } })),
    ...anApp(
      'd',
      all,
      matching({ queryParams: { v: { exact: 'a.b' } } }, { queryParams: { w: { prefix: 'x' }, u: {} } }),
    ),
    ...anApp('e', { enabled: false }, alternatives),
    ...anApp('f', { ...all, everybody: true }, alternatives),
  ],
  requests: [
    to('a', {}, onlyApp),
    to('a', { 'x-canary': 'insider' }, onlyCanary),
    to('a', { 'x-canary': 'insiders' }, onlyApp),
    to('a', { 'x-canary': 'insider' }, onlyCanary, { method: 'POST' }),
    to('a', { 'x-canary': 'insider' }, { '404 Not Found': 1 }, { method: 'PUT' }),
    to('a', { cookie: 'a=b; canary=always; c=d' }, onlyCanary),
    to('a', { cookie: 'xcanary=always' }, onlyApp),
    to('a', { 'user-agent': 'Mozilla FIREFOX/1', 'x-a': '1' }, onlyCanary),
    to('a', { 'user-agent': 'Mozilla FIREFOX/1' }, onlyApp),
    to('a', { 'x-canary': 'insider', cookie: 'canary=always', 'user-agent': 'firefox', 'x-a': '1' }, onlyCanary),
    to('b', { 'x-q': 'a"b && c' }, onlyCanary),
    to('b', { 'x-q': 'a"b' }, onlyApp),
    to('b', { 'x-q': 'v12/a' }, onlyCanary),
    to('b', { 'x-q': 'v12/ab' }, onlyApp),
    to('c', { 'x-p': 'v1.7' }, onlyCanary),
    to('c', { 'x-p': 'v17' }, onlyApp),
    to('c', { 'x-s': 'a\\+z' }, onlyCanary),
    to('c', { 'x-s': 'a\\z' }, onlyApp),
    to('d', {}, onlyCanary, { path: '/?v=a.b' }),
    to('d', {}, onlyApp, { path: '/?v=aXb' }),
    to('d', {}, onlyCanary, { path: '/?u=&w=xyz' }),
    to('d', {}, onlyApp, { path: '/?w=xyz' }),
    to('e', { 'x-canary': 'insider' }, onlyApp),
    to('f', {}, onlyCanary),
    to('f', { 'x-canary': 'insider' }, onlyCanary),
  ],
};

const byWeight: Split = { kind: 'weights' };

function copied(percent: number, phase: 'shadow' | 'on' = 'on'): Partial<RouteIntent> {
  return { canaryWeight: 0, enabled: false, mirror: { phase, group: mirrorGroup('7d1f'), percent } };
}

const mirroring: RenderedCase = {
  name: '17-rendered-mirroring',
  description:
    'Mirroring as the operator renders it: all and 20 % of the requests; with filters of the apex that change the path, which copies must not meet before they are routed; a route for copies of which there are none; copies while the canary has no answer to give.',
  ingresses: [
    ...anApp('a', copied(100), byWeight),
    ...anApp('b', copied(20), byWeight),
    ...anApp('c', copied(100), byWeight, {
      'zalando.org/skipper-predicate': 'Path("/shop")',
      'zalando.org/skipper-filter': 'setPath("/elsewhere")',
    }),
    ...anApp('d', copied(100, 'shadow'), byWeight),
  ],
  requests: [
    to('a', {}, { 'app-primary': 1 }, { expectReceived: { 'app-primary': 1, 'app-canary': 1 } }),
    to('a', {}, { 'app-primary': 1 }, { method: 'POST', expectReceived: { 'app-primary': 1, 'app-canary': 1 } }),
    to('a', { 'x-tee-loopback-key': 'a.default' }, { 'app-primary': 1 }),
    to(
      'b',
      {},
      { app: 0.8, 'app-primary': 0.2 },
      { expectReceived: { app: 0.8, 'app-primary': 0.2, 'app-canary': 0.2 } },
    ),
    to('c', {}, { 'app-primary': 1 }, { path: '/shop', expectReceived: { 'app-primary': 1, 'app-canary': 1 } }),
    to('d', {}, onlyApp, { expectReceived: { app: 1 } }),
  ],
};

const options: SessionAffinity = {
  cookieName: 'c',
  maxAge: 3_600,
  httpOnly: false,
  secure: false,
  partitioned: false,
};
const sticky: Split = {
  kind: 'affinity',
  affinity: options,
  canaryCookie: { name: 'c', value: 'r2' },
  primaryCookie: undefined,
};
const held: Split = { ...sticky, primaryCookie: { name: 'p', value: 'r2' } };

const sessionAffinity: RenderedCase = {
  name: '18-rendered-session-affinity',
  description:
    'Session affinity as the operator renders it. a: who met the canary stays there, cookies of another rollout take part in the draw. b: who met the primary stays there as well. c: at weight 100 nobody is held on the primary. d: switched off. e: a tenth of a percent.',
  ingresses: [
    ...anApp('a', {}, sticky),
    ...anApp('b', {}, held),
    ...anApp('c', all, held),
    ...anApp('d', { enabled: false }, held),
    ...anApp('e', { canaryWeight: 0.1 }, sticky),
  ],
  requests: [
    to('a', {}, { app: 0.8, 'app-canary': 0.2 }),
    to('a', { cookie: 'c=r2' }, onlyCanary),
    to('a', { cookie: 'c=r1' }, { app: 0.8, 'app-canary': 0.2 }),
    to('a', { cookie: 'c=r22' }, { app: 0.8, 'app-canary': 0.2 }),
    to('a', { cookie: 'c=r1; lang=en; c=r2' }, onlyCanary),
    to('a', { cookie: 'c=r2;c=r1' }, onlyCanary),
    to('a', { cookie: 'cc=r2; c2=r2; x=c=r2' }, { app: 0.8, 'app-canary': 0.2 }),
    to('b', {}, { 'app-primary': 0.8, 'app-canary': 0.2 }),
    to('b', { cookie: 'c=r2' }, onlyCanary),
    to('b', { cookie: 'p=r2' }, { 'app-primary': 1 }),
    to('b', { cookie: 'p=r2; c=r2' }, onlyCanary),
    to('b', { cookie: 'p=r1; p=r2' }, { 'app-primary': 1 }),
    to('b', { cookie: 'p=r1; c=r1' }, { 'app-primary': 0.8, 'app-canary': 0.2 }),
    to('c', {}, onlyCanary),
    to('c', { cookie: 'p=r2' }, onlyCanary),
    to('d', { cookie: 'c=r2' }, onlyApp),
    to('d', { cookie: 'p=r2' }, onlyApp),
    to('e', {}, { app: 0.999, 'app-canary': 0.001 }, { count: 10_000 }),
  ],
};

export const renderedCases: readonly RenderedCase[] = [abTesting, mirroring, sessionAffinity];
