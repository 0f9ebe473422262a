// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../api/index.js';
import { FakeClock } from '../../lib/fake-clock.js';
import { ApiServer, type ResourceType, type ServedObject } from '../api-server/index.js';
import type { PodPlan } from './pod-runner.js';
import { startControllers, type Controllers, type ControllersOptions } from './start-controllers.js';

/** A cluster in simulated time, for tests of controllers. */
export class TestCluster {
  readonly clock = new FakeClock();
  readonly api: ApiServer;
  readonly controllers: Controllers;
  readonly started: string[] = [];
  readonly stopped: string[] = [];
  /** How all pods come and go; may be changed at any time. */
  plan: PodPlan = { scheduleMs: 100, startMs: 900, readyMs: 1_000, drainMs: 2_000 };

  constructor(options: Partial<ControllersOptions> = {}) {
    // The same order of names in every run.
    let drawn = 0;
    const random = (): number => ((drawn += 1) * 0.618_033_988_749) % 1;
    this.api = new ApiServer({ clock: this.clock, random });
    this.api.create(this.kind('namespaces'), '', { metadata: { name: 'test' } });
    this.controllers = startControllers(this.api, {
      clock: this.clock,
      pods: {
        planOf: () => this.plan,
        onStarted: (_pod, address) => this.started.push(address),
        onStopped: (_pod, address) => this.stopped.push(address),
      },
      ...options,
    });
  }

  kind(plural: string): ResourceType {
    const found = this.api.registry.all().find((resource) => resource.plural === plural);
    if (found === undefined) throw new Error(`No kind ${plural}`);
    return found;
  }

  create(plural: string, object: object): ServedObject {
    return this.api.create(this.kind(plural), 'test', object).object;
  }

  get(plural: string, name: string): ServedObject {
    return this.api.get(this.kind(plural), keyIn(name));
  }

  list(plural: string): readonly ServedObject[] {
    return this.api.list(this.kind(plural), { namespace: 'test' }).items;
  }

  merge(plural: string, name: string, patch: Readonly<Record<string, unknown>>): ServedObject {
    return this.api.patch(this.kind(plural), keyIn(name), { kind: 'merge', patch }).object;
  }

  /** All states that objects of a kind go through while the time passes, oldest first. */
  async during(plural: string, ms: number): Promise<readonly ServedObject[]> {
    const resourceVersion = this.api.resourceVersion;
    await this.clock.advance(ms);
    const watch = this.api.watch(this.kind(plural), { namespace: 'test', resourceVersion, onEvents: () => undefined });
    const states = watch.take().map(({ object }) => object);
    watch.stop();
    return states;
  }
}

function keyIn(name: string): ObjectKey {
  return { namespace: 'test', name };
}

/** A Deployment as a user writes it. */
export function aDeployment(name: string, spec: object = {}, image = 'web:1.0'): object {
  return {
    metadata: { name },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: name } },
      template: aTemplate(name, image),
      ...spec,
    },
  };
}

export function aTemplate(name: string, image: string): object {
  return {
    metadata: { labels: { app: name } },
    spec: { containers: [{ name: 'web', image, ports: [{ name: 'http', containerPort: 9898 }] }] },
  };
}
