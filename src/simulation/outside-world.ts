// SPDX-License-Identifier: Apache-2.0
import type { Webhook } from '../api/rollout-spec.js';
import type { Clock } from '../lib/clock.js';
import type { MetricRequest, MetricVerdict } from '../analysis/index.js';
import type { CheckTools } from '../controller/index.js';
import type { HookResult } from '../hooks/index.js';
import type { Quality } from './app.js';
import type { Dice } from './dice.js';
import type { FaultClass, Faults } from './faults.js';

export interface OutsideWorldDeps {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly faults: Faults;
  /** How the version behaves that the canary runs now. */
  readonly qualityOfCanary: () => Quality;
}

/** Of these nobody ever got an answer. */
const silent: ReadonlySet<Quality> = new Set(['no data', 'never ready']);

/** A metrics server and the receivers of webhooks: truthful, but for faults. */
export class OutsideWorld implements Pick<CheckTools, 'hooks' | 'checkMetrics' | 'checkAvailability'> {
  constructor(private readonly deps: OutsideWorldDeps) {}

  readonly hooks = { call: (hook: Webhook, _payload: unknown, signal: AbortSignal) => this.#call(hook, signal) };

  readonly checkMetrics = async (request: MetricRequest): Promise<MetricVerdict> => {
    const { clock, dice, faults } = this.deps;
    const quality = this.deps.qualityOfCanary();
    const isStruck = faults.strikes(faults.rates.check);
    const fault = isStruck ? dice.pick(['metric bad', 'metric missing', 'metric NaN', 'metric late']) : undefined;
    if (fault !== undefined) faults.count(fault);
    await clock.sleep(fault === 'metric late' ? dice.between(5_000, 60_000) : dice.between(5, 300), request.signal);
    const evidence = { values: [], notices: [] };
    const failed = (level: 'W' | 'E', message: string): MetricVerdict => ({
      ...evidence,
      kind: 'failed',
      level,
      message,
    });
    if (fault === 'metric missing' || fault === 'metric NaN') return failed('E', 'no values found');
    if (silent.has(quality)) {
      const isEarly = request.dataSinceMs < Math.max(2 * request.analysisIntervalMs, 30_000);
      return isEarly ? { ...evidence, kind: 'tooEarly' } : failed('E', 'no values found for skipper metric');
    }
    if (quality === 'bad metrics' || fault === 'metric bad') return failed('W', 'success rate 90% < 99%');
    return { ...evidence, kind: 'passed' };
  };

  readonly checkAvailability = (): Promise<{ readonly kind: 'available' }> => Promise.resolve({ kind: 'available' });

  async #call({ type }: Webhook, signal: AbortSignal): Promise<HookResult> {
    const { clock, dice, faults } = this.deps;
    const isGate = type.startsWith('confirm-');
    const isStruck = faults.strikes(faults.rates.check);
    const fault = isStruck ? dice.pick<FaultClass>([isGate ? 'gate closed' : 'hook failed', 'hook late']) : undefined;
    if (fault !== undefined) faults.count(fault, type);
    await clock.sleep(fault === 'hook late' ? dice.between(1_000, 10_000) : dice.between(5, 500), signal);
    if (fault === undefined || fault === 'hook late') return { kind: 'passed', body: '' };
    return { kind: 'failed', message: 'the answer is 500' };
  }
}
