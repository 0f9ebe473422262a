// SPDX-License-Identifier: Apache-2.0
import type { CanaryStatus } from '../api/canary-status.js';
import { normaliseSpec } from '../api/normalise-spec.js';
import type { RolloutSpec } from '../api/rollout-spec.js';
import type { Metrics } from '../observability/index.js';
import { strategyOf } from '../rollout/index.js';
import { StatusError } from '../sandbox/api-server/index.js';
import { castOf, type Cast } from './cast.js';
import type { Manifests } from './manifests.js';
import type { OperatorFlags } from './operator-flags.js';
import { outcomeOf } from './outcome.js';
import { Rehearsal, type SaidEvent } from './rehearsal.js';
import type { Forecast, Outcome, Refusal, Step, Trouble } from './report.js';
import { assertKnown, generalAssumptions, oversights } from './remarks.js';
import type { Place, Scenario } from './scenario.js';
import { Timeline } from './timeline.js';

export interface ForecastOptions {
  readonly manifests: Manifests;
  readonly scenario: Scenario;
  readonly flags: OperatorFlags;
  /** Nobody reads them. */
  readonly metrics: Metrics;
}

const minuteMs = 60_000;
/** After this the Canary is initialised, or never will be. */
const initialisationMs = 60 * minuteMs;
/** A rollout that takes longer is not told to its end. */
const longestMs = 30 * 24 * 60 * minuteMs;
const mostDecisions = 50_000;

/**
 * Plays a rollout of a new revision to its end, and for one that is promoted also how it would end if it turned bad.
 * @throws BadManifestError for objects that cannot be used at all
 */
export async function forecast(options: ForecastOptions): Promise<Forecast | Refusal> {
  const { manifests, flags } = options;
  const { meshProvider: provider, analysisIntervalFloorMs: intervalFloorMs } = flags;
  const read = normaliseSpec(manifests.canary, { provider, intervalFloorMs });
  try {
    return read.kind === 'ok' ? await foretell(options, read.spec) : await refuse(options);
  } catch (error) {
    if (error instanceof StatusError) return refusal(manifests, [error.message]);
    throw error;
  }
}

async function foretell(options: ForecastOptions, spec: RolloutSpec): Promise<Forecast | Refusal> {
  const { manifests, scenario } = options;
  assertKnown(scenario, spec);
  const cast = castOf(manifests, spec);
  const run = new Run({ ...options, cast });
  const problems = await run.initialise();
  if (problems !== undefined) return refusal(manifests, problems);
  const outcome = await run.rollOut(cast);
  const wouldRollBack = outcome.result === 'promoted' ? await troubles({ ...options, cast }, run.timeline.steps) : [];
  const warnings = [...run.warnings, ...oversights(spec, scenario, outcome)];
  return { ...headOf(options, spec, cast), warnings, ...run.told, outcome, wouldRollBack };
}

/** What the operator says of a Canary that it cannot read. */
async function refuse(options: ForecastOptions): Promise<Refusal> {
  const problems = await new Run({ ...options, cast: undefined }).initialise();
  return refusal(options.manifests, problems ?? []);
}

interface RunOptions extends ForecastOptions {
  readonly cast: Cast | undefined;
  /** From this place on every check fails. */
  readonly badFrom?: Place;
}

/** One rehearsal with its timeline. */
class Run {
  readonly timeline = new Timeline();
  readonly #rehearsal: Rehearsal;
  #startMs = 0;

