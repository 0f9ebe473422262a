// SPDX-License-Identifier: Apache-2.0
import type { Canary, CanaryStatus, Deployment, Ingress, Phase, Service } from '../../../src/api/index.js';
import { skipperPredicateAnnotation, skipperWeightsAnnotation } from '../../../src/api/index.js';
import { ApiFailure, api, resourcePath } from '../bench/api.js';
import { type WaitOptions, waitFor } from '../bench/wait.js';
import { messagesOf } from './events.js';
import type { Patch } from './merge-patch.js';

/** What is sent where, by the canary Ingress. */
export interface Routes {
  readonly primary: number;
  readonly canary: number;
  readonly predicate: string;
}

/** One app of the tests: podinfo under some name in some namespace, with its own host name. */
export class App {
  constructor(
    readonly namespace: string,
    readonly name = 'podinfo',
    readonly host = `${name}.${namespace}.example.com`,
    /** What runs the pods of target and primary. */
    readonly workloads: 'deployments' | 'daemonsets' = 'deployments',
  ) {}

  path(resource: string, ...rest: readonly string[]): string {
    return resourcePath(resource, this.namespace, ...rest);
  }

  canary(): Promise<Canary> {
    return api.get<Canary>(this.path('canaries', this.name));
  }

  async status(): Promise<CanaryStatus> {
    const { status } = await this.canary();
    return status ?? { phase: '', canaryWeight: 0, failedChecks: 0, iterations: 0 };
  }

  get target(): Promise<Deployment> {
    return api.get<Deployment>(this.path(this.workloads, this.name));
  }

  get primary(): Promise<Deployment> {
    return api.get<Deployment>(this.path(this.workloads, `${this.name}-primary`));
  }

  /** One of the Services: that of the app itself, `-primary` or `-canary`. */
  service(suffix: '' | '-primary' | '-canary'): Promise<Service> {
    return api.get<Service>(this.path('services', this.name + suffix));
  }

  ingress(suffix: '' | '-canary' = '-canary'): Promise<Ingress> {
    return api.get<Ingress>(this.path('ingresses', this.name + suffix));
  }

  async routes(): Promise<Routes> {
    const { annotations = {} } = (await this.ingress()).metadata;
    // Parse boundary: the operator writes whole numbers for exactly these two Services.
    const weights = JSON.parse(annotations[skipperWeightsAnnotation] ?? '{}') as Readonly<Record<string, number>>;
    return {
      primary: weights[`${this.name}-primary`] ?? Number.NaN,
      canary: weights[`${this.name}-canary`] ?? Number.NaN,
      predicate: annotations[skipperPredicateAnnotation] ?? '',
    };
  }

  messages(): Promise<readonly string[]> {
    return messagesOf(this.namespace, this.name);
  }

  /** What `kubectl set image` does, with which the guide starts a rollout. */
  async setImage(tag: string): Promise<void> {
    const [container] = (await this.target).spec.template.spec.containers;
    const changed = { ...container, image: `ghcr.io/stefanprodan/podinfo:${tag}` };
    await this.patchTarget({ template: { spec: { containers: [changed] } } });
  }

  async patchCanary(spec: Patch): Promise<void> {
    await api.patch(this.path('canaries', this.name), { spec });
  }

  async patchTarget(spec: Patch): Promise<void> {
    await api.patch(this.path(this.workloads, this.name), { spec });
  }

  async waitForPhase(phase: Phase, options?: WaitOptions): Promise<CanaryStatus> {
    const { status } = await this.waitForStatus(`phase ${phase}`, (seen) => seen.phase === phase, options);
    return status;
  }

  /** Until the status shows this canary weight in phase Progressing. */
  async waitForWeight(percent: number, options?: WaitOptions): Promise<void> {
    await this.waitForStatus(
      `canary weight ${percent}`,
      ({ phase, canaryWeight }) => phase === 'Progressing' && canaryWeight === percent,
      options,
    );
  }

  /** Until an Event with exactly this text, or one that matches, exists. Returns its text. */
  async waitForMessage(wanted: string | RegExp, options?: WaitOptions): Promise<string> {
    const isWanted = (text: string): boolean => (typeof wanted === 'string' ? text === wanted : wanted.test(text));
    return this.explained(
      waitFor(`event ${String(wanted)}`, async () => (await this.messages()).find(isWanted), options),
    );
  }

  /** Waits for a status; a failure to see it names what was there instead. */
  async waitForStatus(
    what: string,
    isWanted: (status: CanaryStatus) => boolean,
    options?: WaitOptions,
  ): Promise<{ readonly status: CanaryStatus }> {
    const probe = async (): Promise<{ readonly status: CanaryStatus } | undefined> => {
      const status = await this.status();
      return isWanted(status) ? { status } : undefined;
    };
    return this.explained(waitFor(what, probe, { timeoutMs: 90_000, ...options }));
  }

  /** Image tag of the target's or the primary's first container. */
  async version(of: 'target' | 'primary'): Promise<string> {
    const { spec } = await this[of];
    return spec.template.spec.containers[0]?.image?.split(':').at(-1) ?? '';
  }

  private async explained<T>(waiting: Promise<T>): Promise<T> {
    try {
      return await waiting;
    } catch (error) {
      const status = await this.status().catch((failure: unknown) =>
        failure instanceof ApiFailure ? failure.message : '',
      );
      const messages = (await this.messages()).slice(-12).join('\n  ');
      const text = `${this.namespace}/${this.name} is ${JSON.stringify(status)}; last events:\n  ${messages}`;
      throw new Error(`${error instanceof Error ? error.message : ''}\n${text}`, { cause: error });
    }
  }
}
