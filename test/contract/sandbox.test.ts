// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, jest } from '@jest/globals';
import { customResourceDefinitions } from '../../src/api/index.js';
import { systemClock } from '../../src/lib/clock.js';
import { systemRandom } from '../../src/lib/random.js';
import { ApiServer, openApiDoor, type ApiDoor } from '../../src/sandbox/api-server/index.js';
import { startControllers, type Controllers, type PodObject, type PodPlan } from '../../src/sandbox/cluster/index.js';
import { contractCases, controllerContractCases } from './contract-cases.js';

// A busy machine is waited for.
jest.setTimeout(30_000);

let door: ApiDoor;
let controllers: Controllers;

/** Pods come and go as fast as a test may want it. */
const quick = { startMs: 20, readyMs: 20, drainMs: 20 };

function planOf({ spec }: PodObject): PodPlan {
  const isStuck = spec.containers.some(({ image = '' }) => image.includes('unschedulable'));
  return isStuck ? quick : { ...quick, scheduleMs: 20 };
}

beforeAll(async () => {
  const server = new ApiServer({ clock: systemClock, random: systemRandom });
  const definitions = server.resource('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
  for (const definition of customResourceDefinitions()) server.create(definitions, '', definition);
  controllers = startControllers(server, { clock: systemClock, pods: { planOf }, autoscalerSyncMs: 200 });
  door = await openApiDoor(server, { host: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  controllers.stop();
  await door.close();
});

contractCases(() => ({ url: door.url, token: 'any' }));
controllerContractCases(() => ({ url: door.url, token: 'any' }));
