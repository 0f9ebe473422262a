// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { loadSkipperCase, skipperCaseNames } from '../../../test/skipper-cases.js';
import { renderRoute } from './eskip.js';
import { defaultRouteOptions } from './ingress-routes.js';
import { buildRouteTable } from './route-table.js';
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
