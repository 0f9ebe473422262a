// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll } from '@jest/globals';
import { customResourceDefinitions } from '../../src/api/index.js';
import { systemClock } from '../../src/lib/clock.js';
import { systemRandom } from '../../src/lib/random.js';
import { ApiServer, openApiDoor, type ApiDoor } from '../../src/sandbox/api-server/index.js';
import { contractCases } from './contract-cases.js';

let door: ApiDoor;

beforeAll(async () => {
  const server = new ApiServer({ clock: systemClock, random: systemRandom });
  const definitions = server.resource('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
  for (const definition of customResourceDefinitions()) server.create(definitions, '', definition);
  door = await openApiDoor(server, { host: '127.0.0.1', port: 0 });
});

afterAll(() => door.close());

contractCases(() => ({ url: door.url, token: 'any' }));
