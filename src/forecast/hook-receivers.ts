// SPDX-License-Identifier: Apache-2.0
import type { Webhook } from '../api/rollout-spec.js';
import type { CheckTools } from '../controller/index.js';
import type { HookResult } from '../hooks/index.js';
import type { Clock } from '../lib/clock.js';
import type { Scenario } from './scenario.js';

export interface HookReceiversDeps {
  readonly clock: Clock;
  readonly scenario: Scenario;
  /** Whether the new revision fails whatever it is asked, from now on. */
  readonly isBad: () => boolean;
}

const passed: HookResult = { kind: 'passed', body: '' };

/** Whoever is called by webhooks: tests pass, gates open after a while, and nobody asks for a rollback. */
export class HookReceivers {
  readonly #askedAtMs = new Map<string, number>();

  constructor(private readonly deps: HookReceiversDeps) {}

  readonly hooks: CheckTools['hooks'] = { call: (hook) => Promise.resolve(this.#answer(hook)) };

  #answer({ type, name }: Webhook): HookResult {
    const { scenario, isBad } = this.deps;
    if (name === scenario.failingHook) return type === 'rollback' ? passed : failed('500');
    if (type === 'rollback') return failed('403');
    if (type === 'rollout' && isBad()) return failed('500');
    return type.startsWith('confirm-') ? this.#gate(name) : passed;
  }

  #gate(name: string): HookResult {
    const nowMs = this.deps.clock.monotonicMs();
    const askedAtMs = this.#askedAtMs.get(name) ?? nowMs;
    this.#askedAtMs.set(name, askedAtMs);
    return nowMs - askedAtMs >= this.deps.scenario.gateOpensAfterMs ? passed : failed('403');
  }
}

function failed(status: string): HookResult {
  return { kind: 'failed', message: status };
}