  constructor(private readonly options: RunOptions) {
    const { badFrom } = options;
    this.#rehearsal = new Rehearsal({
      ...options,
      turnsBad: (status) => badFrom !== undefined && isAt(status, badFrom),
      onDecision: (seen, decision) => this.timeline.note(this.#rehearsal.clock.monotonicMs(), seen, decision),
    });
  }

  /** @returns what stands in the way of the rollout; undefined when nothing does */
  async initialise(): Promise<readonly string[] | undefined> {
    const isReady = (): boolean => this.#rehearsal.status?.phase === 'Initialized';
    if (await this.#rehearsal.pass(initialisationMs, isReady)) return undefined;
    const warnings = this.#rehearsal.events.filter(({ type }) => type === 'Warning').map(({ message }) => message);
    this.#rehearsal.stop();
    return [...new Set(warnings)];
  }

  async rollOut(cast: Cast): Promise<Outcome> {
    const { clock } = this.#rehearsal;
    await this.#rehearsal.change(cast);
    this.#startMs = clock.monotonicMs();
    this.timeline.start(this.#startMs);
    await this.#rehearsal.pass(longestMs, () => this.#isOver());
    // What is said of the end comes right after it.
    await this.#rehearsal.pass(1);
    this.#rehearsal.stop();
    return outcomeOf(this.timeline.steps, this.#end());
  }

  get warnings(): string[] {
    const beforehand = this.#rehearsal.events.filter(({ type, atMs }) => type === 'Warning' && atMs <= this.#startMs);
    return [...this.#rehearsal.remarks, ...new Set(beforehand.map(({ message }) => message))].filter(
      (text) => !isWaiting(text),
    );
  }

  get told(): Pick<Forecast, 'events'> & { readonly steps: Step[] } {
    const events = this.#rehearsal.events.filter(({ atMs }) => atMs >= this.#startMs);
    return {
      steps: [...this.timeline.steps],
      events: events.map(({ atMs, type, message }) => ({ atSeconds: this.#seconds(atMs), type, message })),
    };
  }

  #isOver(): boolean {
    const { phase, lastCheck, decisions } = this.timeline;
    if (phase === 'Succeeded' || phase === 'Failed' || decisions > mostDecisions) return true;
    const { failingHook } = this.options.scenario;
    return (
      failingHook !== undefined &&
      lastCheck?.result === 'closed' &&
      lastCheck.message?.includes(` ${failingHook} `) === true
    );
  }

  #end(): Parameters<typeof outcomeOf>[1] {
    const { phase, lastCheck, steps } = this.timeline;
    const nowSeconds = this.#seconds(this.#rehearsal.clock.monotonicMs());
    const atSeconds = steps.at(-1)?.atSeconds ?? nowSeconds;
    if (phase === 'Succeeded') return { result: 'promoted', atSeconds, reason: undefined };
    if (phase === 'Failed') return { result: 'rolledBack', ...this.#rollback(atSeconds) };
    const reason = lastCheck?.message ?? 'it goes on for longer than is told here';
    return { result: 'unfinished', atSeconds: nowSeconds, reason };
  }

  #rollback(failedSeconds: number): { readonly atSeconds: number; readonly reason: string | undefined } {
    const event = this.#rehearsal.events.find((said) => causeOf(said) !== undefined);
    if (event === undefined) return { atSeconds: failedSeconds, reason: undefined };
    return { atSeconds: this.#seconds(event.atMs), reason: causeOf(event) };
  }

  #seconds(atMs: number): number {
    return Math.round(atMs - this.#startMs) / 1_000;
  }
}

/** What the operator says when it rolls back, without the name of the Canary. */
function causeOf({ message }: SaidEvent): string | undefined {
  return /^Rolling back \S+ (.*)$/s.exec(message)?.[1];
}

/** Pods that are not there yet are no matter to warn of. */
function isWaiting(message: string): boolean {
  return / not ready(?: with retryable true)?: /.test(message);
}

function isAt(status: CanaryStatus, place: Place): boolean {
  return status.canaryWeight === place.canaryWeight && status.iterations === place.iterations;
}

/** A revision that turns bad at the first place where checks ask about it, and one that does so at the last. */
async function troubles(options: RunOptions & { readonly cast: Cast }, steps: readonly Step[]): Promise<Trouble[]> {
  const judged = steps.filter(({ asks, phase }) => phase === 'Progressing' && asks.some(canFail));
  const [first] = judged;
  const last = judged.at(-1);
  const chosen = [...(first === undefined ? [] : [first]), ...(last === undefined || last === first ? [] : [last])];
  const found: Trouble[] = [];
  for (const { atSeconds, weight, iteration } of chosen) {
    const run = new Run({ ...options, badFrom: { canaryWeight: weight, iterations: iteration } });
    await run.initialise();
    found.push({ fromSeconds: atSeconds, weight, iteration, outcome: await run.rollOut(options.cast) });
  }
  return found;
}

/** Whether an answer can be held against the revision. */
function canFail(question: Step['asks'][number]): boolean {
  return question.kind === 'metric' || question.type === 'rollout';
}

function headOf(
  { manifests, scenario }: ForecastOptions,
  spec: RolloutSpec,
  cast: Cast,
): Omit<Forecast, 'warnings' | 'steps' | 'events' | 'outcome' | 'wouldRollBack'> {
  const { namespace, canary } = manifests;
  const { target, analysis } = spec;
  const { gateOpensAfterMs: _gates, podsReadyAfterMs: _pods, ...revision } = scenario;
  return {
    schema: 'flagger.app/forecast/v1',
    canary: { namespace, name: canary.metadata.name },
    target: { kind: target.kind, name: target.name },
    provider: spec.provider,
    revision: { ...revision, values: { ...revision.values } },
    strategy: spec.skipAnalysis ? 'none' : strategyNames[strategyOf(spec).name],
    intervalSeconds: analysis.intervalMs / 1_000,
    threshold: analysis.threshold,
    assumptions: [
      ...cast.assumptions,
      ...generalAssumptions(spec, scenario),
      ...cast.unused.map((about) => ({ about, text: 'has no part in the rollout' })),
    ],
  };
}

const strategyNames = { canary: 'canary', 'ab-testing': 'a/b', 'blue-green': 'blue/green' } as const;

function refusal({ namespace, canary }: Manifests, problems: readonly string[]): Refusal {
  return {
    schema: 'flagger.app/forecast/v1',
    canary: { namespace, name: canary.metadata.name },
    problems: [...problems],
  };
}
