// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { loadSkipperCase, skipperCaseNames } from '../../../test/skipper-cases.js';
import { renderRoute } from './eskip.js';
import { defaultRouteOptions } from './ingress-routes.js';
import { anIngress, aService, aSnapshot } from '../../../test/skipper-snapshot.js';
import { buildRouteTable, selectRoute, type RouteTable } from './route-table.js';
import type { RoutedRequest } from './routed-request.js';
import type { Snapshot } from './snapshot.js';
import type { StringMap } from '../../api/index.js';
import type { TrafficAlgorithm } from './traffic-split.js';

const algorithms: readonly TrafficAlgorithm[] = ['traffic-predicate', 'traffic-segment-predicate'];

describe.each(algorithms)('buildRouteTable with %s', (trafficAlgorithm) => {
  it.each(skipperCaseNames())('makes the routes of a real Skipper in case %s', (name) => {
    const { objects, routes } = loadSkipperCase(name);
    const table = buildRouteTable(objects, { ...defaultRouteOptions, trafficAlgorithm, httpsRedirect: false });
    const lines = table.routes.map((route) => `${route.id}: ${renderRoute(route)}`).sort();
    expect(lines).toEqual([...routes[trafficAlgorithm]].sort());
  });
});

const app = aService('app', '10.0.0.1');

/** The table of one Ingress for app.example.com with these annotations. */
function tableWith(annotations: StringMap): RouteTable {
  return buildRouteTable(aSnapshot([anIngress('app', { annotations })], app), {
    ...defaultRouteOptions,
    httpsRedirect: false,
  });
}

function tableOf(predicates: string): RouteTable {
  return tableWith({ 'zalando.org/skipper-predicate': predicates });
}

function select(table: RouteTable, request: Partial<RoutedRequest> = {}, draw = 0.5): string | undefined {
  const full = { method: 'GET', host: 'app.example.com', target: '/', headers: {}, ...request };
  return selectRoute(table, full, () => draw)?.route.id.replace(/__app_example_com.*/, '');
}

describe('selectRoute', () => {
  it.each<[string, Partial<RoutedRequest>, boolean]>([
    ['False()', {}, false],
    ['True()', {}, true],
    ['Method("post")', { method: 'POST' }, true],
    ['Methods("GET", "PUT")', { method: 'POST' }, false],
    ['Header("X-A", "0")', { headers: { 'x-a': ['0,1'] } }, false],
    ['Header("X-A", "1")', { headers: { 'x-a': ['0', '1'] } }, true],
    ['HeaderRegexp("X-A", "^b")', { headers: { 'x-a': ['a', 'bc'] } }, true],
    ['Cookie("c", "^r2$")', { headers: { cookie: ['b=1; c="r2"'] } }, true],
    ['Cookie("c", "r")', {}, false],
    ['Cookie("c", "^r2$")', { headers: { cookie: ['c=r2; c=r1'] } }, true],
    ['Cookie("c", "^r2$")', { headers: { cookie: ['c=r1; c=r2'] } }, false],
    ['QueryParam("v")', { target: '/?v' }, true],
    ['QueryParam("v", "^alpha$")', { target: '/?v=beta&v=alpha' }, true],
    ['QueryParam("v", "^alpha$")', { target: '/?v=beta' }, false],
    ['PathRegexp("[.]html$")', { target: '/a.html?b' }, true],
    ['PathRegexp("[.]html$")', { target: '/a?b.html' }, false],
    ['Path("/users/:id/posts")', { target: '/users/7/posts' }, true],
    ['Path("/users/:id/posts")', { target: '/users/7' }, false],
    ['Path("/files/**")', { target: '/files/a/b' }, true],
    ['Tee("k")', { headers: { 'x-tee-loopback-key': ['k'] } }, true],
    ['Tee("k")', {}, false],
    ['Traffic(0.5)', {}, false],
    ['Traffic(0.51)', {}, true],
    ['Traffic(0, "c", "a")', { headers: { cookie: ['c=a'] } }, true],
    ['Traffic(1, "c", "a")', { headers: { cookie: ['c=b'] } }, false],
    ['TrafficSegment(0.5, 0.6)', {}, true],
    ['TrafficSegment(0.4, 0.5)', {}, false],
  ])('%s on %j is %s', (predicates, request, matches) => {
    expect(select(tableOf(predicates), request) !== undefined).toBe(matches);
  });

  it('draws for each Traffic() anew and once per request for all segments', () => {
    const draws = [0.9, 0.1];
    const table = tableOf('Traffic(0.95) && Traffic(0.05)');
    const request = { method: 'GET', host: 'app.example.com', target: '/', headers: {} };
    expect(selectRoute(table, request, () => draws.shift() ?? 0)).toBeUndefined();
    expect(draws).toEqual([]);
    const segments = tableOf('TrafficSegment(0, 0.5) && TrafficSegment(0.2, 0.4)');
    const drawn = [0.3, 0.9];
    expect(selectRoute(segments, request, () => drawn.shift() ?? 0)).toBeDefined();
    expect(drawn).toEqual([0.9]);
  });

  it('prefers an exact path to a subtree, a longer subtree to a shorter one, and any path to none', () => {
    const at = (name: string, path: string, pathType: string) => anIngress(name, { path: { path, pathType } });
    const table = buildRouteTable(
      aSnapshot(
        [
          at('none', '', 'Prefix'),
          at('root', '/', 'Prefix'),
          at('api', '/api/', 'Prefix'),
          at('exact', '/api', 'Exact'),
        ],
        app,
      ),
      { ...defaultRouteOptions, httpsRedirect: false },
    );
    const winners = ['/api', '/api/', '/api/x?/y', '/apis', '/'].map((target) => select(table, { target }));
    expect(winners).toEqual(['exact', 'api', 'api', 'root', 'root'].map((name) => `kube_default__${name}`));
  });

  it('reports a second route with the same right', () => {
    const table = buildRouteTable(aSnapshot([anIngress('a'), anIngress('b')], app));
    const request = { method: 'GET', host: 'app.example.com', target: '/', headers: {} };
    expect(selectRoute(table, request, Math.random)?.ambiguousWith?.id).toBe(
      'kube_default__b__app_example_com_____app',
    );
  });

  it('matches any host with a rule that has none, and none with a wildcard', () => {
    const hostless = buildRouteTable(aSnapshot([anIngress('app', { host: '' })], app));
    expect(selectRoute(hostless, { method: 'GET', host: 'x.io', target: '/', headers: {} }, Math.random)).toBeDefined();
    const wildcard = buildRouteTable(aSnapshot([anIngress('app', { host: '*.example.com' })], app));
    expect([wildcard.routes, wildcard.dropped.map(({ reason }) => reason)]).toEqual([
      [],
      ['invalid_predicate_params', 'invalid_predicate_params'],
    ]);
  });
});

describe('buildRouteTable', () => {
  it.each([
    ['zalando.org/skipper-predicate', 'Foo()', 'unknown_predicate'],
    ['zalando.org/skipper-predicate', 'Traffic(2)', 'invalid_predicate_params'],
    ['zalando.org/skipper-predicate', 'Traffic(0.1, "c")', 'invalid_predicate_params'],
    ['zalando.org/skipper-predicate', 'Weight("1")', 'invalid_predicate_params'],
    ['zalando.org/skipper-predicate', 'Header("X")', 'invalid_predicate_params'],
    ['zalando.org/skipper-predicate', 'Path("/a") && Path("/b")', 'other'],
    ['zalando.org/skipper-filter', 'nope()', 'unknown_filter'],
    ['zalando.org/skipper-filter', 'status("x")', 'invalid_filter_params'],
    ['zalando.org/skipper-filter', 'responseCookie("c", "v", 1, "always")', 'invalid_filter_params'],
    ['zalando.org/skipper-filter', 'tee("http://shadow")', 'not_modelled'],
  ])('drops the route for %s %s: %s', (annotation, text, reason) => {
    const table = tableWith({ [annotation]: text });
    expect([table.routes, table.dropped.map((dropped) => dropped.reason)]).toEqual([[], [reason]]);
  });

  it.each([
    ['a syntax error', { 'zalando.org/skipper-routes': 'x: Foo( -> <shunt>' }, /is dropped: Eskip syntax error/],
    ['string weights', { 'zalando.org/backend-weights': '{"app":"1"}' }, /backend-weights of app/],
  ])('reports %s', (_, annotations, problem) => {
    expect(tableWith(annotations).problems.join()).toMatch(problem);
  });

  it('takes filters that cannot be seen from outside without effect', () => {
    expect(tableWith({ 'zalando.org/skipper-filter': 'fadeIn("10s") -> flowId()' }).routes).toHaveLength(1);
  });

  it.each([
    ['kubernetes-ingress', '/implx', true],
    ['path-regexp', '/x/impl', true],
    ['path-prefix', '/implx', false],
  ])('matches a path of no type in mode %s on %s: %s', (mode, target, matches) => {
    const ingress = anIngress('app', {
      annotations: { 'zalando.org/skipper-ingress-path-mode': mode },
      path: { path: '/impl', pathType: 'ImplementationSpecific' },
    });
    expect(select(buildRouteTable(aSnapshot([ingress], app)), { target }) !== undefined).toBe(matches);
  });

  it('leaves out addresses that are not ready or terminating, and knows each only once', () => {
    const endpoint = (address: string, conditions: object) => ({ addresses: [address], conditions });
    const { services, endpointSlices } = aService('app', '10.0.0.1');
    const [slice] = endpointSlices;
    const snapshot: Snapshot = {
      ingresses: [anIngress('app')],
      services,
      endpointSlices: [
        ...endpointSlices,
        {
          metadata: slice?.metadata ?? { name: '' },
          ports: slice?.ports ?? [],
          endpoints: [
            endpoint('10.0.0.1', { ready: true }),
            endpoint('10.0.0.2', {}),
            endpoint('10.0.0.3', { ready: false }),
            endpoint('10.0.0.4', { ready: true, serving: true, terminating: true }),
          ],
        },
      ],
    };
    expect(buildRouteTable(snapshot).routes[0]?.backend).toMatchObject({
      urls: ['http://10.0.0.1:9898', 'http://10.0.0.2:9898'],
    });
  });
});
